<#
.SYNOPSIS
What a vCPU's runspace costs: time from Start-ToyVm to the first exit and the runspace's share of it, and resident memory per machine.
.DESCRIPTION
Needs the module built (PSToyVmm.psd1 at the repository's root) and a usable /dev/kvm, which need not be able to run Linux.
PSToyVmm.Bench start measures the same with plain threads.
.EXAMPLE
pwsh -NoProfile -File bench/start.ps1 -Runs 15
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 1000)][int] $Runs = 15,
    [ValidateRange(1, 200)][int] $Machines = 20
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../PSToyVmm.psd1')

# An ELF file of 14 MB, entered at its first byte at 1 MiB: out 0x80, al; cli; hlt.
function New-Kernel([string] $Path) {
    $image = [byte[]]::new(0x1000 + 14000000)
    $put = { param([int] $at, [byte[]] $bytes) $bytes.CopyTo($image, $at) }
    & $put 0 (0x7f, 0x45, 0x4c, 0x46, 2, 1, 1)
    & $put 16 ([BitConverter]::GetBytes([uint16]2) + [BitConverter]::GetBytes([uint16]62) + [BitConverter]::GetBytes([uint32]1))
    & $put 24 ([BitConverter]::GetBytes([uint64]0x100000) + [BitConverter]::GetBytes([uint64]64))
    & $put 52 ([BitConverter]::GetBytes([uint16]64) + [BitConverter]::GetBytes([uint16]56) + [BitConverter]::GetBytes([uint16]1))
    & $put 64 ([BitConverter]::GetBytes([uint32]1) + [BitConverter]::GetBytes([uint32]7))
    foreach ($field in @(0, 0x1000), @(1, 0x100000), @(2, 0x100000), @(3, 14000000), @(4, 14000000), @(5, 0x1000)) {
        & $put (72 + 8 * $field[0]) ([BitConverter]::GetBytes([uint64]$field[1]))
    }
    & $put 0x1000 (0xe6, 0x80, 0xfa, 0xf4, 0xeb, 0xfd)
    [IO.File]::WriteAllBytes($Path, $image)
}

function Get-Median([double[]] $Values) { ($Values | Sort-Object)[[int][Math]::Floor($Values.Count / 2)] }

function Get-ResidentKiB {
    [GC]::Collect(); [GC]::WaitForPendingFinalizers(); [GC]::Collect()
    # Guest RAM is known by its size, which is an odd one.
    $size = 0
    $sum = 0
    switch -Regex -File /proc/self/smaps {
        '^Size: +(\d+)' { $size = [long]$Matches[1] }
        '^Rss: +(\d+)' { if ($size -ne $odd / 1KB) { $sum += [long]$Matches[1] } }
    }
    $sum
}

$odd = 64MB + 12KB
$kernel = (New-TemporaryFile).FullName
try {
    New-Kernel $kernel

    $moments = foreach ($run in 1..($Runs + 3)) {
        $vm = New-ToyVm -Name bench -Kernel $kernel -Memory 256MB
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Start-ToyVm $vm
        $returned = $clock.Elapsed
        do { $boot = Get-ToyVmBootTimeline $vm } until ($boot.Name -contains 'first-exit')
        Remove-ToyVm $vm -Force -Confirm:$false
        if ($run -le 3) { continue } # warm
        $built = $boot | Where-Object Duration | ForEach-Object { $_.At + $_.Duration } | Sort-Object | Select-Object -Last 1
        [pscustomobject]@{
            FirstExit = ($boot | Where-Object Name -eq first-exit).At.TotalMilliseconds
            Runspace = (($boot | Where-Object Name -eq first-entry).At - $built).TotalMilliseconds
            Returned = $returned.TotalMilliseconds
        }
    }

    $made = foreach ($i in 1..$Machines) { New-ToyVm -Name "bench$i" -Kernel $kernel -Memory $odd }
    $before = Get-ResidentKiB
    $made | Start-ToyVm
    $each = ((Get-ResidentKiB) - $before) / $Machines
    $made | Remove-ToyVm -Force -Confirm:$false

    foreach ($figure in 'FirstExit', 'Runspace', 'Returned') {
        '{0,-10} median {1,7:n2} ms, least {2,7:n2} ms' -f $figure, (Get-Median $moments.$figure), ($moments.$figure | Measure-Object -Minimum).Minimum
    }
    'Resident per machine beyond guest RAM, {0} machines: {1:n2} MiB (goal 5)' -f $Machines, ($each / 1024)
}
finally {
    Remove-Item $kernel
}
