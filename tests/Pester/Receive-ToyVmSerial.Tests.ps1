BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.ReceiveToyVmSerialCommand'

    # A machine that has written a text and is off.
    function Get-Finished([string] $Text) {
        $vm = Start-TestVm -Text $Text -Then Reset
        $vm | Wait-ToyVm -Timeout 30
        $vm
    }
}

Describe 'Receive-ToyVmSerial' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Receive-ToyVmSerial ghost }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'emits nothing before the first start' {
        $vm = New-ToyVm (New-TinyKernel)
        $vm | Receive-ToyVmSerial | Should -BeNullOrEmpty
        $vm | Receive-ToyVmSerial -Raw -Tail 5 | Should -BeNullOrEmpty
    }

    It 'emits lines of plain text, an unfinished one too' -Tag Kvm -Skip:$NoKvm {
        Get-Finished "one`r`n`r`n`tthree`r`nlogin: " | Receive-ToyVmSerial | Should -Be 'one', '', "`tthree", 'login: '
    }

    It 'emits text once' -Tag Kvm -Skip:$NoKvm {
        $vm = Get-Finished "one`r`n"
        $vm | Receive-ToyVmSerial | Should -Be 'one'
        $vm | Receive-ToyVmSerial | Should -BeNullOrEmpty
        $vm | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20
        $vm | Receive-ToyVmSerial | Should -Be 'one'
    }

    It 'removes escape sequences: <Name>' -Tag Kvm -Skip:$NoKvm -ForEach @(
        @{ Name = 'colours'; Text = "`e[1;31mred`e[0m rest" ; Plain = 'red rest' }
        @{ Name = 'cursor movements'; Text = "a`e[6n`e[2Jb`e[?25lc"; Plain = 'abc' }
        @{ Name = 'window titles'; Text = "`e]0;title`abody`e]2;x`e\!"; Plain = 'body!' }
        @{ Name = 'device control strings'; Text = "a`ePq#0`e\b"; Plain = 'ab' }
        @{ Name = 'character sets'; Text = "a`e(Bb`e=c`e7d"; Plain = 'abcd' }
        @{ Name = 'bells, backspaces, NULs'; Text = "a`a`bb`0c"; Plain = 'abc' }
        @{ Name = 'an escape in an escape'; Text = "a`e[1`e[0mb"; Plain = 'ab' }
    ) {
        Get-Finished $Text | Receive-ToyVmSerial | Should -Be $Plain
    }

    It 'keeps everything with -Raw, in one string' -Tag Kvm -Skip:$NoKvm {
        $text = "`e[1mone`e[0m`r`ntwo`r`n"
        $received = @(Get-Finished $text | Receive-ToyVmSerial -Raw)
        $received | Should -HaveCount 1
        $received[0] | Should -BeExactly $text
    }

    It 'puts characters and escape sequences together that two calls cut' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm -Then Echo
        $parts = foreach ($part in "a`e[3", '1mb', [char]0x4) {
            $vm | Send-ToyVmSerial -Text "$part"
            Start-Sleep -Milliseconds 300
            $vm | Receive-ToyVmSerial
        }
        $parts | Should -Be 'a', 'b'
    }

    It 'shows the last lines again with -Tail' -Tag Kvm -Skip:$NoKvm {
        $vm = Get-Finished "one`r`ntwo`r`nthree`r`n"
        $vm | Receive-ToyVmSerial -Tail 2 | Should -Be 'two', 'three'
        $vm | Receive-ToyVmSerial -Tail 2 | Should -Be 'two', 'three'
        $vm | Receive-ToyVmSerial -Tail 2 -Raw | Should -BeExactly "two`r`nthree`r`n"
        $vm | Receive-ToyVmSerial -Tail 100 -Raw | Should -BeExactly "one`r`ntwo`r`nthree`r`n"
        $vm | Receive-ToyVmSerial -Tail 0 | Should -BeNullOrEmpty
        $vm | Receive-ToyVmSerial | Should -BeNullOrEmpty
    }

    It 'follows until the machine is off' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm -Text "ready`r`n" -Then Echo
        $follower = Start-ThreadJob { param($vm, $module) Import-Module $module; $vm | Receive-ToyVmSerial -Follow } -ArgumentList $vm, (Get-Module PSToyVmm).Path.Replace('bin/PSToyVmm.dll', 'PSToyVmm.psd1')
        Start-Sleep -Milliseconds 500
        $vm | Send-ToyVmSerial -Text "one`r`ntwo" -Key CtrlD
        $follower | Receive-Job -Wait -AutoRemoveJob | Should -Be 'ready', 'one', 'two'
    }

    It 'returns at once from following a machine that is off' -Tag Kvm -Skip:$NoKvm {
        Get-Finished "one`r`ntwo" | Receive-ToyVmSerial -Follow | Should -Be 'one', 'two'
    }

    It 'keeps an unfinished line when following is interrupted' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text "one`r`nlogin: "
        $null = $vm | Wait-ToyVmSerial 'login: ' -Timeout 20
        (Stop-Midway { Receive-ToyVmSerial web -Follow }).State | Should -Be Stopped
        $vm.State | Should -Be Running
        $vm | Receive-ToyVmSerial | Should -Be 'login: '
    }

    It 'keeps everything in the log file' -Tag Kvm -Skip:$NoKvm {
        $log = Join-Path $TestDrive 'serial.log'
        $vm = New-ToyVm (New-TinyKernel "`e[1mone`e[0m`r`n") -Memory 64MB -SerialLog $log
        $vm | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20
        $vm | Remove-ToyVm -Force
        Get-Content $log -Raw | Should -BeExactly "`e[1mone`e[0m`r`n"
    }

    It 'mentions a fault' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text "last words`r`n" -Then Fault
        $vm | Wait-ToyVm -Timeout 20 -WarningAction SilentlyContinue
        $vm | Receive-ToyVmSerial -WarningVariable warning -WarningAction SilentlyContinue | Should -Be 'last words'
        $warning | Should -BeLike "'web' ended by a fault: *"
    }
}
