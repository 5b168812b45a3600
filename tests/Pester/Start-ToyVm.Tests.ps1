BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.StartToyVmCommand'
}

Describe 'Start-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        $failure = Get-FailureOf { Start-ToyVm ghost }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
        $failure.TargetObject | Should -Be 'ghost'
    }

    It 'changes nothing with -WhatIf' {
        $vm = New-ToyVm (New-TinyKernel)
        $vm | Start-ToyVm -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.State | Should -Be Off
    }

    It 'does not start one that was removed' {
        $vm = New-ToyVm (New-TinyKernel)
        $vm | Remove-ToyVm -Force
        (Get-FailureOf { $vm | Start-ToyVm }).FullyQualifiedErrorId | Should -Be "VmRemoved,$Command"
    }

    It 'says what became of the kernel since New-ToyVm' {
        $vm = New-ToyVm (New-TinyKernel)
        Remove-Item $vm.KernelPath
        (Get-FailureOf { $vm | Start-ToyVm }).FullyQualifiedErrorId | Should -Be "FileNotFound,$Command"
        $vm.State | Should -BeIn Off, Faulted
    }

    It 'starts by name, by object and by wildcard, and emits nothing' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Then Halt
        $vms = 1..4 | ForEach-Object { New-ToyVm $kernel -Memory 64MB }
        Start-ToyVm toyvm1 | Should -BeNullOrEmpty
        Start-ToyVm $vms[1] | Should -BeNullOrEmpty
        Start-ToyVm toyvm[34] | Should -BeNullOrEmpty
        $vms.State | Should -Be Running, Running, Running, Running
    }

    It 'emits the machine with -PassThru' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Memory 64MB
        $vm | Start-ToyVm -PassThru | Should -Be $vm
        $vm.Uptime | Should -BeGreaterThan ([timespan]::Zero)
    }

    It 'does not start one that runs' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $failure = Get-FailureOf { Start-ToyVm web }
        $failure.FullyQualifiedErrorId | Should -Be "VmAlreadyRunning,$Command"
        $failure.CategoryInfo.Category | Should -Be InvalidOperation
        $failure.TargetObject | Should -Be $vm
        $vm.State | Should -Be Running
    }

    It 'starts again one that ended' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'hello' -Then Reset
        $vm | Wait-ToyVm -Timeout 20
        $vm | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20
        $vm.StopReason | Should -Be GuestReset
        $vm | Receive-ToyVmSerial -Raw | Should -Be 'hellohello'
    }

    It 'leaves a fault in the machine' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Fault
        $vm | Wait-ToyVm -Timeout 20 -WarningVariable warning -WarningAction SilentlyContinue
        $vm.State | Should -Be Faulted
        $vm.StopReason | Should -BeIn TripleFault, EmulationFailure
        $vm.Status | Should -Not -BeNullOrEmpty
        $warning | Should -BeLike "'web' ended by a fault: *"
    }

    It 'returns when the guest has written what is waited for' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Text "booting`r`nlogin: " -Then Echo) -Memory 64MB
        $vm | Start-ToyVm -WaitFor 'panic', 'login: $' -Timeout 20 -PassThru | Should -Be $vm
        $vm | Send-ToyVmSerial -Text 'login: '
        ($vm | Wait-ToyVmSerial 'login: $' -Timeout 20).Before | Should -BeNullOrEmpty    # begins behind the match
        $quiet = New-ToyVm (New-TinyKernel -Text quiet -Then Halt) -Memory 64MB
        $failure = Get-FailureOf { $quiet | Start-ToyVm -WaitFor 'login' -Timeout 0.3 }
        $failure.FullyQualifiedErrorId | Should -Be 'SerialWaitTimeout,PSToyVmm.StartToyVmCommand'
        $quiet.State | Should -Be Running
        (Get-FailureOf { $quiet | Start-ToyVm -WaitFor '(' }).FullyQualifiedErrorId | Should -Be 'SerialPatternInvalid,PSToyVmm.StartToyVmCommand'
    }
}
