BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll { . "$PSScriptRoot/common.ps1" }

Describe 'Get-ToyVmBootTimeline' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Get-ToyVmBootTimeline ghost }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.GetToyVmBootTimelineCommand'
    }

    It 'emits nothing before the first start' {
        New-ToyVm (New-TinyKernel) | Get-ToyVmBootTimeline | Should -BeNullOrEmpty
    }

    It 'emits the phases of the last boot in their order' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text hello -Then Reset
        $vm | Wait-ToyVm -Timeout 20
        $phases = $vm | Get-ToyVmBootTimeline
        $phases[0] | Should -BeOfType PSToyVmm.VmBootPhase
        $phases.VmName | Sort-Object -Unique | Should -Be 'web'
        $phases.Name | Should -Contain 'first-entry'
        $phases.At | Should -Be ($phases.At | Sort-Object)
    }

    It 'is shown as a table for each machine' -Tag Kvm -Skip:$NoKvm {
        Start-TestVm web -Text hello -Then Reset | Wait-ToyVm -Timeout 20
        $lines = Get-ToyVmBootTimeline web | Get-Rendering
        $lines[0] | Should -Match 'Virtual machine: web$'
        $lines[1] | Should -Match '^ *At\(ms\) +Duration\(ms\) +Name$'
        $lines -match '^ +\d+\.\d{3} .*first-entry$' | Should -HaveCount 1
    }
}
