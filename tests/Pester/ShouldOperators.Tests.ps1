# The Should operators of module/PSToyVmm.Pester, with guests that say what Linux would.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Folder = [IO.Path]::GetFullPath("$PSScriptRoot/../../module/PSToyVmm.Pester")
    Import-Module $Folder

    # The message with which an assertion fails; nothing where it passes.
    function Get-FailedAssertion([scriptblock] $Assertion) {
        try { & $Assertion } catch { $_.Exception.Message }
    }
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'The module of Should operators' {
    It 'is found from PSToyVmm, and ships with it' {
        Join-Path (Get-Module PSToyVmm).ModuleBase module/PSToyVmm.Pester | Should -Be $Folder
        $shipped = (Import-PowerShellDataFile "$Folder/../../PSToyVmm.psd1").FileList
        (Import-PowerShellDataFile "$Folder/PSToyVmm.Pester.psd1").FileList | ForEach-Object { "module/PSToyVmm.Pester/$_" | Should -BeIn $shipped }
        (Test-ModuleManifest "$Folder/PSToyVmm.Pester.psd1").Version | Should -Be (Test-ModuleManifest "$Folder/../../PSToyVmm.psd1").Version
    }

    It 'is not loaded by PSToyVmm, and brings PSToyVmm and Pester' {
        $pwsh = [Environment]::ProcessPath
        & $pwsh -NoProfile -Command "Import-Module '$Folder/../../PSToyVmm.psd1'; (Get-Module).Name" | Should -Not -Contain 'Pester'
        $names = & $pwsh -NoProfile -Command "Import-Module '$Folder'; (Get-Module).Name; (Get-ShouldOperator).Name"
        foreach ($name in 'PSToyVmm', 'Pester', 'BeRunningToyVm', 'HaveSerialOutput', 'HaveBooted') { $names | Should -Contain $name }
    }

    It 'can be imported again' { Import-Module $Folder -Force }

    It 'is explained in docs/pester.md' {
        $text = Get-Content -Raw "$Folder/../../docs/pester.md"
        foreach ($name in 'BeRunningToyVm', 'HaveSerialOutput', 'HaveBooted') { $text | Should -Match "## Should -$name" }
    }
}

Describe 'What is no machine' {
    It 'fails, with -Not too: <_>' -ForEach 'BeRunningToyVm', 'HaveBooted', 'HaveSerialOutput' {
        $pattern = $_ -eq 'HaveSerialOutput' ? @{ Pattern = 'x' } : @{}
        foreach ($not in @{}, @{ Not = $true }) {
            $how = @{ $_ = $true } + $not + $pattern
            Get-FailedAssertion { 'ghost' | Should @how } | Should -Be "There is no virtual machine named 'ghost'."
            Get-FailedAssertion { $null | Should @how } | Should -BeLike '*it was given nothing.'
            Get-FailedAssertion { 42 | Should @how } | Should -BeLike '*it was given a System.Int32.'
        }
    }
}

Describe 'Should -BeRunningToyVm' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $running = Start-TestVm -Name 'runner' -Text "hello`nworld"
        $null = $running | Wait-ToyVmSerial world -Timeout 30
        $ended = Start-TestVm -Name ended -Text "bye`n" -Then Reset | Wait-ToyVm -Timeout 30 -PassThru
    }

    It 'takes machines and names, several too' {
        $running | Should -BeRunningToyVm
        'runner' | Should -BeRunningToyVm
        'RUNNER', $running | Should -BeRunningToyVm
        $ended | Should -Not -BeRunningToyVm
        'ended' | Should -Not -BeRunningToyVm
    }

    It 'says what the machine is instead' {
        Get-FailedAssertion { $ended | Should -BeRunningToyVm -Because 'we need it' } | Should -Be (@(
                "Expected 'ended' to be running, because we need it, but it is not."
                'State: Off. Status: The guest reset the machine.'
                'StopReason: GuestReset.'
                'The last lines of its console ttyS0:'
                '    bye') -join "`n")
        Get-FailedAssertion { $running | Should -Not -BeRunningToyVm } | Should -Be (@(
                "Expected 'runner' not to be running, but it is."
                'State: Running. Status: Running.'
                'The last lines of its console ttyS0:'
                '    hello'
                '    world') -join "`n")
    }

    It 'fails for one of several' {
        Get-FailedAssertion { $running, $ended | Should -BeRunningToyVm } | Should -BeLike "Expected 'ended' to be running*"
    }
}

