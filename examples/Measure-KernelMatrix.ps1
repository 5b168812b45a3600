# Kernels x sizes of memory, as objects: what boots where, how fast, at how many exits. Sort, group and export the rest.

<#
.SYNOPSIS
Boots every kernel with every size of memory and emits a row for each.
.EXAMPLE
./examples/Measure-KernelMatrix.ps1 (Get-ChildItem /boot/vmlinuz-*) ./initrd.img -Memory 64MB, 128MB, 1GB | Export-Csv matrix.csv
.EXAMPLE
./examples/Measure-KernelMatrix.ps1 ./vmlinuz-* ./initrd.img | Where-Object { -not $_.Booted } | Format-List
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $Kernel,
    [Parameter(Position = 1)] [string] $Initrd,
    [uint64[]] $Memory = @(128MB, 256MB),
    [string] $Pattern = 'login: $',
    [int] $Timeout = 120
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

foreach ($path in $Kernel | ForEach-Object { (Resolve-Path $_).ProviderPath }) {
    foreach ($size in $Memory) {
        $machine = @{ Kernel = $path; Memory = $size; RebootAction = 'Stop' }    # a guest that resets has not booted
        if ($Initrd) { $machine.Initrd = $Initrd }
        $vm = New-ToyVm @machine
        try {
            # One that does not come up is an error, which says why and shows its last lines; here that is a row.
            $match = $vm | Start-ToyVm -PassThru -ErrorAction SilentlyContinue -ErrorVariable failure |
                Wait-ToyVmSerial $Pattern -Timeout $Timeout -ErrorAction SilentlyContinue -ErrorVariable +failure
            [pscustomobject]@{
                Kernel  = Split-Path -Leaf $path
                Memory  = $size
                Booted  = $null -ne $match
                Seconds = $match ? [Math]::Round($vm.Uptime.TotalSeconds, 3) : $null
                Exits   = $vm.ExitCount
                Status  = $match ? $vm.Status : "$($failure[0])"
            }
        }
        finally { $vm | Remove-ToyVm -Force }
    }
}
