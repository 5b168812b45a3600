BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Module = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
}

Describe 'Ten machines' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'of which one is bad are nine that run' -Tag Kvm -Skip:$NoKvm {
        $good = New-TinyKernel -Text 'hello' -Then Reset
        $bad = New-Item (Join-Path $TestDrive 'no kernel') -Value 'no kernel'
        $plan = 1..10 | ForEach-Object { [pscustomobject]@{ Name = "vm$_"; Kernel = $_ -eq 4 ? $bad.FullName : $good; Memory = 64MB } }
        $ran = $plan | New-ToyVm -ErrorVariable failure -ErrorAction SilentlyContinue | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 60 -PassThru
        $ran.Name | Should -Be ((1..10 -ne 4) | ForEach-Object { "vm$_" })
        $ran.StopReason | Sort-Object -Unique | Should -Be GuestReset
        $failure.FullyQualifiedErrorId | Should -Be 'KernelNotRecognized,PSToyVmm.NewToyVmCommand'
        $failure.TargetObject | Should -Be 'vm4'
    }

    It 'of which one cannot be started are nine that run' -Tag Kvm -Skip:$NoKvm {
        $vms = 1..10 | ForEach-Object { New-ToyVm (New-TinyKernel -Text hello -Then Reset) -Memory 64MB }
        Remove-Item $vms[6].KernelPath
        $failures = Get-FailureOf { $vms | Start-ToyVm }
        $failures.TargetObject | Should -Be $vms[6]
        $vms | Wait-ToyVm -Timeout 60
        @($vms | Where-Object StopReason -eq GuestReset).Count | Should -Be 9
    }

    It 'run and talk side by side with ForEach-Object -Parallel' -Tag Kvm -Skip:$NoKvm {
        $kernel = New-TinyKernel -Text 'login: ' -Then Echo
        $said = 1..10 | ForEach-Object -ThrottleLimit 10 -Parallel {
            Import-Module $using:Module
            New-ToyVm $using:kernel -RebootAction Stop -Name "vm$_" -Memory 64MB | Start-ToyVm -PassThru |
                Wait-ToyVmSerial 'login: ' -Timeout 60 -PassThru | Send-ToyVmSerial -Text "I am $_" -Key CtrlD -PassThru |
                Wait-ToyVm -Timeout 60 -PassThru | Receive-ToyVmSerial
        }
        $said | Sort-Object { [int]($_ -split ' ')[-1] } | Should -Be (1..10 | ForEach-Object { "login: I am $_" })
        (Get-ToyVm).Count | Should -Be 10                            # the runspaces are gone, the machines are not
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'get ten names, whichever runspaces they are made in' {
        $kernel = New-TinyKernel
        $names = 1..40 | ForEach-Object -ThrottleLimit 10 -Parallel { Import-Module $using:Module; (New-ToyVm $using:kernel -RebootAction Stop).Name }
        $names | Sort-Object -Unique | Should -HaveCount 40
        (Get-ToyVm).Count | Should -Be 40
    }

    It 'that want the same name are one' {
        $kernel = New-TinyKernel
        $made = 1..20 | ForEach-Object -ThrottleLimit 10 -Parallel {
            Import-Module $using:Module
            New-ToyVm $using:kernel -RebootAction Stop -Name web -ErrorAction Ignore
        }
        @($made).Count | Should -Be 1
    }
}
