<#
.SYNOPSIS
What the module costs whoever types: its import beside an empty pwsh, the first cmdlets, and tab completion.
.DESCRIPTION
Processes are started in turn (empty, with the module, empty, ...), each from the outside: what it costs is the difference of the medians.
#>
[CmdletBinding()]
param([ValidateRange(3, 1000)] [int] $Rounds = 15)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$module = [IO.Path]::GetFullPath("$PSScriptRoot/../PSToyVmm.psd1")

function Get-Median([double[]] $Number) {
    $sorted = @($Number | Sort-Object)
    $sorted[[int][Math]::Floor($sorted.Count / 2)]
}

# Runs a new pwsh; its milliseconds from outside, and what it wrote.
function Measure-Process([string] $Script) {
    $start = [Diagnostics.ProcessStartInfo]@{ FileName = [Environment]::ProcessPath; RedirectStandardOutput = $true }
    '-NoProfile', '-NonInteractive', '-Command', $Script | ForEach-Object { $start.ArgumentList.Add($_) }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start($start)
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    $wall = $clock.Elapsed.TotalMilliseconds
    if ($process.ExitCode) { throw "pwsh ended with $($process.ExitCode)" }
    $process.Dispose()
    [pscustomobject]@{ Wall = $wall; Output = $output.Trim() }
}

# Each step in a new process, with the clock inside of it.
$steps = [ordered]@{
    'the first Get-ToyVm' = 'Get-ToyVm'
    'the first New-ToyVm, of no kernel' = "New-ToyVm $PSScriptRoot/run -ErrorAction Ignore"
    'the first Test-ToyVmHost' = 'Test-ToyVmHost -SkipProbeGuest'
}
$lines = 'Get-To', 'New-ToyVm -', 'Get-ToyVm n', 'New-ToyVm -CpuTemplate ', 'New-ToyVm -Network ', 'Get-ToyVm | Format-Table -Property ', 'Stop-ToyVm -VM $x -Tu'
$timed = foreach ($step in $steps.GetEnumerator()) {
    '$c = [Diagnostics.Stopwatch]::StartNew(); $null = {0}; ''{1}={{0}}'' -f $c.Elapsed.TotalMilliseconds' -f $step.Value, $step.Key
}
# Completion itself is compiled at its first use, whatever it completes: that is PowerShell's own.
$completions = foreach ($line in $lines) {
    '$c = [Diagnostics.Stopwatch]::StartNew(); $null = TabExpansion2 ''{0}'' {1}; ''Tab after {0}={{0}}'' -f $c.Elapsed.TotalMilliseconds' -f $line, $line.Length
}
$warm = "`$null = TabExpansion2 'Get-Proc' 8; `$null = TabExpansion2 'Get-Process -' 13; `$null = TabExpansion2 'Get-ChildItem | Format-Table -Property ' 39"

$empty, $imported = @(), @()
$inside = [ordered]@{}
foreach ($round in 0..$Rounds) {
    $one = Measure-Process 'exit'
    $two = Measure-Process "Import-Module '$module'"
    $three = Measure-Process "$warm; Import-Module '$module'; $($timed + $completions -join '; ')"
    if ($round -eq 0) { continue }    # the page cache's
    $empty += $one.Wall
    $imported += $two.Wall
    foreach ($line in $three.Output -split '\n') {
        $name, $value = $line -split '=(?=[\d.]+$)'
        $inside[$name] = @(if ($inside.Contains($name)) { $inside[$name] }) + [double]$value
    }
}
'an empty pwsh{0,35:n0} ms' -f (Get-Median $empty)
'with Import-Module PSToyVmm{0,21:n0} ms' -f (Get-Median $imported)
'the import{0,38:n0} ms   goal 150' -f ((Get-Median $imported) - (Get-Median $empty))
foreach ($name in $inside.Keys) { '{0,-40}{1,8:n1} ms   {2}' -f $name, (Get-Median $inside[$name]), ($name -like 'Tab*' ? 'goal 50' : '') }
