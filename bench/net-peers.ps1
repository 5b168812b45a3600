# One machine with a root disk and a tap, to its end; its console goes to a file. Says what its card did.
param(
    [Parameter(Mandatory)] [string] $Kernel,
    [Parameter(Mandatory)] [string] $Initrd,
    [Parameter(Mandatory)] [string] $CommandLine,
    [Parameter(Mandatory)] [string] $Root,
    [Parameter(Mandatory)] [string] $Tap,
    [Parameter(Mandatory)] [string] $Log
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../PSToyVmm.psd1"
$vm = New-ToyVm -Kernel $Kernel -Initrd $Initrd -Memory 384MB -Name peer -CommandLine $CommandLine -SerialLog $Log -RebootAction Stop
$vm | Add-ToyVmDisk -Path $Root -ReadOnly
$vm | Add-ToyVmNetworkAdapter -Type Tap -TapName $Tap
$vm | Start-ToyVm
$vm | Wait-ToyVm -Timeout 3000
$vm | Get-ToyVmDevice | Where-Object Name -EQ net0 | ForEach-Object {
    "         requests $($_.Requests) interrupts $($_.Interrupts) $(($_.Counters.GetEnumerator() | ForEach-Object { "$($_.Key) $($_.Value)" }) -join ' ')"
}
$vm | Remove-ToyVm -Force
