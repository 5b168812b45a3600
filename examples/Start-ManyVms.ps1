# Twenty machines at once, each from a runspace of its own. Machines belong to the process, so every runspace sees all of them.

<#
.SYNOPSIS
Boots many machines with ForEach-Object -Parallel and emits for each when it was up and what that took.
.EXAMPLE
./examples/Start-ManyVms.ps1 ./vmlinuz ./initrd.img -Count 20 | Sort-Object Seconds
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Kernel,
    [Parameter(Position = 1)] [string] $Initrd,
    [ValidateRange(1, 1000)] [int] $Count = 20,
    [int] $ThrottleLimit = $Count,
    [uint64] $Memory = 128MB,
    [string] $Pattern = 'login: $',
    [int] $Timeout = 300
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# A runspace that imports the module again finds it loaded, and costs little.
$module = Join-Path (Get-Module PSToyVmm).ModuleBase PSToyVmm.psd1
$machine = @{ Kernel = Convert-Path -LiteralPath $Kernel; Memory = $Memory }
if ($Initrd) { $machine.Initrd = Convert-Path -LiteralPath $Initrd }

1..$Count | ForEach-Object -ThrottleLimit $ThrottleLimit -Parallel {
    Import-Module $using:module
    $machine = $using:machine
    $vm = New-ToyVm @machine -Name "many-$_"
    try {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $match = $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial $using:Pattern -Timeout $using:Timeout
        [pscustomobject]@{
            VmName   = $vm.Name
            Seconds  = [Math]::Round($clock.Elapsed.TotalSeconds, 3)
            Exits    = $vm.ExitCount
            LastLine = $match.Value.Trim()
        }
    }
    finally { $vm | Remove-ToyVm -Force }
}
