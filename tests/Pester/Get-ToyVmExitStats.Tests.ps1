BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.GetToyVmExitStatsCommand'
}

Describe 'Get-ToyVmExitStats' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Get-ToyVmExitStats ghost }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'completes sources' { Get-Completion 'Get-ToyVmExitStats web -Source K' | Should -Be 'Kvm' }

    It 'counts every byte that the guest wrote to its console' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'hello' -Then Reset
        $vm | Wait-ToyVm -Timeout 20
        $serial = $vm | Get-ToyVmExitStats | Where-Object Address -eq 0x3f8
        $serial | Should -BeOfType PSToyVmm.Engine.Machines.ExitStatistic
        $serial.VmName, $serial.Vcpu, $serial.Reason, $serial.Count, $serial.Bytes | Should -Be 'web', 0, 'IoOut', 5, 5
        $serial.Device | Should -Not -BeIn '', 'unclaimed'
        $serial.MaximumTime | Should -BeGreaterOrEqual $serial.MeanTime
    }

    It 'emits the most frequent first, from the source asked for' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'hello' -Then Reset
        $vm | Wait-ToyVm -Timeout 20
        $counts = ($vm | Get-ToyVmExitStats).Count
        $counts | Should -Be ($counts | Sort-Object -Descending)
        $vm | Get-ToyVmExitStats | ForEach-Object Source | Should -Not -Contain 'Kvm'
        $vm | Get-ToyVmExitStats -Source Kvm | ForEach-Object Source | Should -Not -Contain 'Vmm'
        @($vm | Get-ToyVmExitStats -Source All).Count | Should -Be (@($vm | Get-ToyVmExitStats).Count + @($vm | Get-ToyVmExitStats -Source Kvm).Count)
    }

    It 'reads a machine that runs without stopping it' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Echo
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        $before = ($vm | Get-ToyVmExitStats | Measure-Object Count -Sum).Sum
        Start-Sleep -Milliseconds 300
        ($vm | Get-ToyVmExitStats | Measure-Object Count -Sum).Sum | Should -BeGreaterThan $before
        $vm.State | Should -Be Running
    }

    It 'is shown as a table for each machine' -Tag Kvm -Skip:$NoKvm {
        Start-TestVm web -Text hello -Then Reset | Wait-ToyVm -Timeout 20
        $lines = Get-ToyVmExitStats web | Get-Rendering
        $lines[0] | Should -Match 'Virtual machine: web, exits to the VMM$'
        $lines[1] | Should -Match '^vCPU +Reason +Address +Device +Count +Total\(ms\) +Mean\(us\) +Max\(us\) +Bytes$'
        $lines -match '^ +0 +IoOut +0x3f8 +\S.* +5 +[\d.]+ +[\d.,]+ +[\d.,]+ +5$' | Should -HaveCount 1
    }

    It 'fits a terminal of 80 columns' -Tag Kvm -Skip:$NoKvm {
        Start-TestVm web -Text hello -Then Reset | Wait-ToyVm -Timeout 20
        $lines = (Get-ToyVmExitStats web | Out-String -Width 80) -replace '\e\[[\d;]*m', '' -split '\r?\n'
        $lines -match '^ +0 +IoOut +0x3f8 +serial +5 ' | Should -HaveCount 1
    }
}
