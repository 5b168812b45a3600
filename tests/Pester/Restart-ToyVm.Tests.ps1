BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.RestartToyVmCommand'
}

Describe 'Restart-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Restart-ToyVm ghost }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'does not start one that is off' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf { $vm | Restart-ToyVm }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotRunning,$Command"
        $failure.CategoryInfo.Category | Should -Be InvalidOperation
        $vm.State | Should -Be Off
    }

    It 'presses the reset button with -Force, and the console goes on' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'ready.' -Then Spin
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        Restart-ToyVm web -Force | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
        $vm.RestartCount | Should -Be 1
        $vm | Wait-ToyVmSerial ready -Timeout 20 | Should -Not -BeNullOrEmpty
        $vm | Receive-ToyVmSerial | Should -Be 'ready.ready.'
    }

    It 'asks a guest that listens' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Obey
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        Start-Sleep -Milliseconds 200                                # the guest enables its keyboard after the last byte
        $vm | Restart-ToyVm -PassThru -Timeout 20 -WarningVariable warning | Should -Be $vm
        $warning | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
        $vm.RestartCount | Should -Be 1
    }

    It 'resets a guest that has no ears, and says so' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Halt
        $vm | Restart-ToyVm -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -BeLike "'web' was reset: nobody in the guest listens*"
        $vm.State | Should -Be Running
    }

    It 'changes nothing with -WhatIf' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Restart-ToyVm web -WhatIf
        Restart-ToyVm web -Force -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.RestartCount | Should -Be 0
    }

    It 'says why a machine did not come back' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Remove-Item -LiteralPath $vm.KernelPath
        (Get-FailureOf { Restart-ToyVm web -Force }).FullyQualifiedErrorId | Should -Be "FileNotFound,$Command"
        $vm.State | Should -Be Off
    }

    It 'says so of one that was asked, too' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Obey
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        Start-Sleep -Milliseconds 200
        Remove-Item -LiteralPath $vm.KernelPath
        (Get-FailureOf { Restart-ToyVm web -Timeout 20 }).FullyQualifiedErrorId | Should -Be "FileNotFound,$Command"
    }
}

Describe 'A guest that resets its machine' -Tag Kvm -Skip:$NoKvm {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'finds itself in it again by default' {
        $vm = New-ToyVm (New-TinyKernel -Text 'again.' -Then Reset) -RebootAction Restart | Start-ToyVm -PassThru
        1..3 | ForEach-Object { $vm | Wait-ToyVmSerial 'again\.' -Timeout 20 | Should -Not -BeNullOrEmpty }
        $vm.RestartCount | Should -BeGreaterOrEqual 2
        $vm | Stop-ToyVm -TurnOff
        $vm.State | Should -Be Off
    }

    It 'does so without being told' {
        (Get-Command New-ToyVm).Parameters.RebootAction.ParameterType::new() | Should -Be Restart
    }
}
