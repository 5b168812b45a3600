# Machines that write until this process is killed; what each says is in its log.
param(
    [Parameter(Mandatory)] [string] $Kernel,
    [Parameter(Mandatory)] [string] $Initrd,
    [Parameter(Mandatory)] [string] $Folder,
    [Parameter(Mandatory)] [int] $Count
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../PSToyVmm.psd1"
foreach ($i in 1..$Count) {
    $null = New-ToyVmDisk -Path "$Folder/$i.img" -Size 8MB
    $vm = New-ToyVm -Kernel $Kernel -Initrd $Initrd -Memory 128MB -Name "writer$i" -AppendCommandLine quiet -SerialLog "$Folder/$i.log"
    $vm | Add-ToyVmDisk -Path "$Folder/$i.img"
    $vm | Start-ToyVm
}
while ($true) { Start-Sleep 60 }
