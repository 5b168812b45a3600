BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.WaitToyVmSerialCommand'
}

Describe 'Wait-ToyVmSerial' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'names the machine it could not find' {
        (Get-FailureOf { Wait-ToyVmSerial x ghost }).FullyQualifiedErrorId | Should -Be "VmNotFound,$Command"
    }

    It 'takes the pattern and the machine in every order that makes sense' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'login: '
        $vm | Wait-ToyVmSerial 'login' -Timeout 20 | ForEach-Object Value | Should -Be 'login'
        foreach ($command in
            { Wait-ToyVmSerial 'login' web -FromStart }, { Wait-ToyVmSerial 'login' $vm -FromStart }, { Wait-ToyVmSerial web -Pattern 'login' -FromStart },
            { Wait-ToyVmSerial $vm -Pattern 'login' -FromStart }, { 'web' | Wait-ToyVmSerial 'login' -FromStart }
        ) {
            (& $command).Value | Should -Be 'login' -Because $command
        }
    }

    It 'refuses a broken pattern, but not as a text' {
        $vm = New-ToyVm (New-TinyKernel)
        $failure = Get-FailureOf { $vm | Wait-ToyVmSerial '(' }
        $failure.FullyQualifiedErrorId | Should -Be "SerialPatternInvalid,$Command"
        $failure.TargetObject | Should -Be '('
        (Get-FailureOf { $vm | Wait-ToyVmSerial '(' -SimpleMatch -Timeout 0 }).FullyQualifiedErrorId | Should -Not -BeLike 'SerialPatternInvalid*'
    }

    It 'does not start both at the start and now' {
        (Get-FailureOf { Wait-ToyVmSerial x * -FromStart -FromNow }).FullyQualifiedErrorId | Should -Be "FromStartAndFromNow,$Command"
    }

    It 'does not wait for a machine that is off' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        $failure = Get-FailureOf { Wait-ToyVmSerial 'login:' web }
        $failure.FullyQualifiedErrorId | Should -Be "SerialWaitEnded,$Command"
        $failure.TargetObject | Should -Be $vm
        $failure.Exception.Message | Should -BeLike "'web' is off and did not write 'login:'*Its console ttyS0 is empty."
    }

    It 'emits the match' -Tag Kvm -Skip:$NoKvm {
        $match = Start-TestVm web -Text "Linux version 6.1.0 (x)`r`nlogin: " | Wait-ToyVmSerial 'version (?<Version>[\d.]+)' -Timeout 20
        $match | Should -BeOfType PSToyVmm.Engine.Consoles.SerialMatch
        $match.Value | Should -Be 'version 6.1.0'
        $match.Groups['Version'] | Should -Be '6.1.0'
        $match.Before | Should -Be 'Linux '
        $match.Start, $match.End | Should -Be 6, 19
    }

    It 'takes whichever of several patterns comes first' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'Kernel panic - not syncing'
        (Wait-ToyVmSerial 'login: $', 'panic', 'syncing' web -Timeout 20).Pattern | Should -Be 1
        (Wait-ToyVmSerial 'login: $', 'panic', 'syncing' web -Timeout 20).Value | Should -Be 'syncing'
        (Get-FailureOf { Wait-ToyVmSerial 'login', '(' web }).TargetObject | Should -Be '('
        (Get-FailureOf { Wait-ToyVmSerial 'this', 'that' web -Timeout 0.2 }).Exception.Message | Should -BeLike "'web' did not write 'this' or 'that' within 0.2 s.*"
    }

    It 'starts where the last match ended' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text "a1 a2 a3"
        1..3 | ForEach-Object { (Wait-ToyVmSerial 'a\d' web -Timeout 20).Value } | Should -Be 'a1', 'a2', 'a3'
        (Get-FailureOf { Wait-ToyVmSerial 'a\d' web -Timeout 0.3 }).FullyQualifiedErrorId | Should -Be "SerialWaitTimeout,$Command"
        (Wait-ToyVmSerial 'a\d' web -FromStart).Value | Should -Be 'a1'
        (Wait-ToyVmSerial 'a\d' web).Value | Should -Be 'a2'
        (Get-FailureOf { Wait-ToyVmSerial 'a\d' web -FromNow -Timeout 0.3 }).FullyQualifiedErrorId | Should -Be "SerialWaitTimeout,$Command"
        $vm | Receive-ToyVmSerial | Should -Be 'a1 a2 a3'
    }

    It 'does not see the run before this one' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text 'ready once'
        $null = $vm | Wait-ToyVmSerial 'ready' -Timeout 20
        $vm | Stop-ToyVm -TurnOff
        $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial 'once' -Timeout 20 | ForEach-Object Before | Should -Be 'ready '
    }

    It 'matches as -match does, and -CaseSensitive as -cmatch' -Tag Kvm -Skip:$NoKvm {
        $null = Start-TestVm web -Text "Debian`r`nhost login: "
        (Wait-ToyVmSerial 'debian' web -Timeout 20).Value | Should -Be 'Debian'
        (Wait-ToyVmSerial '^host login: $' web -Timeout 20 -CaseSensitive).Value | Should -Be 'host login: '
        (Get-FailureOf { Wait-ToyVmSerial 'debian' web -FromStart -CaseSensitive -Timeout 0.3 }).FullyQualifiedErrorId | Should -Be "SerialWaitTimeout,$Command"
    }

    It 'says what it saw when the time is over' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text "one`r`n`e[1mtwo`e[0m`r`nlogin: "
        $null = $vm | Wait-ToyVmSerial 'login: ' -Timeout 20
        $failure = Get-FailureOf { $vm | Wait-ToyVmSerial 'Password:' -Timeout 0.3 }
        $failure.FullyQualifiedErrorId | Should -Be "SerialWaitTimeout,$Command"
        $failure.CategoryInfo.Category | Should -Be OperationTimeout
        $failure.TargetObject | Should -Be $vm
        $failure.Exception.Message | Should -Be "'web' did not write 'Password:' within 0.3 s. Its last lines:`n    one`n    two`n    login: "
    }

    It 'says so when the machine ends first' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web -Text "Kernel panic`r`n" -Then Reset
        $failure = Get-FailureOf { $vm | Wait-ToyVmSerial 'login:' -Timeout 20 }
        $failure.FullyQualifiedErrorId | Should -Be "SerialWaitEnded,$Command"
        $failure.Exception.Message | Should -BeLike "*Kernel panic*"
    }

    It 'reads as a dialogue with -PassThru' -Tag Kvm -Skip:$NoKvm {
        Start-TestVm web -Text 'login: ' -Then Echo |
            Wait-ToyVmSerial 'login: ' -Timeout 20 -PassThru | Send-ToyVmSerial -Line root -PassThru |
            Wait-ToyVmSerial 'root' -Timeout 20 -PassThru | Send-ToyVmSerial -Key CtrlD -PassThru |
            Wait-ToyVm -Timeout 20 -PassThru | ForEach-Object StopReason | Should -Be GuestReset
    }

    It 'stops waiting at Ctrl+C' -Tag Kvm -Skip:$NoKvm {
        $vm = Start-TestVm web
        $end = Stop-Midway { Wait-ToyVmSerial never web }
        $end.State | Should -Be Stopped
        $end.Took.TotalSeconds | Should -BeLessThan 5
        $vm.State | Should -Be Running
    }

    It 'is shown as a table' -Tag Kvm -Skip:$NoKvm {
        $lines = Start-TestVm web -Text 'host login: ' | Wait-ToyVmSerial 'login: ' -Timeout 20 | Get-Rendering
        $lines[0] | Should -Match '^ *Elapsed\(s\) +Start +End +Value$'
        $lines[2] | Should -Match '^ *\d+\.\d{3} +5 +12 +login:$'
    }
}
