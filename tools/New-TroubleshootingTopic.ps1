<#
.SYNOPSIS
Makes en-US/about_PSToyVmm_Troubleshooting.help.txt, which Get-Help reads, from docs/troubleshooting.md and docs/errors.md.
.DESCRIPTION
The first has what to look at; the tables of the second become a list of every error id with its meaning and its cure.
.EXAMPLE
./tools/New-TroubleshootingTopic.ps1
#>
[CmdletBinding()]
param(
    [string] $Path = "$PSScriptRoot/../en-US/about_PSToyVmm_Troubleshooting.help.txt"
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Width = 80

# Markdown's marks taken out; a link to another page of docs keeps its name.
function Get-PlainText([string] $Markdown) { $Markdown -replace '`', '' -replace '\[([^\]]+)\]\([^)]+\)', 'docs/$1' -replace 'docs/docs/', 'docs/' }

# Words in lines that end before the width, behind an indentation; what comes first may stand out to the left.
function Format-Paragraph([string] $Text, [int] $Indent, [string] $First = '') {
    $line = $First.PadRight($Indent)
    foreach ($word in $Text -split '\s+' -ne '') {
        if ($line.Trim() -and "$($line.TrimEnd()) $word".Length -gt $Width) {
            $line.TrimEnd()
            $line = ' ' * $Indent
        }
        $line += "$word "
    }
    $line.TrimEnd()
}

# A page's lines: headings become the topic's, code stays as it is, tables become entries, the rest paragraphs.
function Convert-Page([string] $Markdown) {
    $paragraph = ''
    foreach ($line in ($Markdown -split '\r?\n') + '') {
        if ($line -match '^(\S.*)$' -and $line -notmatch '^[#|]') {
            $paragraph += "$line "
            continue
        }
        if ($paragraph) { Format-Paragraph (Get-PlainText $paragraph) 4; ''; $paragraph = '' }
        switch -Regex ($line) {
            '^## (.+)' { $Matches[1].ToUpperInvariant() }
            '^    ' { "    $line" }
            '^\| ([A-Z]\w+) \| (.+) \| (.+) \|$' {
                if ($Matches[1] -ne 'Id') {
                    "    $($Matches[1])"
                    Format-Paragraph (Get-PlainText $Matches[2]) 8
                    Format-Paragraph (Get-PlainText $Matches[3]) 8 '     -> '
                    ''
                }
            }
            '^$' { '' }
        }
    }
}

$docs = "$PSScriptRoot/../docs"
$head = @(
    'TOPIC', '    about_PSToyVmm_Troubleshooting', ''
    'SHORT DESCRIPTION', '    What to look at when a guest does not do what it should, and every error id', '    with its cause and its cure.', ''
    'LONG DESCRIPTION'
)
$tail = @(
    'KEYWORDS', '    error, fault, FullyQualifiedErrorId, silent guest, panic, KVM', ''
    'SEE ALSO'
    'about_PSToyVmm', 'about_PSToyVmm_Boot', 'about_PSToyVmm_Devices', 'Test-ToyVmHost', 'Get-ToyVmLog', 'Get-ToyVmExitStats' | ForEach-Object { "    $_" }
)
$body = foreach ($page in 'troubleshooting', 'errors') { Convert-Page ((Get-Content -LiteralPath "$docs/$page.md" -Raw) -replace '\A# .*\n', '') }
$text = (($head + $body + '' + $tail) -join "`n") -replace '\n{3,}', "`n`n" -creplace '(?m)^([A-Z][^a-z\n]*)\n\n', "`$1`n"
[IO.File]::WriteAllText([IO.Path]::GetFullPath($Path, $PWD.ProviderPath), "$text`n")
