BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.StopToyVmCommand'
}

Describe 'Stop-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        $failure = Get-FailureOf { Stop-ToyVm ghost }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
        $failure.TargetObject | Should -Be 'ghost'
    }

    It 'warns about one that is off, and emits it unchanged' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $vm | Stop-ToyVm -PassThru -WarningVariable warning -WarningAction SilentlyContinue | Should -Be $vm
        $warning | Should -Be "'web' is already off."
    }

    It 'understands a timeout of <_>' -ForEach 0, 1.5, '90', '00:01:30', ([timespan]'00:00:05') {
        $null = New-ToyVm (New-TinyKernel)
        Stop-ToyVm toyvm1 -Timeout $_ -WarningAction SilentlyContinue
    }

    It 'refuses a timeout of <_>' -ForEach 'soon', -5, ([datetime]::new(2026, 1, 1)) {
        { Stop-ToyVm toyvm* -Timeout $_ } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$Command"
    }

    It 'pulls the plug with -TurnOff' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Spin
        Stop-ToyVm web -TurnOff | Should -BeNullOrEmpty
        $vm.State | Should -Be Off
        $vm.StopReason | Should -Be HostStop
    }

    It 'changes nothing with -WhatIf' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Stop-ToyVm web -WhatIf
        Stop-ToyVm web -TurnOff -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
    }

    It 'asks a guest that listens' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Obey
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        Start-Sleep -Milliseconds 200                                # the guest enables its keyboard after the last byte
        $vm | Stop-ToyVm -PassThru -Timeout 20 -WarningVariable warning | ForEach-Object State | Should -Be Off
        $warning | Should -BeNullOrEmpty
        $vm.StopReason | Should -BeIn GuestReset, HostStop
    }

    It 'turns off a guest that has no ears, at once' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Halt
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $vm | Stop-ToyVm -WarningVariable warning -WarningAction SilentlyContinue
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $vm.State | Should -Be Off
        $warning | Should -BeLike "'web' was turned off: nobody in the guest listens*"
    }

    It 'stops a guest that resets its machine all the time' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel) -RebootAction Restart
        foreach ($i in 1..10) {
            $vm | Start-ToyVm
            $vm | Stop-ToyVm -PassThru -WarningAction SilentlyContinue | ForEach-Object State | Should -Be Off
        }
    }

    It 'turns off guests that do not listen when the time is over, all together' -Tag Kvm -Skip:$NoKvm {
        $vms = 1..4 | ForEach-Object { Start-TestVm "web$_" -Text ready -Then Ignore }
        $null = $vms | Wait-ToyVmSerial ready -Timeout 20
        Start-Sleep -Milliseconds 300
        $clock = [Diagnostics.Stopwatch]::StartNew()
        (Stop-ToyVm web* -Timeout 1.5 -PassThru -WarningVariable warning -WarningAction SilentlyContinue).Name | Should -Be $vms.Name
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 1.4
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 4
        $vms.State | Should -Be Off, Off, Off, Off
        $warning[3] | Should -Be "'web4' did not shut down within 1.5 s of being asked; it was turned off."
    }

    It 'leaves the machine running at Ctrl+C' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Ignore
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        Start-Sleep -Milliseconds 300
        (Stop-Midway { Stop-ToyVm web }).State | Should -Be Stopped
        $vm.State | Should -Be Running
    }
}
