BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
}

Describe 'Measure-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Measure-ToyVm ghost }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.MeasureToyVmCommand'
    }

    It 'measures nothing of a machine that never ran' {
        $measured = New-ToyVm (New-TinyKernel) -Name web -Memory 64MB | Measure-ToyVm
        $measured.VmName | Should -Be web
        $measured.MeteringDuration | Should -Be ([timespan]::Zero)
        $measured.ProcessorUsage | Should -Be 0
        $measured.Threads | Should -BeNullOrEmpty
        $measured.MemoryAssigned | Should -Be 64MB
        $measured.MemoryResident | Should -Be 0
    }

    It 'tells a guest that spins from one that halts' -Tag Kvm -Skip:$NoKvm {
        $null = Start-TestVm busy -Then Spin
        $null = Start-TestVm idle -Then Halt
        Start-Sleep 1
        $busy, $idle = Measure-ToyVm busy, idle
        $busy.ProcessorTime.TotalMilliseconds | Should -BeGreaterThan 100
        $busy.ProcessorUsage | Should -BeGreaterThan 10
        $idle.ProcessorTime.TotalMilliseconds | Should -BeLessThan 100
        $idle.ProcessorUsage | Should -BeLessThan 10
        (Get-ToyVm).State | Should -Be Running, Running
    }

    It 'has every thread, by the number that the kernel knows it by' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Name web -Memory 64MB -ProcessorCount 2 -Entropy | Start-ToyVm -PassThru
        $vm | Wait-ToyVm -State Running -Timeout 5
        Start-Sleep -Milliseconds 300
        $threads = ($vm | Measure-ToyVm).Threads
        $threads.Name | Should -Be vcpu0, vcpu1, rng
        foreach ($thread in $threads) { "/proc/$PID/task/$($thread.ThreadId)" | Should -Exist }
        $threads | Get-Rendering | Select-Object -First 2 | Should -Be '   Virtual machine: web', 'Name  Role      ThreadId ProcessorTime(s)'
    }

    It 'shows a table' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $lines = $vm | Measure-ToyVm | Get-Rendering
        $lines[0] | Should -Match '^VmName +Metered CPU\(%\) vCPUs\(s\) Devices\(s\) Resident\(M\) Overhead\(M\) Disk\(M\) Network\(M\)$'
        $lines[2] | Should -Match '^web +00:00:\d\d +\d'
    }

    It 'keeps the figures of the last run' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Spin
        Start-Sleep -Milliseconds 300
        $vm | Stop-ToyVm -TurnOff
        $last = $vm | Measure-ToyVm
        $last.ProcessorTime | Should -BeGreaterThan ([timespan]::Zero)
        $last.MeteringDuration | Should -Be $vm.Uptime
        $last.MemoryResident | Should -Be 0
    }

    It 'counts what disks did' -Tag Kvm -Skip:$NoKvm {
        $disk = New-ToyVmDisk (Join-Path $TestDrive disk.img) 1MB
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Name web -Memory 64MB -Disk $disk | Start-ToyVm -PassThru
        $measured = $vm | Measure-ToyVm
        $measured.DiskReads | Should -Be 0
        $measured.Threads.Name | Should -Contain disk0
    }
}
