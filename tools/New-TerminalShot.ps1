<#
.SYNOPSIS
Draws what a terminal shows as SVG: a shot for the README, of a real session.
.DESCRIPTION
The input is what `tmux capture-pane -ep` prints: text with the escape sequences of colours (ECMA-48, SGR). Fonts differ, so every
run of one colour is placed by its column.
.EXAMPLE
tmux capture-pane -ep | ./tools/New-TerminalShot.ps1 -Path docs/shots/session.svg -Title 'pwsh'
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(ValueFromPipeline)] [AllowEmptyString()] [string] $Line,
    [string] $Title = 'pwsh',
    [int] $Columns = 100
)

begin {
    Set-StrictMode -Version Latest
    $ErrorActionPreference = 'Stop'
    $CellWidth, $CellHeight, $Margin, $Bar = 8.4, 18, 12, 28
    $Palette = '#484f58', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#c9d1d9'
    $lines = [Collections.Generic.List[string]]::new()

    # The colour and weight after the numbers of one sequence.
    function Set-Rendition([hashtable] $State, [int[]] $Number) {
        foreach ($code in $Number) {
            switch ($code) {
                0 { $State.Colour = $Palette[7]; $State.Bold = $false; $State.Inverse = $false }
                1 { $State.Bold = $true }
                7 { $State.Inverse = $true }
                27 { $State.Inverse = $false }
                { $_ -in 30..37 } { $State.Colour = $Palette[$_ - 30] }
                { $_ -in 90..97 } { $State.Colour = $Palette[$_ - 90] }
                39 { $State.Colour = $Palette[7] }
            }
        }
    }
}

process { $lines.Add($Line) }

end {
    while ($lines.Count -and -not $lines[-1].Trim()) { $lines.RemoveAt($lines.Count - 1) }
    $invariant = [cultureinfo]::InvariantCulture
    $width, $height = [Math]::Ceiling($Columns * $CellWidth + 2 * $Margin), ($lines.Count * $CellHeight + $Bar + $Margin)
    $svg = [Collections.Generic.List[string]]::new()
    $svg.Add("<svg xmlns=`"http://www.w3.org/2000/svg`" width=`"$width`" height=`"$height`" viewBox=`"0 0 $width $height`">")
    $svg.Add('<style>text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre }</style>')
    $svg.Add("<rect width=`"$width`" height=`"$height`" rx=`"6`" fill=`"#0d1117`"/><rect width=`"$width`" height=`"$($Bar - 6)`" rx=`"6`" fill=`"#21262d`"/>")
    $svg.Add("<text x=`"$Margin`" y=`"16`" fill=`"#8b949e`" font-size=`"12`">$([Security.SecurityElement]::Escape($Title))</text>")
    $state = @{ Colour = $Palette[7]; Bold = $false; Inverse = $false }
    for ($row = 0; $row -lt $lines.Count; $row++) {
        $y = $Bar + ($row + 1) * $CellHeight - 5
        $column = 0
        foreach ($part in [regex]::Split($lines[$row], '(\e\[[\d;]*m)')) {
            if ($part -match '^\e\[([\d;]*)m$') { Set-Rendition $state @($Matches[1] -split ';' | ForEach-Object { [int]($_ ? $_ : 0) }); continue }
            if (-not $part) { continue }
            $x = ($Margin + $column * $CellWidth).ToString('0.#', $invariant)
            $length = ($part.Length * $CellWidth).ToString('0.#', $invariant)
            if ($state.Inverse) { $svg.Add("<rect x=`"$x`" y=`"$($y - 13)`" width=`"$length`" height=`"$CellHeight`" fill=`"$($state.Colour)`"/>") }
            if ($part.Trim()) {
                $weight = $state.Bold ? ' font-weight="bold"' : ''
                $fill = $state.Inverse ? '#0d1117' : $state.Colour
                $svg.Add("<text x=`"$x`" y=`"$y`" fill=`"$fill`"$weight textLength=`"$length`">$([Security.SecurityElement]::Escape($part))</text>")
            }
            $column += $part.Length
        }
    }
    $svg.Add('</svg>')
    [IO.File]::WriteAllText([IO.Path]::GetFullPath($Path, $PWD.ProviderPath), ($svg -join "`n") + "`n")
}
