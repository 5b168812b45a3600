# One machine with two disks, to its end; its console goes to a file.
param(
    [Parameter(Mandatory)] [string] $Kernel,
    [Parameter(Mandatory)] [string] $Initrd,
    [Parameter(Mandatory)] [string] $CommandLine,
    [Parameter(Mandatory)] [string] $Root,
    [Parameter(Mandatory)] [string] $Disk,
    [Parameter(Mandatory)] [string] $Log
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../PSToyVmm.psd1"
$vm = New-ToyVm -Kernel $Kernel -Initrd $Initrd -Memory 384MB -Name peer -CommandLine $CommandLine -SerialLog $Log -RebootAction Stop
$vm | Add-ToyVmDisk -Path $Root -ReadOnly
$vm | Add-ToyVmDisk -Path $Disk -Serial test
$vm | Start-ToyVm
$vm | Wait-ToyVm -Timeout 3000
$vm | Remove-ToyVm -Force
