# Boot a Linux, log in as root, ask it something, shut it down: a dialogue over the serial console.

<#
.SYNOPSIS
Boots a kernel, logs in at its serial console, runs a command there and emits what came of it.
.EXAMPLE
New-ToyVmInitrd ./initrd.img
./examples/Start-Session.ps1 ./vmlinuz ./initrd.img 'uname -a; free -m'
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Kernel,
    [Parameter(Mandatory, Position = 1)] [string] $Initrd,
    [Parameter(Position = 2)] [string] $Command = 'uname -a',
    [string] $User = 'root',
    [string] $Password = 'root',
    [int] $Timeout = 120
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$vm = New-ToyVm $Kernel $Initrd -AppendCommandLine quiet
try {
    # Each wait begins where the last one ended, as in expect(1); -PassThru hands the machine on in place of the match.
    $vm | Start-ToyVm -PassThru |
        Wait-ToyVmSerial 'login: $' -Timeout $Timeout -PassThru | Send-ToyVmSerial -Line $User -PassThru |
        Wait-ToyVmSerial 'Password: $' -Timeout $Timeout -PassThru | Send-ToyVmSerial -Line $Password -PassThru |
        Wait-ToyVmSerial '[#$] ' -Timeout $Timeout | Out-Null

    $vm | Invoke-ToyVmCommand $Command -Timeout $Timeout    # an object: Output, ExitCode, Duration
    $vm | Stop-ToyVm -Timeout $Timeout                      # asks the guest to shut down, by ACPI
}
finally { $vm | Remove-ToyVm -Force }
