BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    # Writes bytes to ports, and then 42 to the debug exit.
    function New-TalkingKernel([string] $Text, [byte[]] $Post) {
        [byte[]] $code = foreach ($value in $Post) { 0xb0, $value, 0xe6, 0x80 }      # mov al, value; out 0x80, al
        $code += foreach ($value in [Text.Encoding]::UTF8.GetBytes($Text)) { 0xb0, $value, 0xe6, 0xe9 }
        New-TinyKernel -Code ($code + 0xb0, 42, 0xe6, 0xf4, 0xeb, 0xfe)
    }
}

Describe 'Get-ToyVmLog' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Get-ToyVmLog ghost }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.GetToyVmLogCommand'
    }

    It 'emits nothing before the first start' {
        New-ToyVm (New-TinyKernel) -DebugConsole -PostPort | Get-ToyVmLog | Should -BeNullOrEmpty
    }

    It 'has the events, the codes and the lines of a machine that ended itself' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TalkingKernel "one`r`ntwö`n" 1, 1, 2) -Name web -Memory 64MB -DebugConsole -PostPort -DebugExitPort 0xf4 | Start-ToyVm -PassThru
        $vm | Wait-ToyVm -Timeout 20
        $vm.StopReason, $vm.ExitCode | Should -Be GuestExit, 42
        $log = Get-ToyVmLog web
        $log[0] | Should -BeOfType PSToyVmm.VmLogEntry
        $log.Text | Should -Be 'Starting.', 'Running.', 'POST 0x01', 'POST 0x02', 'one', 'twö', 'The guest ended the machine with exit code 42.'
        $log.VmName | Sort-Object -Unique | Should -Be 'web'
        ($vm | Get-ToyVmLog -Source Post, DebugConsole -Tail 3).Text | Should -Be 'POST 0x02', 'one', 'twö'
        Get-ToyVmLog web -Tail 0 | Should -BeNullOrEmpty
    }

    It 'says which way of shutting down was tried, and what came of it' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Then Obey
        Start-Sleep -Milliseconds 500
        $vm | Stop-ToyVm -Timeout 20
        ($vm | Get-ToyVmLog).Text | Should -Be 'Starting.', 'Running.', "Nobody in the guest listens to ACPI's request to shut down.",
            "Ctrl+Alt+Del was pressed at the guest's keyboard.", 'The guest reset the machine.'
    }

    It 'is shown as a table for each machine, and escape sequences as symbols' -Tag Kvm -Skip:$NoKvm {
        New-ToyVm (New-TalkingKernel "`e[31mred`n") -Name web -Memory 64MB -DebugConsole -DebugExitPort 0xf4 | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20
        $lines = Get-ToyVmLog web -Source DebugConsole | Get-Rendering
        $lines[0] | Should -Match 'Virtual machine: web$'
        $lines[1] | Should -Match '^Time +Source +Text$'
        $lines[-1] | Should -Match '^\d\d:\d\d:\d\d\.\d{3} DebugConsole ␛\[31mred$'
    }
}
