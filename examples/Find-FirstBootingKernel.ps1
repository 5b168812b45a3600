# Which of a hundred kernels was the first that boots? As git bisect does, with some seven boots: every kernel after it is taken
# to boot, every one before it not to.

<#
.SYNOPSIS
Finds the first kernel of an ordered list that boots, by halves, and emits it with every try.
.EXAMPLE
./examples/Find-FirstBootingKernel.ps1 (Get-ChildItem ./builds/vmlinuz-* | Sort-Object LastWriteTime) ./initrd.img
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $Kernel,
    [Parameter(Position = 1)] [string] $Initrd,
    [uint64] $Memory = 256MB,
    [string] $Pattern = 'login: $',
    [int] $Timeout = 60
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function Test-Boot([string] $Path) {
    $machine = @{ Kernel = $Path; Memory = $Memory; RebootAction = 'Stop' }
    if ($Initrd) { $machine.Initrd = $Initrd }
    # A file that is no kernel does not boot either.
    $vm = New-ToyVm @machine -ErrorAction SilentlyContinue -ErrorVariable failure
    try {
        $match = $vm | Start-ToyVm -PassThru -ErrorAction SilentlyContinue -ErrorVariable +failure |
            Wait-ToyVmSerial $Pattern -Timeout $Timeout -ErrorAction SilentlyContinue -ErrorVariable +failure
        [pscustomobject]@{ Kernel = $Path; Boots = $null -ne $match; Why = $match ? $match.Value.Trim() : "$($failure[0])" }
    }
    finally { if ($vm) { $vm | Remove-ToyVm -Force } }
}

# Below $low nothing boots, from $high on everything does; $high is behind the list until one has.
$low, $high = 0, $Kernel.Count
$tries = while ($low -lt $high) {
    $middle = [Math]::Floor(($low + $high) / 2)
    $try = Test-Boot $Kernel[$middle]
    $try
    if ($try.Boots) { $high = $middle } else { $low = $middle + 1 }
}
[pscustomobject]@{ First = $high -lt $Kernel.Count ? $Kernel[$high] : $null; Tries = @($tries) }
