BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.DebugToyVmCommand'
}

Describe 'Debug-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Debug-ToyVm ghost -Register }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'does one thing at a time: <Name>' -ForEach @(
        @{ Name = 'nothing'; Parameters = @{} }
        @{ Name = 'two things'; Parameters = @{ Register = $true; ReadMemory = 0 } }
    ) {
        { Debug-ToyVm toyvm* @Parameters } | Should -Throw -ErrorId "DebugActionInvalid,$Command"
    }

    It 'sees nothing in a machine that is off: <_>' -ForEach '-Register', '-ReadMemory 0', '-Nmi -Force', '-DumpMemory TestDrive:/x' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf ([scriptblock]::Create("Debug-ToyVm web $_"))
        $failure.FullyQualifiedErrorId | Should -Be "VmNotRunning,$Command"
        $failure.TargetObject | Should -Be $vm
        'TestDrive:/x' | Should -Not -Exist
    }

    It 'shows registers as numbers, and in hexadecimal' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Then Spin) -Memory 64MB -Name web -ProcessorCount 2 | Start-ToyVm -PassThru
        $registers = $vm | Debug-ToyVm -Register
        $registers.Processor | Should -Be 0, 1
        $registers[0].Rip | Should -BeOfType [ulong]
        $registers[0].Rip | Should -BeIn 0x1000000, 0x1000004
        $registers[0] | Get-Rendering | Should -Contain 'Rip          : 0000000001000004'
        ($registers | Format-Table | Out-String) | Should -Match 'web +0 0000000001000004'
        (Debug-ToyVm web -Register -Processor 1).Processor | Should -Be 1
        (Get-FailureOf { Debug-ToyVm web -Register -Processor 7 }).FullyQualifiedErrorId | Should -Be "ProcessorNotFound,$Command"
        $vm.State | Should -Be Running
    }

    It 'keeps nobody from Ctrl+C who waits while others hold the vCPUs: <_>' -ForEach @(
        'Suspend-ToyVm web', 'Resume-ToyVm web', 'Debug-ToyVm web -Register', 'Debug-ToyVm web -ReadMemory 0x1000000 -Virtual', 'Debug-ToyVm web -Nmi -Force'
    ) -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Then Spin) -Memory 64MB -Name web | Start-ToyVm -PassThru
        if ($_ -like 'Resume*') { $vm | Suspend-ToyVm }
        # As a long dump does; one onto something slow cannot be had at will.
        $holding = $vm.GetType().GetField('_isHolding', 'NonPublic, Instance')
        $holding.SetValue($vm, $true)
        $end = Stop-Midway ([scriptblock]::Create($_))
        $holding.SetValue($vm, $false)
        $end.State | Should -Be Stopped
        $vm.State | Should -Be $(if ($_ -like 'Resume*') { 'Paused' } else { 'Running' })
    }

    It 'reads memory by both kinds of address' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text hello -Then Halt
        $null = $vm | Wait-ToyVmSerial hello -Timeout 20
        $memory = Debug-ToyVm web -ReadMemory 0x1000000 -Length 8
        $memory.Bytes | Should -Be 0x66, 0xba, 0xf8, 0x03, 0xb0, 0x68, 0xee, 0xb0
        $memory.Address | Should -Be 0x1000000
        (Debug-ToyVm web -ReadMemory 0x1000000 -Length 8 -Virtual).Bytes | Should -Be $memory.Bytes
        $memory | Get-Rendering | Should -Be 'web, physical memory', '0000000001000000  66 ba f8 03 b0 68 ee b0                          f....h..'
        (Debug-ToyVm web -ReadMemory 0).Bytes.Count | Should -Be 256
    }

    It 'takes addresses as they were written: <_>' -ForEach '0xfee00000', '0xffffffff81000000', '"0xfee00000"' -Tag Kvm -Skip:$NoKvm {
        $null = Start-TestVm web
        $failure = Get-FailureOf ([scriptblock]::Create("Debug-ToyVm web -ReadMemory $_"))
        $failure.FullyQualifiedErrorId | Should -Be "MemoryAddressInvalid,$Command"
        $failure.Exception.Message | Should -BeLike "256 bytes at physical address $($_.Trim('"')) are not all RAM of 'web', which has it at 0x0 to 0x3ffffff."
    }

    It 'refuses a length of <_>' -ForEach 0, -1, (1GB + 1) {
        { Debug-ToyVm toyvm* -ReadMemory 0 -Length $_ } | Should -Throw -ErrorId "ParameterArgument*,$Command"
    }

    It 'dumps memory, paths being relative to the location' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        Push-Location TestDrive:/
        try {
            $file = Debug-ToyVm web -DumpMemory './raw [1]' -DumpFormat Raw
            $file | Should -BeOfType [IO.FileInfo]
            $file.Length | Should -Be 64MB
            $failure = Get-FailureOf { Debug-ToyVm web -DumpMemory './raw [1]' }
            $failure.FullyQualifiedErrorId | Should -Be "FileUnwritable,$Command"
            $file.Length | Should -Be 64MB
            $core = $vm | Suspend-ToyVm -PassThru | Debug-ToyVm -DumpMemory './raw [1]' -Force
            [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($core.FullName)[1..3]) | Should -Be 'ELF'
        }
        finally { Pop-Location }
    }

    It 'does nothing with -WhatIf' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $vm | Debug-ToyVm -DumpMemory TestDrive:/what -WhatIf | Should -BeNullOrEmpty
        'TestDrive:/what' | Should -Not -Exist
        $vm | Debug-ToyVm -InjectNonMaskableInterrupt -WhatIf -PassThru | Should -BeNullOrEmpty
        $vm.State | Should -Be Running
    }

    It 'refuses a drive without files' {
        { Debug-ToyVm toyvm* -DumpMemory env:PATH } | Should -Throw -ErrorId "PathNotFileSystem,$Command"
    }

    It 'interrupts: a guest without an interrupt table ends by it' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text ready -Then Halt
        $null = $vm | Wait-ToyVmSerial ready -Timeout 20
        $vm | Debug-ToyVm -Nmi -Force -PassThru | Should -Be $vm
        $vm | Wait-ToyVm -Timeout 20 -WarningAction SilentlyContinue
        $vm.StopReason | Should -Be TripleFault
        ($vm | Get-ToyVmLog).Text | Should -Contain 'A non-maskable interrupt was injected into every processor.'
    }
}
