BeforeAll { . "$PSScriptRoot/common.ps1" }

# With a terminal it is tested in Terminal.Tests.ps1.
Describe 'Connect-ToyVmSerial without a terminal' {
    It 'refuses a redirected standard input, and says what to use in place' {
        $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $script = "Import-Module '$module'; try { Connect-ToyVmSerial any } catch { `$_.FullyQualifiedErrorId; `$_.CategoryInfo.Category; `"`$_`" }"
        $id, $category, $message = '' | & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script
        $id | Should -Be 'TerminalRequired,PSToyVmm.ConnectToyVmSerialCommand'
        $category | Should -Be 'InvalidOperation'
        $message | Should -BeLike '*terminal*Send-ToyVmSerial*Receive-ToyVmSerial*'
    }

    It 'takes one machine by name or object, with completion' {
        $command = Get-Command Connect-ToyVmSerial
        $command.ParameterSets.Name | Sort-Object | Should -Be 'Name', 'VM'
        $command.Parameters.Keys | Should -Contain 'NoScrollback'
        $command.Parameters.Keys | Should -Contain 'Tail'
    }

    It 'refuses what contradicts itself' {
        (Get-FailureOf { Connect-ToyVmSerial any -ReadOnly -Force }).FullyQualifiedErrorId | Should -Be 'ReadOnlyAndForce,PSToyVmm.ConnectToyVmSerialCommand'
    }
}

Describe 'The runspaces of vCPUs' {
    BeforeDiscovery {
        . "$PSScriptRoot/common.ps1"
        $NoKvm = -not (Test-KvmUsable)
    }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'are listed by name while the machine runs, and gone afterwards' -Skip:$NoKvm {
        $before = @(Get-Runspace).Count
        $vm = Start-TestVm -Name web
        (Get-Runspace -Name 'ToyVm web*').Name | Should -Be 'ToyVm web vcpu0'
        @(Get-Runspace).Count | Should -Be ($before + 1)
        $vm | Stop-ToyVm -TurnOff
        @(Get-Runspace).Count | Should -Be $before
    }

    It 'turn their machine off when somebody closes them' -Skip:$NoKvm {
        $vm = Start-TestVm -Name web -Then Spin
        $other = Start-TestVm -Name other -Then Spin
        (Get-Runspace -Name 'ToyVm web*').Dispose()
        $vm | Wait-ToyVm -State Off -Timeout 10
        $vm.StopReason | Should -Be 'HostStop'
        $other.State | Should -Be 'Running'
    }

    It 'do not keep a shell from exiting' -Skip:$NoKvm {
        $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $kernel = New-TinyKernel -Then Spin
        $script = "Import-Module '$module'; `$null = New-ToyVm '$kernel' -Memory 64MB | Start-ToyVm -PassThru; exit 7"
        $shell = Start-Process ([Environment]::ProcessPath) '-NoProfile', '-EncodedCommand', ([Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($script))) -PassThru
        $shell.WaitForExit(30000) | Should -BeTrue
        $shell.ExitCode | Should -Be 7
    }
}
