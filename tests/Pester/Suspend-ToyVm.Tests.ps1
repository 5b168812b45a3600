BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
}

Describe 'Suspend-ToyVm and Resume-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It '<_> names the machine it could not find' -ForEach 'Suspend', 'Resume' {
        $failure = Get-FailureOf { & "$_-ToyVm" ghost }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotFound,PSToyVmm.$($_)ToyVmCommand"
    }

    It '<_> refuses a machine that is off' -ForEach 'Suspend', 'Resume' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf { $vm | & "$_-ToyVm" -PassThru }
        $failure.FullyQualifiedErrorId | Should -Be "VmNotRunning,PSToyVmm.$($_)ToyVmCommand"
        $failure.TargetObject | Should -Be $vm
    }

    It 'hold a guest and let it go on' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Echo
        Suspend-ToyVm web | Should -BeNullOrEmpty
        $vm.State | Should -Be Paused
        $vm.Status | Should -Be 'Paused.'
        $vm | Send-ToyVmSerial -Text x
        { $vm | Wait-ToyVmSerial x -Timeout 0.3 -ErrorAction Stop } | Should -Throw -ErrorId 'SerialWaitTimeout*'
        Resume-ToyVm web | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
        $vm | Wait-ToyVmSerial x -Timeout 20 | Should -Not -BeNullOrEmpty
    }

    It 'are waited for' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Suspend-ToyVm -PassThru | Wait-ToyVm -State Paused -Timeout 5 -PassThru | Should -Be $vm
        $vm | Resume-ToyVm -PassThru | Wait-ToyVm -State Running -Timeout 5 -PassThru | Should -Be $vm
    }

    It 'warn about a machine that is so already, and emit it' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Resume-ToyVm -PassThru -WarningVariable warning -WarningAction SilentlyContinue | Should -Be $vm
        $warning | Should -Be "'web' is already running."
        $vm | Suspend-ToyVm
        $vm | Suspend-ToyVm -PassThru -WarningVariable warning -WarningAction SilentlyContinue | Should -Be $vm
        $warning | Should -Be "'web' is already paused."
    }

    It 'are left to jobs with -AsJob' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm
        Suspend-ToyVm $vm.Name -PassThru -AsJob | Receive-Job -Wait -AutoRemoveJob | ForEach-Object Name | Should -Be $vm.Name
        $vm.State | Should -Be Paused
        $vm | Resume-ToyVm -AsJob | Receive-Job -Wait -AutoRemoveJob
        $vm.State | Should -Be Running
        $vm | Remove-ToyVm -Force
    }

    It 'change nothing with -WhatIf' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Suspend-ToyVm -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
        $vm | Suspend-ToyVm
        $vm | Resume-ToyVm -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.State | Should -Be Paused
    }

    It 'take many from the pipeline, one bad one among them' -Tag Kvm -Skip:$NoKvm {
        $off = New-ToyVm (New-TinyKernel) -Name off
        $vms = 1..3 | ForEach-Object { Start-TestVm "web$_" }
        $failure = Get-FailureOf { $vms[0], $off, $vms[1], $vms[2] | Suspend-ToyVm }
        $failure.TargetObject | Should -Be $off
        $vms.State | Should -Be Paused, Paused, Paused
        Resume-ToyVm web*
        $vms.State | Should -Be Running, Running, Running
    }

    It 'leave a paused machine to be turned off, reset and removed' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Suspend-ToyVm -PassThru | Restart-ToyVm -Force -PassThru | ForEach-Object State | Should -Be Running
        $vm | Suspend-ToyVm -PassThru | Stop-ToyVm -TurnOff -PassThru | ForEach-Object State | Should -Be Off
        $vm | Start-ToyVm -PassThru | Suspend-ToyVm -PassThru | Remove-ToyVm -Force
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'do not let a paused guest be asked: <_>' -ForEach 'Stop', 'Restart' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Suspend-ToyVm
        (Get-FailureOf { $vm | & "$_-ToyVm" }).FullyQualifiedErrorId | Should -Be "VmPaused,PSToyVmm.$($_)ToyVmCommand"
        $vm.State | Should -Be Paused
    }

    It 'are no obstacle to a shell that exits' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Then Halt
        $manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $clock = [Diagnostics.Stopwatch]::StartNew()
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$manifest'; New-ToyVm '$kernel' -Memory 64MB | Start-ToyVm -PassThru | Suspend-ToyVm; 'done'" | Should -Be done
        $LASTEXITCODE | Should -Be 0
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 60
    }
}
