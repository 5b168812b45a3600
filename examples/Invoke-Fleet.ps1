# The same kernels on several hosts, by SSH remoting, side by side: each host has PowerShell as a subsystem of its sshd
# ('Subsystem powershell /usr/bin/pwsh -sshs -NoLogo'), PSToyVmm, and the files. What comes back are objects.

<#
.SYNOPSIS
Boots every kernel with every size of memory on every host and gathers the rows.
.EXAMPLE
./examples/Invoke-Fleet.ps1 -HostName intel1, amd1, amd2 -Kernel /srv/vmlinuz-6.1, /srv/vmlinuz-6.12 -Initrd /srv/initrd.img |
    Sort-Object Kernel, Seconds | Format-Table
.EXAMPLE
./examples/Invoke-Fleet.ps1 localhost /srv/vmlinuz -Connection @{ Port = 2222; KeyFilePath = "$HOME/.ssh/fleet" }
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $HostName,
    [Parameter(Mandatory, Position = 1)] [string[]] $Kernel,    # paths on the hosts
    [Parameter(Position = 2)] [string] $Initrd = '',
    [uint64[]] $Memory = @(256MB),
    [string] $Pattern = 'login: $',
    [int] $Timeout = 120,
    [string] $Module = 'PSToyVmm',                              # a path where it is not installed
    [hashtable] $Connection = @{}                               # further parameters of Invoke-Command: UserName, Port, KeyFilePath, Options
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# A host that cannot be reached is an error about that host; the others go on.
Invoke-Command -HostName $HostName @Connection -ErrorAction Continue -ArgumentList $Module, $Kernel, $Initrd, $Memory, $Pattern, $Timeout -ScriptBlock {
    param($module, $kernels, $initrd, $sizes, $pattern, $timeout)
    $ErrorActionPreference = 'Stop'
    Import-Module $module
    foreach ($kernel in $kernels) {
        foreach ($size in $sizes) {
            $machine = @{ Kernel = $kernel; Memory = $size; RebootAction = 'Stop' }
            if ($initrd) { $machine.Initrd = $initrd }
            $vm = $match = $null
            $failure = @()
            try {
                $vm = New-ToyVm @machine
                $match = $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial $pattern -Timeout $timeout
            }
            catch { $failure = $_ }
            [pscustomobject]@{
                HostName = [Environment]::MachineName
                Kernel   = Split-Path -Leaf $kernel
                Memory   = $size
                Booted   = $null -ne $match
                Seconds  = $match ? [Math]::Round($vm.Uptime.TotalSeconds, 3) : $null
                Exits    = $vm ? $vm.ExitCount : 0
                Status   = $vm ? $vm.Status : ''
                Error    = $failure ? $failure.FullyQualifiedErrorId : ''
            }
            if ($vm) { $vm | Remove-ToyVm -Force }
        }
    }
}
