BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.WaitToyVmCommand'
}

Describe 'Wait-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Wait-ToyVm ghost }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'does not wait for a machine that is off' {
        $vm = New-ToyVm (New-TinyKernel)
        $vm | Wait-ToyVm | Should -BeNullOrEmpty
        $vm | Wait-ToyVm -PassThru | Should -Be $vm
    }

    It 'says when the time is over' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf { $vm | Wait-ToyVm -State Running -Timeout 0.2 -PassThru }
        $failure.FullyQualifiedErrorId | Should -Be "VmWaitTimeout,$Command"
        $failure.CategoryInfo.Category | Should -Be OperationTimeout
        $failure.TargetObject | Should -Be $vm
        $failure.Exception.Message | Should -BeLike "'web' is Off, not Running, after 0.2 s: *"
    }

    It 'gives all machines one time limit' {
        1..5 | ForEach-Object { New-ToyVm (New-TinyKernel) } | Out-Null
        $clock = [Diagnostics.Stopwatch]::StartNew()
        @(Get-FailureOf { Get-ToyVm | Wait-ToyVm -State Running -Timeout 0.5 }).Count | Should -Be 5
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 2
    }

    It 'completes states' { Get-Completion 'Wait-ToyVm -State Run' | Should -Be 'Running' }

    It 'stops waiting at Ctrl+C' {
        $vm = New-ToyVm (New-TinyKernel)
        $end = Stop-Midway { param($vm) $vm | Wait-ToyVm -State Running } $vm
        $end.State | Should -Be Stopped
        $end.Took.TotalSeconds | Should -BeLessThan 5
        $vm.State | Should -Be Off
    }

    It 'waits for the guest to end' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text hello -Then Reset
        $vm | Wait-ToyVm -Timeout 20 -PassThru | ForEach-Object StopReason | Should -Be GuestReset
    }

    It 'lets the whole pipeline start before it waits' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Then Halt
        $failures = Get-FailureOf { 1..3 | ForEach-Object { New-ToyVm $kernel -Memory 64MB } | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 1 }
        @($failures).Count | Should -Be 3
        (Get-ToyVm).State | Should -Be Running, Running, Running
    }

    It 'leaves the machine running at Ctrl+C' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        (Stop-Midway { Wait-ToyVm web }).State | Should -Be Stopped
        $vm.State | Should -Be Running
    }
}
