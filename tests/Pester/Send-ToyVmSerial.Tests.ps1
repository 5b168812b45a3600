BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.SendToyVmSerialCommand'
}

Describe 'Send-ToyVmSerial' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Send-ToyVmSerial ghost -Line x }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'does not send to a machine that is off' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf { Send-ToyVmSerial web -Line ls }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotRunning,$Command"
        $failure.CategoryInfo.Category | Should -Be InvalidOperation
        $failure.TargetObject | Should -Be $vm
        $failure.Exception.Message | Should -BeLike "'web' is Off*"
    }

    It 'wants something to send' {
        (Get-FailureOf { Send-ToyVmSerial web }).FullyQualifiedErrorId | Should -Be "NothingToSend,$Command"
    }

    It 'completes keys' { Get-Completion 'Send-ToyVmSerial web -Key CtrlC' | Should -Be 'CtrlC' }

    It 'knows the keys by value: <Key> is <Bytes>' -Tag Kvm -Skip:$NoKvm -ForEach @(
        @{ Key = 'Enter'; Bytes = '0d' }
        @{ Key = 'Escape'; Bytes = '1b' }
        @{ Key = 'Tab'; Bytes = '09' }
        @{ Key = 'Backspace'; Bytes = '7f' }
        @{ Key = 'CtrlC'; Bytes = '03' }
        @{ Key = 'CtrlZ'; Bytes = '1a' }
        @{ Key = 'Up'; Bytes = '1b 5b 41' }
        @{ Key = 'Left'; Bytes = '1b 5b 44' }
        @{ Key = 'PageDown'; Bytes = '1b 5b 36 7e' }
        @{ Key = 'F1'; Bytes = '1b 4f 50' }
        @{ Key = 'F4'; Bytes = '1b 4f 53' }
        @{ Key = 'F5'; Bytes = '1b 5b 31 35 7e' }
        @{ Key = 'F6'; Bytes = '1b 5b 31 37 7e' }
        @{ Key = 'F10'; Bytes = '1b 5b 32 31 7e' }
        @{ Key = 'F12'; Bytes = '1b 5b 32 34 7e' }
    ) {
        $vm = Start-TestVm web -Then Echo
        $vm | Send-ToyVmSerial -Key $Key, CtrlD -PassThru | Wait-ToyVm -Timeout 20
        $text = $vm | Receive-ToyVmSerial -Raw
        ([Text.Encoding]::UTF8.GetBytes($text) | ForEach-Object { '{0:x2}' -f $_ }) -join ' ' | Should -Be $Bytes
    }

    It 'sends text as it is, then lines with Enter, then keys' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Echo
        $vm | Send-ToyVmSerial -Text "a`n" -Line 'b', '', "c`nd" -Key Tab, CtrlD
        $vm | Wait-ToyVm -Timeout 20
        $vm | Receive-ToyVmSerial -Raw | Should -Be "a`nb`r`rc`rd`r`t"
    }

    It 'sends a break, before what is typed' -Tag Kvm -Skip:$NoKvm {
        # Prints the line status of each byte: q with a break, a without.
        $watch = New-TinyKernel -Code ([byte[]](0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0x88, 0xc3, 0x66, 0xba, 0xf8, 0x03, 0xec, 0x88, 0xd8, 0xee, 0xeb, 0xeb))
        $vm = New-ToyVm $watch -Memory 64MB -Name web -VirtioConsole | Start-ToyVm -PassThru
        $vm | Send-ToyVmSerial -Break
        $vm | Send-ToyVmSerial -Text hx -Break
        $vm | Wait-ToyVmSerial 'qqaa' -Timeout 20 | Should -Not -BeNullOrEmpty
        $failure = Get-FailureOf { $vm | Send-ToyVmSerial -Port hvc0 -Break }
        $failure.FullyQualifiedErrorId | Should -Be "BreakUnavailable,$Command"
        $failure.Exception.Message | Should -BeLike 'hvc0 is no serial port*ttyS0*'
    }

    It 'sends UTF-8' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Echo
        Send-ToyVmSerial web -Text 'größer ☂ 𝄞' -Key CtrlD
        $vm | Wait-ToyVm -Timeout 20
        $vm | Receive-ToyVmSerial -Raw | Should -Be 'größer ☂ 𝄞'
    }

    It 'loses nothing of a long text' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Echo
        $text = -join (1..500 | ForEach-Object { "$_ " })
        $vm | Send-ToyVmSerial -Text $text -Key CtrlD
        $vm | Wait-ToyVm -Timeout 60
        $vm | Receive-ToyVmSerial -Raw | Should -Be $text
    }

    It 'emits the machine with -PassThru only, and sends nothing with -WhatIf' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Send-ToyVmSerial web -Line x | Should -BeNullOrEmpty
        Send-ToyVmSerial web -Line x -PassThru | Should -Be $vm
        $before = $vm.SerialInput.Count
        Send-ToyVmSerial web -Line x -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.SerialInput.Count | Should -Be $before
    }
}