Describe 'Should -HaveSerialOutput' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $vm = Start-TestVm -Name talker -Text "`e[31mRed`e[0m line`nready" -Then Echo
        $null = $vm | Wait-ToyVmSerial ready -Timeout 30
    }

    It 'finds what is there, capitals or not, at the ends of lines too' {
        $vm | Should -HaveSerialOutput '^READY$'
        'talker' | Should -HaveSerialOutput 'line\nready'
        $vm | Should -Not -HaveSerialOutput 'absent'
    }

    It 'waits for what comes' {
        Get-FailedAssertion { $vm | Should -HaveSerialOutput 'typed \d' } | Should -Not -BeNullOrEmpty
        $job = Start-ThreadJob { Import-Module $using:Folder/../../PSToyVmm.psd1; Start-Sleep -Milliseconds 500; Send-ToyVmSerial talker -Line 'typed 1' }
        $vm | Should -HaveSerialOutput 'typed \d' -Within 20
        $job | Receive-Job -Wait -AutoRemoveJob
        $vm | Should -HaveSerialOutput 'typed 1' -Within ([TimeSpan]::FromSeconds(20))
    }

    It 'waits as long as it may, and no longer' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $vm | Should -Not -HaveSerialOutput 'absent' -Within 0.7
        $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.69
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
    }

    It 'leaves the places of Receive- and Wait-ToyVmSerial alone' {
        $other = Start-TestVm -Text "one`ntwo`n"
        $other | Should -HaveSerialOutput two -Within 30
        Get-FailedAssertion { $other | Should -HaveSerialOutput absent } | Should -BeLike '*    two'
        $other | Receive-ToyVmSerial | Should -Be one, two
        ($other | Wait-ToyVmSerial one -Timeout 5).Value | Should -Be one
    }

    It 'says what was there instead, without control sequences' {
        Get-FailedAssertion { $vm | Should -HaveSerialOutput absent -Within 0.1 } | Should -BeLike (@(
                "Expected 'talker' to write 'absent' to a console within 0.1 s, but it did not."
                'State: Running. Status: Running.'
                'The last lines of its console ttyS0:'
                '    Red line'
                '    ready*') -join "`n")
        Get-FailedAssertion { $vm | Should -Not -HaveSerialOutput 'read.' -Because 'not yet' } |
            Should -BeLike "Expected 'talker' not to write 'read.' to a console, because not yet, but it wrote 'ready'.*"
    }

    It 'is about the last run, and at its end waits no more' {
        $again = Start-TestVm -Name again -Text first -Then Reset | Wait-ToyVm -Timeout 30 -PassThru
        $again | Should -HaveSerialOutput first
        $null = New-TinyKernel -Text second -Path $again.KernelPath
        $again | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $again | Should -Not -HaveSerialOutput first -Within 30
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $again | Should -HaveSerialOutput second
    }

    It 'says in a sentence what is wrong with its parameters' {
        { $vm | Should -HaveSerialOutput '(' } | Should -Throw "Should -HaveSerialOutput: Invalid pattern '('*"
        { $vm | Should -HaveSerialOutput 'x' -Within abc } | Should -Throw "-Within: 'abc' is not a time*"
    }

    It 'refuses a pattern that is none, and none at all, with -Not too' {
        Get-FailedAssertion { $vm | Should -Not -HaveSerialOutput '[' } | Should -BeLike '*Invalid pattern*'
        Get-FailedAssertion { $vm | Should -Not -HaveSerialOutput } | Should -BeLike '*needs a pattern*'
    }
}

Describe 'Should -HaveBooted' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $marking = New-TinyKernel -Code 0xb0, 0x7b, 0x66, 0xba, 0x00, 0x07, 0xee, 0xf4, 0xeb, 0xfd    # mov al, 123; mov dx, 0x700; out dx, al; hlt; jmp hlt
        $prompt = Start-TestVm -Name prompt -Text "toy login: "
        $marker = New-ToyVm $marking -Memory 64MB -Name marker | Start-ToyVm -PassThru
        $mute = Start-TestVm -Name mute -Text 'no such thing'
        $null = $mute | Wait-ToyVmSerial thing -Timeout 30
    }

    It 'takes a login prompt or a marker for it' {
        $prompt | Should -HaveBooted -Within 10
        $marker | Should -HaveBooted -Within 10
        'prompt' | Should -HaveBooted
        $mute | Should -Not -HaveBooted
    }

    It 'fails where it came too late' {
        $prompt | Should -Not -HaveBooted -Within 0.000001
        Get-FailedAssertion { $prompt | Should -HaveBooted -Within 0.000001 } | Should -Match "^Expected 'prompt' to have booted within 0 s, but it did after 0\.\d+ s \(login-prompt\)\.\nState: Running"
        Get-FailedAssertion { $marker | Should -Not -HaveBooted -Within 10 -Because 'it is slow' } | Should -Match "^Expected 'marker' not to have booted within 10 s, because it is slow, but it did after 0\.\d+ s \(marker-0x7b\)\."
    }

    It 'waits until the time since the start is over' {
        $age = $mute.Uptime.TotalSeconds
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Get-FailedAssertion { $mute | Should -HaveBooted -Within ($age + 1) } | Should -Match 'no login prompt on its serial console(.|\n)*    no such thing'
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.5
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
    }

    It 'waits no longer for a guest that resets all the time' {
        $resetting = New-ToyVm (New-TinyKernel -Then Reset) -Memory 64MB -Name resetting -RebootAction Restart | Start-ToyVm -PassThru
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Get-FailedAssertion { $resetting | Should -HaveBooted -Within 1.5 } | Should -BeLike "Expected 'resetting' to have booted within 1.5 s, but*"
        $resetting | Remove-ToyVm -Force
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
    }

    It 'waits for no machine that is off' {
        $never = New-ToyVm (New-TinyKernel) -Name never
        Get-FailedAssertion { $never | Should -HaveBooted } | Should -BeLike "Expected 'never' to have booted, but it was never started.*"
        $gone = Start-TestVm -Name gone -Then Reset | Wait-ToyVm -Timeout 30 -PassThru
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Get-FailedAssertion { $gone | Should -HaveBooted -Within 60 } | Should -BeLike '*StopReason: GuestReset.*console ttyS0 is empty.'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
    }
}
