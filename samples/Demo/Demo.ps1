<#
.SYNOPSIS
Boots a Linux kernel with a login prompt on its serial console, and hands the console over.
.DESCRIPTION
With -Unattended nobody sits there: it logs in by itself, looks around, switches the guest off and shows what the guest
made its hypervisor do.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Kernel,
    [Parameter(Mandatory)] [string] $Busybox,
    [switch] $Unattended
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../PSToyVmm.psd1"

$initrd = New-ToyVmInitrd -Path (Join-Path ([IO.Path]::GetTempPath()) "toyvm-demo-$PID.img") -Busybox $Busybox
try {
    $vm = New-ToyVm -Kernel $Kernel -Initrd $initrd -Memory 256MB -Name demo -AppendCommandLine quiet | Start-ToyVm -PassThru
    if ($Unattended) {
        foreach ($exchange in @('login: ', 'root'), @('Password: ', 'root'), @('# ', 'uname -a'), @('# ', 'ls -lat /'), @('# ', 'poweroff')) {
            $null = $vm | Wait-ToyVmSerial -Pattern $exchange[0] -SimpleMatch -Timeout 120
            $vm | Send-ToyVmSerial -Line $exchange[1]
        }
        $vm | Wait-ToyVm -Timeout 120
        $vm | Receive-ToyVmSerial
    }
    else {
        $vm | Connect-ToyVmSerial
    }
    $vm | Format-Table | Out-Host
    $vm | Get-ToyVmExitStats | Where-Object Source -EQ Vmm | Sort-Object Count -Descending | Select-Object -First 12 | Format-Table | Out-Host
    if ($Unattended -and $vm.StopReason -ne 'GuestPowerOff') { throw "the guest did not switch itself off: $($vm.Status)" }
}
finally {
    Get-ToyVm demo* | Remove-ToyVm -Force
    Remove-Item -LiteralPath $initrd
}
