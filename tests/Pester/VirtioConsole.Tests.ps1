# The virtio console, hvc0: New-ToyVm -VirtioConsole, and -Port of the serial cmdlets.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    function Start-ConsoleVm { New-ToyVm (New-ConsoleKernel) -Memory 64MB -Name web -VirtioConsole | Start-ToyVm -PassThru }
}

Describe 'A virtio console' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'is there only where it was asked for' {
        $plain = New-ToyVm (New-TinyKernel) -Name plain
        $vm = New-ToyVm (New-TinyKernel) -Name web -VirtioConsole
        "$($plain.Consoles)" | Should -Be 'ttyS0'
        "$($vm.Consoles)" | Should -Be 'ttyS0 hvc0'
        $plain.VirtioConsole, $vm.VirtioConsole | Should -Be $false, $true
        ($vm | New-ToyVm -Name copy).VirtioConsole | Should -BeTrue
        $vm.Consoles | Get-Rendering | Select-Object -Index 0, 3 | Should -Match '^(Port +Size +Written +Waiting|hvc0 +0 +0)$'
    }

    It 'has a file of its own' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-ConsoleKernel) -Memory 64MB -Name web -SerialLog "$TestDrive/serial" -VirtioConsoleLog "$TestDrive/virtio"
        $vm.VirtioConsole | Should -BeTrue
        $vm | Start-ToyVm -PassThru | Send-ToyVmSerial -Port hvc0 -Text world -PassThru | Wait-ToyVmSerial world -Port hvc0 -PassThru | Stop-ToyVm -TurnOff
        Get-Content "$TestDrive/virtio" -Raw | Should -Be "hello`r`nworld"
        Get-Content "$TestDrive/serial" -Raw | Should -BeNullOrEmpty
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -SerialLog "$TestDrive/x" -VirtioConsoleLog "$TestDrive/x" }).FullyQualifiedErrorId | Should -Be 'FileUnwritable,PSToyVmm.NewToyVmCommand'
    }

    It 'is another console than the serial port for Send, Wait and Receive' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-ConsoleVm
        $match = $vm | Wait-ToyVmSerial 'hel+o' -Port hvc0 -Timeout 20
        $match.Value, $match.VmName | Should -Be 'hello', 'web'
        $vm | Send-ToyVmSerial -Port HVC0 -Line one
        $vm | Wait-ToyVmSerial one -Port hvc0 -Timeout 20 | Should -Not -BeNullOrEmpty
        Get-FailureOf { $vm | Wait-ToyVmSerial hello -Port hvc0 -Timeout 0 } | ForEach-Object FullyQualifiedErrorId | Should -BeLike 'SerialWaitTimeout*'
        $vm | Receive-ToyVmSerial -Port hvc0 -Raw | Should -Be "hello`r`none`r"
        $vm | Receive-ToyVmSerial -Port hvc0 | Should -BeNullOrEmpty
        $vm | Receive-ToyVmSerial -Port hvc0 -Tail 1 -Raw | Should -Be "one`r"
        $vm | Receive-ToyVmSerial -Tail 10 | Should -BeNullOrEmpty
        Get-FailureOf { $vm | Wait-ToyVmSerial hello -FromStart -Timeout 0 } | Should -BeLike '*Its console ttyS0 is empty.'
        $vm | Send-ToyVmSerial -Text lost
        $vm.SerialInput.Count | Should -BeGreaterThan 0
    }

    It 'is followed to the end of the machine' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-ConsoleVm
        $vm | Send-ToyVmSerial -Port hvc0 -Line a -PassThru | Wait-ToyVmSerial a -Port hvc0 -Timeout 20 | Out-Null
        $vm | Send-ToyVmSerial -Port hvc0 -Key CtrlD
        $vm | Receive-ToyVmSerial -Port hvc0 -Follow | Should -Be 'hello', 'a'
    }

    It 'begins a wait with the run' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-ConsoleVm
        $first = $vm | Wait-ToyVmSerial hello -Port hvc0 -Timeout 20
        $vm | Stop-ToyVm -TurnOff -PassThru | Start-ToyVm
        $second = $vm | Wait-ToyVmSerial hello -Port hvc0 -Timeout 20
        $second.Start | Should -BeGreaterThan $first.End
    }

    It 'loses nothing of a long text' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-ConsoleVm
        $text = -join (1..20000 | ForEach-Object { "$_ " })
        $vm | Send-ToyVmSerial -Port hvc0 -Text "${text}end"
        $null = $vm | Wait-ToyVmSerial 'end' -Port hvc0 -Timeout 60
        $vm | Receive-ToyVmSerial -Port hvc0 -Raw | Should -Be "hello`r`n${text}end"
        $device = $vm | Get-ToyVmDevice
        $device.Name, $device.Counters['BytesRead'], $device.Counters['BytesWritten'] | Should -Be 'console', ($text.Length + 3), ($text.Length + 10)
        $device | Get-Rendering | Select-Object -Last 1 | Should -Match '^console +Running +\d+ +\d+ +0 BytesRead=\d+ BytesWritten=\d+$'
    }

    It 'is named where it is missing, by each cmdlet that can use it' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        foreach ($call in { Send-ToyVmSerial web -Port hvc0 -Line x }, { Receive-ToyVmSerial web -Port hvc0 }, { Wait-ToyVmSerial x web -Port hvc0 }) {
            $failure = Get-FailureOf $call
            $failure.FullyQualifiedErrorId | Should -BeLike 'ConsolePortNotFound,PSToyVmm.*ToyVmSerialCommand'
            $failure.CategoryInfo.Category | Should -Be ObjectNotFound
            $failure.TargetObject | Should -Be $vm
            $failure.Exception.Message | Should -Be "'web' has no console 'hvc0'; New-ToyVm -VirtioConsole gives it one."
        }
        (Get-FailureOf { Receive-ToyVmSerial web -Port ttyS1 }).Exception.Message | Should -Be "'web' has no console 'ttyS1'; it has ttyS0."
    }

    It 'completes' {
        $null = New-ToyVm (New-TinyKernel) -Name plain
        foreach ($command in 'Connect', 'Send', 'Receive', 'Wait') {
            Get-Completion "$command-ToyVmSerial -Port " | Should -Be 'ttyS0', 'hvc0'
            Get-Completion "$command-ToyVmSerial -Name plain -Port " | Should -Be 'ttyS0'
        }
        Get-Completion 'Receive-ToyVmSerial -Port H' | Should -Be 'hvc0'
    }
}
