BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")

    # Runs a script in a pwsh of its own, where the module has been imported; $kernel is one.
    function Invoke-Pwsh([string] $Script, [string] $Before = '') {
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "$Before; Import-Module '$Manifest'; `$kernel = '$kernel'; $Script"
    }

    $kernel = New-TinyKernel
}

Describe '$ToyVmPreference' {
    It 'shows the built-in values' {
        $lines = Invoke-Pwsh '$ToyVmPreference | Out-String'
        $lines -match '^Memory\s+: 256 MiB$' | Should -HaveCount 1
        $lines -match '^StopTimeout\s+: 00:00:30$' | Should -HaveCount 1
        $lines -match '^RebootAction\s+: Restart$' | Should -HaveCount 1
    }

    It 'says what the cmdlets have built in' {
        $machine, $memory = Invoke-Pwsh '$vm = New-ToyVm $kernel; $vm.MemoryAssigned, $vm.ProcessorCount, $vm.Configuration.RebootAction -join " "; $p = $ToyVmPreference; $p.Memory, $p.ProcessorCount, $p.RebootAction -join " "'
        $machine | Should -Be $memory
    }

    It 'is what new machines have, until it is null again' {
        Invoke-Pwsh '$ToyVmPreference.Memory = "64MB"; $ToyVmPreference.ProcessorCount = 2; $ToyVmPreference.AppendCommandLine = "quiet"; $ToyVmPreference.RebootAction = "Stop"
            $vm = New-ToyVm $kernel; $vm.MemoryAssigned / 1MB; $vm.ProcessorCount; $vm.Configuration.CommandLine -like "* quiet"; "$($vm.Configuration.RebootAction)"
            $ToyVmPreference.Memory = $null; $ToyVmPreference.Memory / 1MB; (New-ToyVm $kernel).MemoryAssigned / 1MB' | Should -Be 64, 2, True, Stop, 256, 256
    }

    It 'gives way to what is typed, and counts as typed where machines come down the pipeline' {
        Invoke-Pwsh '$small = New-ToyVm $kernel -Memory 32MB -Name small; $ToyVmPreference.Memory = 64MB; $ToyVmPreference.AppendCommandLine = "quiet"
            (New-ToyVm $kernel -Memory 128MB).MemoryAssigned / 1MB; ($small | New-ToyVm -Name copy).MemoryAssigned / 1MB; (New-ToyVm $kernel -CommandLine own).Configuration.CommandLine' |
            Should -Be 128, 64, 'own quiet'
    }

    It 'has time limits in seconds, which are TimeSpans then' {
        Invoke-Pwsh '$p = $ToyVmPreference; $p.WaitTimeout = 0.5; $p.StopTimeout = "00:01:30"; $p.CommandTimeout = 2; "$($p.WaitTimeout) $($p.StopTimeout) $($p.CommandTimeout)"
            $PSDefaultParameterValues.Keys | Sort-Object' |
            Should -Be '00:00:00.5000000 00:01:30 00:00:02', 'Copy-ToyVmFile:Timeout', 'Invoke-ToyVmCommand:Timeout', 'Restart-ToyVm:Timeout', 'Start-ToyVm:Timeout', 'Stop-ToyVm:Timeout', 'Wait-ToyVmSerial:Timeout'
    }

    It 'looks at $PSDefaultParameterValues, also at a new one' {
        Invoke-Pwsh '$ToyVmPreference.Memory = 64MB; $PSDefaultParameterValues = @{ "New-ToyVm:ProcessorCount" = 2 }; $ToyVmPreference.Memory / 1MB; $ToyVmPreference.ProcessorCount
            $ToyVmPreference.Memory = 128MB; (New-ToyVm $kernel).MemoryAssigned / 1MB' | Should -Be 256, 2, 128
    }

    It 'refuses what does not fit, and says why' -ForEach @(
        @{ Code = '$ToyVmPreference.Memory = 0'; Why = '*0 bytes of memory are not enough*' }
        @{ Code = '$ToyVmPreference.Memory = 1000'; Why = '*not a multiple of 4096*' }
        @{ Code = '$ToyVmPreference.Memory = 1PB'; Why = '*more than a guest*' }
        @{ Code = '$ToyVmPreference.Memory = "much"'; Why = '*much*' }
        @{ Code = '$ToyVmPreference.ProcessorCount = 0'; Why = '*at least one processor*' }
        @{ Code = '$ToyVmPreference.RebootAction = "Sleep"'; Why = '*Sleep*' }
        @{ Code = '$ToyVmPreference.StopTimeout = "soon"'; Why = '*''soon'' is not a time*' }
        @{ Code = '$ToyVmPreference.WaitTimeout = -3'; Why = '*negative*' }
        @{ Code = '$ToyVmPreference.ThrottleLimit = 0'; Why = '*from 1 to 10000*' }
        @{ Code = '$ToyVmPreference = 5'; Why = '*ToyVmPreference*read-only*' }
    ) {
        $failure = Invoke-Pwsh "try { $Code; 'no error' } catch { `"`$_`" }; `$PSDefaultParameterValues.Count"
        $failure[0] | Should -BeLike $Why
        $failure[-1] | Should -Be 0
    }

    It 'gives its errors ids: PreferenceInvalid' {
        Invoke-Pwsh 'try { $ToyVmPreference.ThrottleLimit = 0 } catch { $_.Exception.InnerException.Id }' | Should -Be PreferenceInvalid
    }

    It 'leaves a variable of that name alone that is somebody else''s' {
        $script = "`$ToyVmPreference = 'mine'; Set-Variable ToyVmPreference -Option ReadOnly -Scope Global; Import-Module '$Manifest'; `$ToyVmPreference; (Get-ToyVm | Measure-Object).Count; Remove-Module PSToyVmm; `$ToyVmPreference"
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be 'mine', 0, 'mine'
    }

    It 'is for a job''s cmdlet, too' {
        Invoke-Pwsh '$ToyVmPreference.Memory = 64MB; (New-ToyVm $kernel -AsJob | Receive-Job -Wait -AutoRemoveJob).MemoryAssigned / 1MB' | Should -Be 64
    }

    It 'is global, also where a function imports, and goes with the module' {
        $before = 'function Use-Module { Import-Module "' + $Manifest + '" }; Use-Module; $ToyVmPreference.ProcessorCount'
        Invoke-Pwsh '$ToyVmPreference.Memory = 64MB; $PSDefaultParameterValues["Get-Item:Force"] = $true; Remove-Module PSToyVmm
            Test-Path Variable:ToyVmPreference; $PSDefaultParameterValues.Keys' $before | Should -Be 1, False, 'Get-Item:Force'
    }
}
