BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll { . "$PSScriptRoot/common.ps1" }

Describe 'Test-ToyVmHost' {
    It 'emits a report, whatever the host is' {
        $report = Test-ToyVmHost -SkipProbeGuest
        $report | Should -BeOfType PSToyVmm.Engine.Machines.HostReport
        $report.KvmPresent | Should -Be (Test-Path /dev/kvm)
        $report.KvmAccessible | Should -Be (Test-KvmUsable)
        $report.CanRunLinux | Should -BeNullOrEmpty
    }

    It 'has a remedy for each lack' {
        foreach ($issue in (Test-ToyVmHost).Issues) {
            $issue.Id, $issue.Problem, $issue.Remedy | Should -Not -BeNullOrEmpty
        }
    }

    It 'finds out whether Linux runs by running a guest' -Tag Kvm -Skip:$NoKvm {
        $report = Test-ToyVmHost
        $report.CanStart | Should -BeTrue
        $report.ApiVersion | Should -Be 12
        $report.CanRunLinux | Should -BeOfType bool
    }

    It 'is shown as a list' {
        $lines = Test-ToyVmHost -SkipProbeGuest | Get-Rendering
        $lines -match '^CanStart +: (True|False)$' | Should -HaveCount 1
        $lines -match '^CanRunLinux +: not tried$' | Should -HaveCount 1
        $lines -match '^Issues +: \S' | Should -HaveCount 1
    }
}
