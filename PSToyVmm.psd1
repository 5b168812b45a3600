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
        'New-ToyVm'
        'New-ToyVmDisk'
        'New-ToyVmInitrd'
        'Receive-ToyVmSerial'
        'Remove-ToyVm'
        'Remove-ToyVmDisk'
        'Remove-ToyVmNetworkAdapter'
        'Restart-ToyVm'
        'Send-ToyVmSerial'
        'Set-ToyVmDisk'
        'Set-ToyVmNetworkAdapter'
        'Start-ToyVm'
        'Stop-ToyVm'
        'Test-ToyVmHost'
        'Wait-ToyVm'
        'Wait-ToyVmSerial'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    FormatsToProcess     = @('module/PSToyVmm.format.ps1xml')
    TypesToProcess       = @('module/PSToyVmm.types.ps1xml')

    FileList             = @(
        'PSToyVmm.psd1'
        'bin/PSToyVmm.dll'
        'bin/PSToyVmm.Engine.dll'
        'bin/deps/PSToyVmm.Decompression.dll'
        'bin/deps/SharpCompress.dll'
        'bin/deps/K4os.Compression.LZ4.dll'
        'module/PSToyVmm.format.ps1xml'
        'module/PSToyVmm.types.ps1xml'
        'module/toyvm.schema.json'
        'en-US/PSToyVmm.dll-Help.xml'
        'en-US/about_PSToyVmm.help.txt'
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
