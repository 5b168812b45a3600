BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    # Waits until a condition holds; the shell is idle now and then, as actions need it to be.
    function Wait-Until([scriptblock] $Condition, [int] $Seconds = 20) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition) -and $clock.Elapsed.TotalSeconds -lt $Seconds) { Start-Sleep -Milliseconds 20 }
        & $Condition
    }

    function Get-WatchThread { Get-ChildItem /proc/self/task/*/comm | Get-Content | Where-Object { $_ -like 'ToyVm*' -and $_ -notlike '*vcpu*' } }

    # What was told to a subscriber, so far.
    function Get-Told([string] $Id) { Get-Event -SourceIdentifier $Id -ErrorAction Ignore | ForEach-Object SourceEventArgs }
}

Describe 'Register-ToyVmEvent' {
    BeforeAll {
        $kernel = New-TinyKernel
        $null = New-ToyVm $kernel -Name web
    }

    AfterEach { Get-EventSubscriber -Force | Unregister-Event -Force; Get-Event | Remove-Event }
    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'makes an ordinary subscriber' {
        Register-ToyVmEvent web -SourceIdentifier x | Should -BeNullOrEmpty
        $subscriber = Get-EventSubscriber x
        $subscriber.EventName, "$($subscriber.SourceObject)" | Should -Be 'StateChanged', 'web'
        Unregister-Event x
        Get-EventSubscriber | Should -BeNullOrEmpty
    }

    It 'has a GUID for a name, and hides a support event' {
        Register-ToyVmEvent web -GuestCrash -SupportEvent
        Get-EventSubscriber | Should -BeNullOrEmpty
        [guid] (Get-EventSubscriber -Force).SourceIdentifier | Should -Not -BeNullOrEmpty
    }

    It 'subscribes to nothing where no machine matches' {
        Register-ToyVmEvent 'ghost*'
        Get-EventSubscriber -Force | Should -BeNullOrEmpty
    }

    It 'says what is wrong' {
        (Get-FailureOf { Register-ToyVmEvent ghost }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.RegisterToyVmEventCommand'
        (Get-FailureOf { Register-ToyVmEvent web -SerialPattern 'a(' }).FullyQualifiedErrorId | Should -Be 'SerialPatternInvalid,PSToyVmm.RegisterToyVmEventCommand'
        (Get-FailureOf { Register-ToyVmEvent web -SerialPattern a -Port hvc0 }).FullyQualifiedErrorId | Should -Be 'ConsolePortNotFound,PSToyVmm.RegisterToyVmEventCommand'
        (Get-FailureOf { Register-ToyVmEvent web -SerialPattern a -GuestCrash }).FullyQualifiedErrorId | Should -Be 'OneKindOfEvent,PSToyVmm.RegisterToyVmEventCommand'
        (Get-FailureOf { Register-ToyVmEvent web -Forward -Action { } }).FullyQualifiedErrorId | Should -Be 'ActionOrForward,PSToyVmm.RegisterToyVmEventCommand'
        Register-ToyVmEvent web -SourceIdentifier x
        (Get-FailureOf { Register-ToyVmEvent web -SourceIdentifier x }).FullyQualifiedErrorId | Should -Be 'SubscriberExists,PSToyVmm.RegisterToyVmEventCommand'
        $gone = New-ToyVm $kernel -Name gone
        Remove-ToyVm gone -Force
        (Get-FailureOf { $gone | Register-ToyVmEvent }).FullyQualifiedErrorId | Should -Be 'VmRemoved,PSToyVmm.RegisterToyVmEventCommand'
    }

    It 'needs the machine''s console while it is off, and gives the thread back' {
        $before = @(Get-WatchThread).Count
        Register-ToyVmEvent web -SerialPattern a -SourceIdentifier x
        Wait-Until { @(Get-WatchThread).Count -eq $before + 1 } | Should -BeTrue
        Unregister-Event x
        Wait-Until { @(Get-WatchThread).Count -eq $before } | Should -BeTrue
    }

    It 'subscribes to all or none' {
        $before = @(Get-WatchThread).Count
        $type = (Get-Command Register-ToyVmEvent).ImplementingType.Assembly.GetType('PSToyVmm.VmLineSource')
        $machines = [PSToyVmm.Engine.Machines.VirtualMachine[]] ((New-ToyVm $kernel -Name has -VirtioConsole), (New-ToyVm $kernel -Name none))
        $source = $type.GetConstructors('NonPublic, Instance')[0].Invoke(@($machines, 'hvc0', [regex[]] @('a')))
        1..2 | ForEach-Object { { $source.add_SerialLine({ }) } | Should -Throw '*hvc0*' }
        Wait-Until { @(Get-WatchThread).Count -eq $before } | Should -BeTrue
        Remove-ToyVm has, none -Force
    }
}

Describe 'Events of machines that run' -Tag Kvm -Skip:$NoKvm {
    AfterEach {
        Get-EventSubscriber -Force | Unregister-Event -Force
        Get-Event | Remove-Event
        Get-Job | Remove-Job -Force
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'are all changes of state, in order, with their reasons' {
        $vm = New-ToyVm (New-TinyKernel -Text hello) -Memory 64MB -Name web
        $vm | Register-ToyVmEvent -StateChanged -SourceIdentifier x -MessageData note
        $vm | Start-ToyVm -PassThru | Wait-ToyVm
        Wait-Until { @(Get-Told x).Count -eq 4 } | Should -BeTrue
        $told = Get-Told x
        $told | ForEach-Object { $_ | Should -BeOfType PSToyVmm.VmStateChangedEventArgs }
        $told.State | Should -Be Starting, Running, Stopping, Off
        $told.Previous | Should -Be Off, Starting, Running, Stopping
        $told.StopReason | Should -Be None, None, GuestReset, GuestReset
        $told[0].VM | Should -Be $vm
        $first = (Get-Event -SourceIdentifier x)[0]
        $first.Sender | Should -Be $vm
        $first.MessageData | Should -Be note
        ($told | Get-Rendering)[-1] | Should -Match '^web\s+Stopping\s+Off\s+GuestReset\s'
    }

    It 'are only the states asked for, of all machines in one subscription' {
        $halt, $fault = (New-TinyKernel -Then Halt), (New-TinyKernel -Then Fault)
        $null = (New-ToyVm $halt -Memory 64MB -Name a), (New-ToyVm $fault -Memory 64MB -Name b)
        Register-ToyVmEvent a, b, a -State Faulted -SourceIdentifier x
        Start-ToyVm a, b
        (Wait-Event x -Timeout 20).SourceEventArgs.VmName | Should -Be b
        Stop-ToyVm a -TurnOff
        Start-Sleep -Milliseconds 300
        @(Get-Told x).Count | Should -Be 1
        @(Get-EventSubscriber).Count | Should -Be 1
    }

    It 'run an action, as often as they are wanted' {
        $vm = New-ToyVm (New-TinyKernel) -Memory 64MB -Name web
        $job = Register-ToyVmEvent web -State Starting, Off -MaxTriggerCount 3 -Action { "$($EventArgs.State) $($Event.SourceEventArgs.VmName)" }
        $job | Should -BeOfType Management.Automation.PSEventJob
        1..3 | ForEach-Object { $vm | Start-ToyVm -PassThru | Wait-ToyVm }
        Wait-Until { -not (Get-EventSubscriber) } | Should -BeTrue
        Wait-Until { $job.Output.Count -ge 3 } | Should -BeTrue
        Receive-Job $job | Should -Be 'Starting web', 'Off web', 'Starting web'
    }

    It 'may call back into the machine' {
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Memory 64MB -Name web
        $null = Register-ToyVmEvent web -State Running -Action { Unregister-Event $Event.SourceIdentifier; $Event.Sender | Remove-ToyVm -Force }
        Start-ToyVm web
        Wait-Until { $vm.State -eq 'Off' -and -not (Get-ToyVm) } | Should -BeTrue
    }

    It 'are a guest''s oops, and its panic, before its end' {
        $text = "[ 1.0] Run /init`n[ 1.1] Oops: 0002 [#1] SMP`n[ 1.2] more`n[ 1.3] Kernel panic - not syncing: Fatal exception`nKernel panic - again`n"
        $vm = New-ToyVm (New-TinyKernel -Text $text) -Memory 64MB -Name web
        Register-ToyVmEvent web -GuestCrash -SourceIdentifier crash
        $vm | Start-ToyVm -PassThru | Wait-ToyVm
        Wait-Until { (Get-Told crash).IsPanic -contains $true } | Should -BeTrue
        $told = @(Get-Told crash)
        $told[-1] | Should -BeOfType PSToyVmm.VmGuestCrashEventArgs
        $told[-1].Text | Should -Be 'Kernel panic - not syncing: Fatal exception'
        if ($told.Count -eq 2) { $told[0].Text, $told[0].IsPanic | Should -Be 'Oops: 0002 [#1] SMP', $false }
        $told.Count | Should -BeLessOrEqual 2                          # an oops that a panic follows at once may not be seen
        $vm | Start-ToyVm -PassThru | Wait-ToyVm                       # another run, another crash
        Wait-Until { @((Get-Told crash).IsPanic -eq $true).Count -eq 2 } | Should -BeTrue
    }

    It 'are lines that match, with groups and places, over all runs' {
        $text = "`e[1;32mvda: 100 sectors`e[0m`r`nnothing`r`nvdb: 200 sectors`r`nend"
        $vm = New-ToyVm (New-TinyKernel -Text $text) -Memory 64MB -Name web
        Register-ToyVmEvent web -SerialPattern '^end$', '^(?<disk>VD.): (\d+) sectors$' -SourceIdentifier x    # whole: half a line is a prompt where the host is slow
        1..2 | ForEach-Object { $vm | Start-ToyVm -PassThru | Wait-ToyVm }
        Wait-Until { @(Get-Told x).Count -eq 6 } | Should -BeTrue
        $told = Get-Told x
        $told[0] | Should -BeOfType PSToyVmm.VmSerialLineEventArgs
        $told.Line | Should -Be (@('vda: 100 sectors', 'vdb: 200 sectors', 'end') * 2)
        $told.Pattern | Should -Be (@(1, 1, 0) * 2)
        $told[1].Groups.disk, $told[1].Groups['1'], $told[1].Groups['0'] | Should -Be vdb, 200, 'vdb: 200 sectors'
        $told.Offset | Should -Be (0, 38, 56, 59, 97, 115)
        $told.LostBytes | Should -Be (@(0) * 6)
        $told[0].Port | Should -Be ttyS0
    }

    It 'are prompts, once' {
        $vm = New-ToyVm (New-TinyKernel -Text "login: " -Then Echo) -Memory 64MB -Name web
        Register-ToyVmEvent web -SerialPattern 'login: $', '^login: root' -SourceIdentifier x
        $vm | Start-ToyVm
        (Wait-Event x -Timeout 20).SourceEventArgs.Line | Should -Be 'login: '
        $vm | Send-ToyVmSerial -Text "root`nlogin: root`n"
        Wait-Until { @(Get-Told x).Count -ge 2 } | Should -BeTrue
        (Get-Told x).Line | Should -Be 'login: ', 'login: root'
    }

    It 'are the virtio console''s with -Port' {
        $vm = New-ToyVm (New-ConsoleKernel) -Memory 64MB -Name web -VirtioConsole
        Register-ToyVmEvent web -SerialPattern hello -Port HVC0 -SourceIdentifier x
        $vm | Start-ToyVm
        (Wait-Event x -Timeout 20).SourceEventArgs.Line | Should -Be hello
    }

    It 'are silent once the machine is removed, and their thread is gone' {
        $before = @(Get-WatchThread).Count
        $vm = New-ToyVm (New-TinyKernel -Text "hello`n" -Then Halt) -Memory 64MB -Name web
        $vm | Register-ToyVmEvent -SerialPattern hello -SourceIdentifier x
        $vm | Start-ToyVm
        $null = Wait-Event x -Timeout 20
        @(Get-WatchThread).Count | Should -Be ($before + 1)
        $vm | Remove-ToyVm -Force
        Wait-Until { @(Get-WatchThread).Count -eq $before } | Should -BeTrue
        Get-EventSubscriber x | Should -Not -BeNullOrEmpty
    }

    It 'wait in the scrollback for a slow subscriber, and what is lost is counted' -ForEach @(
        @{ Way = 'queue'; Action = $null }
        @{ Way = 'action'; Action = { $global:Taken++; $global:Lost += $EventArgs.LostBytes } }
    ) {
        # mov dx, 0x3f8; mov ecx, 1300; again: mov al, 'x'; out; mov al, '\n'; out; loop; mov al, 'e'; out, 'n', 'd', '\n'; hlt
        $code = [byte[]] (0x66, 0xba, 0xf8, 0x03, 0xb9, 0x14, 0x05, 0, 0, 0xb0, 0x78, 0xee, 0xb0, 0x0a, 0xee, 0xe2, 0xf8, 0xb0, 0x65, 0xee, 0xb0, 0x0a, 0xee, 0xf4, 0xeb, 0xfd)
        $global:Taken = $global:Lost = 0
        $vm = New-ToyVm (New-TinyKernel -Code $code) -Memory 64MB -Name web
        $how = $Action ? @{ Action = $Action } : @{}
        $null = Register-ToyVmEvent web -SerialPattern '^[xe]' -SourceIdentifier x @how
        $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial '^e$' -Timeout 60  # this shell is not idle meanwhile: no action runs
        if ($Action) {
            $global:Taken | Should -BeLessThan 1000
            $clock = [Diagnostics.Stopwatch]::StartNew()
            while ($global:Taken -lt 1301 -and $clock.Elapsed.TotalSeconds -lt 60) { $null = 1; $null = 2 }    # between statements a shell takes an event or two
            $global:Taken | Should -Be 1301
            $global:Lost | Should -Be 0
            @(Get-EventSubscriber -Force).Count | Should -Be 2
            Unregister-Event x
            Get-EventSubscriber -Force | Should -BeNullOrEmpty
        }
        else {
            Start-Sleep -Milliseconds 500
            @(Get-Event -SourceIdentifier x).Count | Should -BeLessThan 1150
            $taken = 0
            $clock = [Diagnostics.Stopwatch]::StartNew()
            while ($taken -lt 1301 -and $clock.Elapsed.TotalSeconds -lt 90) {
                $events = @(Get-Event -SourceIdentifier x -ErrorAction Ignore)
                $taken += $events.Count
                $events | Remove-Event
                Start-Sleep -Milliseconds 50
            }
            $taken | Should -Be 1301
        }
    }

    It 'are dropped once a subscriber is too far behind, the oldest first, and counted' -ForEach @(
        @{ Way = 'queue'; Action = $null }
        @{ Way = 'action'; Action = { $global:Told++; $global:Lost += $EventArgs.LostEvents; $global:Last = "$($EventArgs.State)" } }
    ) {
        $global:Told = $global:Lost = 0; $global:Last = ''
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Memory 64MB -Name web
        $how = $Action ? @{ Action = $Action } : @{}
        $vm | Start-ToyVm
        $null = Register-ToyVmEvent web -State Paused, Running -SourceIdentifier x @how
        Add-Type @'
            public static class Restless {
                public static void Run(object vm, int times) {
                    System.Reflection.MethodInfo suspend = vm.GetType().GetMethod("Suspend"), resume = vm.GetType().GetMethod("Resume");
                    object[] untilDone = { System.Threading.CancellationToken.None };
                    while (times-- > 0) { suspend.Invoke(vm, untilDone); resume.Invoke(vm, untilDone); }
                }
            }
'@
        [Restless]::Run($vm, 1500)                                     # one statement: no action runs meanwhile
        Start-Sleep -Milliseconds 500
        if (-not $Action) { @(Get-Event -SourceIdentifier x).Count | Should -BeLessThan 1200 }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ($global:Told + $global:Lost -lt 3000 -and $clock.Elapsed.TotalSeconds -lt 60) {
            if ($Action) { $null = 1; continue }
            foreach ($next in Get-Event -SourceIdentifier x -ErrorAction Ignore) {
                $global:Told++; $global:Lost += $next.SourceEventArgs.LostEvents; $global:Last = "$($next.SourceEventArgs.State)"
                Remove-Event -EventIdentifier $next.EventIdentifier
            }
        }
        $global:Told + $global:Lost | Should -Be 3000
        $global:Lost | Should -BeGreaterThan 500
        $global:Last | Should -Be Running
        Unregister-Event x
        Get-EventSubscriber -Force | Should -BeNullOrEmpty
    }

    It 'end with the module' {
        $kernel = New-TinyKernel -Text "hello`n" -Then Halt
        $manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $script = "Import-Module '$manifest'; `$vm = New-ToyVm '$kernel' -Memory 64MB -Name web; `$vm | Register-ToyVmEvent -SerialPattern hello -Action { } | Out-Null; `$vm | Register-ToyVmEvent
            `$vm | Start-ToyVm; Remove-Module PSToyVmm; Start-Sleep -Milliseconds 300
            `"`$(@(Get-EventSubscriber -Force).Count) `$(@(Get-ChildItem /proc/self/task/*/comm | Get-Content | Where-Object { `$_ -like 'ToyVm*' }).Count)`""
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be '0 0'
    }
}
