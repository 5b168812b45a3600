BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.RemoveToyVmCommand'
}

Describe 'Remove-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Remove-ToyVm ghost -Force }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'removes by name, by object and by wildcard, and emits nothing' {
        $vms = 1..4 | ForEach-Object { New-ToyVm (New-TinyKernel) }
        Remove-ToyVm toyvm1 -Confirm:$false | Should -BeNullOrEmpty
        $vms[1] | Remove-ToyVm -Force | Should -BeNullOrEmpty
        Remove-ToyVm toyvm* -Force | Should -BeNullOrEmpty
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'asks first' {
        $null = New-ToyVm (New-TinyKernel)
        $shell = [powershell]::Create().AddScript("Import-Module '$PSScriptRoot/../../PSToyVmm.psd1'; Remove-ToyVm toyvm1")
        try {
            $null = $shell.Invoke()
            $shell.Streams.Error.FullyQualifiedErrorId | Should -Be "HostFunctionNotImplemented,$Command"    # nobody to ask
        }
        finally { $shell.Dispose() }
        (Get-ToyVm).Name | Should -Be 'toyvm1'
    }

    It 'changes nothing with -WhatIf, even with -Force' {
        $null = New-ToyVm (New-TinyKernel)
        Remove-ToyVm toyvm1 -WhatIf
        Remove-ToyVm toyvm1 -Force -WhatIf
        $WhatIfPreference = $true
        Remove-ToyVm toyvm1 -Force
        (Get-ToyVm).Name | Should -Be 'toyvm1'
    }

    It 'does not remove a machine twice' {
        $vm = New-ToyVm (New-TinyKernel)
        $vm | Remove-ToyVm -Force
        $failure = Get-FailureOf { $vm | Remove-ToyVm -Force }
        $failure.FullyQualifiedErrorId | Should -Be "VmRemoved,$Command"
        $failure.TargetObject | Should -Be $vm
    }

    It 'does not take another machine for one removed before' {
        $old = New-ToyVm (New-TinyKernel) -Name web
        $old | Remove-ToyVm -Force
        $new = New-ToyVm (New-TinyKernel) -Name web
        $null = Get-FailureOf { $old | Remove-ToyVm -Force }
        Get-ToyVm | Should -Be $new
    }

    It 'refuses a running machine' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $failure = Get-FailureOf { Remove-ToyVm web -Confirm:$false }
        $failure.FullyQualifiedErrorId | Should -Be "VmRunning,$Command"
        $failure.TargetObject | Should -Be $vm
        $vm.State | Should -Be Running
    }

    It 'turns a running machine off with -Force' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Remove-ToyVm web -Force
        $vm.State | Should -Be Off
        Get-ToyVm | Should -BeNullOrEmpty
    }
}
