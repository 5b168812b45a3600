@{
    RootModule           = 'PSToyVmm.Pester.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '3a4f6c1b-9d0e-4b57-8f0a-6a52d3f1c7e8'
    Author               = 'The PSToyVmm authors'
    CompanyName          = 'Community'
    Copyright            = '(c) The PSToyVmm authors. MIT License.'
    Description          = 'Should operators of Pester 5 about the virtual machines of PSToyVmm.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    CmdletsToExport      = @()
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    FileList             = @('PSToyVmm.Pester.psd1', 'PSToyVmm.Pester.psm1')
}
