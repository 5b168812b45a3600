# A disk with -Snapshot: the guest may write to it, and its image never changes. So every test finds the same disk.

<#
.SYNOPSIS
Boots twice from the same image, writes to it each time, and shows that nothing of it stays.
.EXAMPLE
New-ToyVmInitrd ./initrd.img -Kernel ./vmlinuz           # with the drivers that Debian's kernel has as modules
New-ToyVmDisk ./data.img 64MB -Ext4 -Content ./files
./examples/Test-SnapshotDisk.ps1 ./vmlinuz ./initrd.img ./data.img
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Kernel,
    [Parameter(Mandatory, Position = 1)] [string] $Initrd,
    [Parameter(Mandatory, Position = 2)] [string] $Image,
    [string] $Command = 'mkdir -p /mnt && mount /dev/vda /mnt && { [ ! -e /mnt/written ] || echo old; } && echo new > /mnt/written && sync && ls -1 /mnt',
    [int] $Timeout = 120
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$before = (Get-FileHash -LiteralPath $Image).Hash
foreach ($boot in 1, 2) {
    $vm = New-ToyVm $Kernel $Initrd -AppendCommandLine quiet -Disk @{ Path = $Image; Snapshot = $true }
    try {
        $vm | Start-ToyVm -PassThru |
            Wait-ToyVmSerial 'login: $' -Timeout $Timeout -PassThru | Send-ToyVmSerial -Line root -PassThru |
            Wait-ToyVmSerial 'Password: $' -Timeout $Timeout -PassThru | Send-ToyVmSerial -Line root -PassThru |
            Wait-ToyVmSerial '# ' -Timeout $Timeout | Out-Null
        $result = $vm | Invoke-ToyVmCommand $Command -Timeout $Timeout
        [pscustomobject]@{
            Boot           = $boot
            Output         = $result.Output
            ExitCode       = $result.ExitCode
            ImageUnchanged = (Get-FileHash -LiteralPath $Image).Hash -eq $before
        }
    }
    finally { $vm | Remove-ToyVm -Force }
}
