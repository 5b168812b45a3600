<#
.SYNOPSIS
Runs Kernels.Tests.ps1 over kernels, with an initrd of New-ToyVmInitrd's or one given, and ends with an exit code as CI wants it.
.EXAMPLE
samples/Pester/run.ps1 (Get-ChildItem /boot/vmlinuz-*) -BootSeconds 2
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)] [string[]] $Kernel,
    [string] $Initrd,
    [double] $BootSeconds = 10,
    [int] $BootExits = 2000
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

if (-not (Get-Module PSToyVmm)) { Import-Module "$PSScriptRoot/../../PSToyVmm.psd1" }
Import-Module Pester -MinimumVersion 5.0 -MaximumVersion 5.99

$made = $null
if (-not $Initrd) { $Initrd = $made = (New-ToyVmInitrd (Join-Path ([IO.Path]::GetTempPath()) "toyvm-$([guid]::NewGuid().ToString('N')).img")).FullName }
try {
    $configuration = New-PesterConfiguration
    $configuration.Run.Container = New-PesterContainer -Path "$PSScriptRoot/Kernels.Tests.ps1" -Data @{
        Kernel = @($Kernel | ForEach-Object { (Resolve-Path -LiteralPath $_).ProviderPath }); Initrd = $Initrd; BootSeconds = $BootSeconds; BootExits = $BootExits
    }
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Detailed'
    $result = Invoke-Pester -Configuration $configuration
    exit [int]($result.Result -ne 'Passed')
}
finally { if ($made) { Remove-Item -LiteralPath $made } }
