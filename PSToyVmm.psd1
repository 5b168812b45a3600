@{
    RootModule           = 'bin/PSToyVmm.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '7d0b1f2e-52c7-4a0e-9d2f-3c8f1f6d2a41'
    Author               = 'The PSToyVmm authors'
    CompanyName          = 'Community'
    Copyright            = '(c) The PSToyVmm authors. MIT License.'
    Description          = 'A virtual machine monitor on KVM, in C#: boots Linux from PowerShell, as objects that pipe.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')

    CmdletsToExport      = @(
        'Add-ToyVmDisk'
        'Add-ToyVmNetworkAdapter'
        'Connect-ToyVmSerial'
        'Copy-ToyVmFile'
        'Debug-ToyVm'
        'Export-ToyVm'
        'Get-ToyVm'
        'Get-ToyVmBootTimeline'
        'Get-ToyVmDevice'
        'Get-ToyVmDisk'
        'Get-ToyVmExitStats'
        'Get-ToyVmLog'
        'Get-ToyVmNetworkAdapter'
        'Import-ToyVm'
        'Invoke-ToyVmCommand'
        'Measure-ToyVm'
        'New-ToyVm'
        'New-ToyVmDisk'
        'New-ToyVmInitrd'
        'Receive-ToyVmSerial'
        'Register-ToyVmEvent'
        'Remove-ToyVm'
        'Remove-ToyVmDisk'
        'Remove-ToyVmNetworkAdapter'
        'Restart-ToyVm'
        'Resume-ToyVm'
        'Send-ToyVmSerial'
        'Set-ToyVm'
        'Set-ToyVmDisk'
        'Set-ToyVmNetworkAdapter'
        'Start-ToyVm'
        'Stop-ToyVm'
        'Suspend-ToyVm'
        'Test-ToyVmHost'
        'Wait-ToyVm'
        'Wait-ToyVmSerial'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    FormatsToProcess     = @(
        'module/views/Configurations.format.ps1xml'
        'module/views/Consoles.format.ps1xml'
        'module/views/Devices.format.ps1xml'
        'module/views/Events.format.ps1xml'
        'module/views/Insight.format.ps1xml'
        'module/views/Machines.format.ps1xml'
    )
    TypesToProcess       = @('module/PSToyVmm.types.ps1xml')

    FileList             = @(
        'PSToyVmm.psd1'
        'bin/PSToyVmm.dll'
        'bin/PSToyVmm.Engine.dll'
        'bin/deps/PSToyVmm.Decompression.dll'
        'bin/deps/SharpCompress.dll'
        'bin/deps/K4os.Compression.LZ4.dll'
        'module/views/Configurations.format.ps1xml'
        'module/views/Consoles.format.ps1xml'
        'module/views/Devices.format.ps1xml'
        'module/views/Events.format.ps1xml'
        'module/views/Insight.format.ps1xml'
        'module/views/Machines.format.ps1xml'
        'module/PSToyVmm.types.ps1xml'
        'module/PSToyVmm.Pester/PSToyVmm.Pester.psd1'
        'module/PSToyVmm.Pester/PSToyVmm.Pester.psm1'
        'module/toyvm.schema.json'
        'en-US/PSToyVmm.dll-Help.xml'
        'en-US/about_PSToyVmm.help.txt'
        'en-US/about_PSToyVmm_Boot.help.txt'
        'en-US/about_PSToyVmm_Devices.help.txt'
        'en-US/about_PSToyVmm_Troubleshooting.help.txt'
        'README.md'
        'CHANGELOG.md'
        'LICENSE'
        'THIRD-PARTY-NOTICES.md'
    )

    PrivateData          = @{
        PSData = @{
            Tags         = @('KVM', 'VMM', 'Hypervisor', 'VirtualMachine', 'microVM', 'Linux', 'PSEdition_Core')
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
