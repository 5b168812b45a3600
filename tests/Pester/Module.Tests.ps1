BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
    $Commands = Get-Command -Module PSToyVmm

    # Runs a script in a pwsh of its own; returns its lines, then its exit code and how long it took.
    function Invoke-Pwsh([string] $Script) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $lines = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$Manifest'; $Script"
        [pscustomobject]@{ Lines = $lines; ExitCode = $LASTEXITCODE; Took = $clock.Elapsed }
    }
}

Describe 'The manifest' {
    It 'is valid' { (Test-ModuleManifest $Manifest).Version | Should -Be '0.1.0' }

    It 'exports every cmdlet of the assembly, and nothing else' {
        $assembly = (Get-Command New-ToyVm).ImplementingType.Assembly
        $attributes = $assembly.GetExportedTypes() | ForEach-Object { $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false) }
        $there = $attributes | ForEach-Object { "$($_.VerbName)-$($_.NounName)" } | Sort-Object
        (Import-PowerShellDataFile $Manifest).CmdletsToExport | Should -Be $there
        $Commands.Name | Sort-Object | Should -Be $there
    }
}

Describe 'Every cmdlet' {
    It 'has an approved verb and an output type where it emits something' {
        $approved = (Get-Verb).Verb
        foreach ($command in $Commands) {
            $command.Verb | Should -BeIn $approved
            if ($command.Name -notin 'Remove-ToyVm', 'Remove-ToyVmDisk', 'Remove-ToyVmNetworkAdapter', 'Connect-ToyVmSerial') { $command.OutputType | Should -Not -BeNullOrEmpty -Because $command.Name }
        }
    }

    It 'that changes something has -WhatIf and -Confirm' {
        foreach ($command in $Commands | Where-Object Verb -in 'New', 'Start', 'Stop', 'Remove', 'Send') {
            $command.Parameters.Keys | Should -Contain 'WhatIf' -Because $command.Name
        }
    }

    It 'that acts on machines takes names and objects, at the same place and from the pipeline' {
        foreach ($command in $Commands | Where-Object { $_.Parameters.ContainsKey('VM') }) {
            $command.DefaultParameterSet | Should -Be 'Name' -Because $command.Name
            $command.Parameters['Name'].ParameterSets['Name'] | ForEach-Object { $_.Position, $_.ValueFromPipeline, $_.IsMandatory } | Should -Be 1, $true, $true
            $command.Parameters['VM'].ParameterSets['VM'] | ForEach-Object { $_.Position, $_.ValueFromPipeline, $_.IsMandatory } | Should -Be 1, $true, $true
        }
    }
}

Describe 'The life of the module' {
    It 'loads the engine at import' {
        (Invoke-Pwsh '[AppDomain]::CurrentDomain.GetAssemblies().GetName().Name -eq "PSToyVmm.Engine"').Lines | Should -Be 'PSToyVmm.Engine'
    }

    It 'empties the registry when it is removed, and is as new when it comes back' {
        $kernel = New-TinyKernel
        $run = Invoke-Pwsh "`$null = New-ToyVm '$kernel'; Remove-Module PSToyVmm; Import-Module '$Manifest'; @(Get-ToyVm).Count; (New-ToyVm '$kernel').Name"
        $run.Lines | Should -Be '0', 'toyvm1'
    }

    It 'starts anew with Import-Module -Force' {
        $kernel = New-TinyKernel
        (Invoke-Pwsh "`$null = New-ToyVm '$kernel'; Import-Module '$Manifest' -Force; @(Get-ToyVm).Count; (New-ToyVm '$kernel').Name").Lines | Should -Be '0', 'toyvm1'
    }

    It 'lives on when another runspace closes or removes it' {
        $kernel = New-TinyKernel
        $run = Invoke-Pwsh @"
            `$null = New-ToyVm '$kernel'
            1..3 | ForEach-Object -Parallel { Import-Module '$Manifest' }
            1..3 | ForEach-Object -Parallel { Import-Module '$Manifest'; Remove-Module PSToyVmm }
            (Get-ToyVm).Name
            Remove-Module PSToyVmm; Import-Module '$Manifest'
            @(Get-ToyVm).Count
"@
        $run.Lines | Should -Be 'toyvm1', '0'
    }

    It 'stops machines when it is removed' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Then Spin
        $run = Invoke-Pwsh "`$vm = New-ToyVm '$kernel' -Memory 64MB | Start-ToyVm -PassThru; Remove-Module PSToyVmm; `"`$(`$vm.State)`""
        $run.Lines | Should -Be 'Off'
    }

    It 'lets the process exit with machines that run' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Text hello -Then Halt
        $log = Join-Path $TestDrive exit.log
        $run = Invoke-Pwsh "1..3 | ForEach-Object { New-ToyVm '$kernel' -Memory 64MB -SerialLog `"$log`$_`" | Start-ToyVm }; Start-Sleep 1; exit 7"
        $run.ExitCode | Should -Be 7
        $run.Took.TotalSeconds | Should -BeLessThan 30
        1..3 | ForEach-Object { Get-Content "$log$_" -Raw } | Should -Be 'hello', 'hello', 'hello'
    }
}
