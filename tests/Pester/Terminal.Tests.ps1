# A person at a real terminal, played by tmux.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $CannotPlay = -not ((Get-Command tmux -CommandType Application -ErrorAction Ignore) -and (Test-KvmUsable))
}

Describe 'A terminal attached to a serial console' -Skip:$CannotPlay {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        function Invoke-Tmux { & tmux -u -S $socket -f /dev/null @args }
        function Get-Screen { ((Invoke-Tmux capture-pane -p) -join "`n").TrimEnd() }    # the spaces after a prompt are lost
        function Send-Key { Invoke-Tmux send-keys @args }
        # Never while a program runs there, such as the clear of Clear-Host: the terminal is not pwsh's then, and makes of
        # Enter a line feed, which PSReadLine takes for Ctrl+Enter.
        function Enter-Line([string] $Line) {
            Invoke-Tmux send-keys -l $Line
            Invoke-Tmux send-keys Enter
        }
        function Wait-Until([scriptblock] $Condition) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            while (-not (& $Condition)) {
                if ($clock.Elapsed.TotalSeconds -gt 30) { throw "not within 30 s: $Condition`n$(Get-Screen)" }
                Start-Sleep -Milliseconds 50
            }
        }
        function Wait-Screen([string] $Pattern) {
            Wait-Until { (Get-Screen) -match $Pattern }
            Get-Screen
        }
        # Starts a shell of sh, and in it a pwsh; both prompts tell when they are ready.
        function Open-Terminal {
            Invoke-Tmux new-session -d -x 150 -y 50 "PS1='sh> ' sh"
            Wait-Screen '(?<!pw)sh>$'
            Enter-Line 'stty -g > before'.Replace('before', "$TestDrive/before")
            Enter-Line "'$([Environment]::ProcessPath)' -NoProfile -NoLogo"
            Wait-Screen 'PS .*>$'
            Enter-Line "Import-Module '$([IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1"))'; function prompt { 'pwsh> ' }; Clear-Host"
            Wait-Screen '(?s)\Apwsh>$'
        }
        # The terminal's settings by the sh that started pwsh: the same as before, or not.
        function Test-SameSettings {
            Enter-Line "stty -g | cmp -s - '$TestDrive/before'; echo settings: `$?"
            (Wait-Screen 'settings: \d') -match 'settings: 0'
        }
        function Get-Shell {
            $pane = [int](Invoke-Tmux display-message -p '#{pane_pid}')
            Get-Process -Name pwsh | Where-Object {
                $parent = $_.Parent
                $parent -and ($parent.Id -eq $pane -or ($parent.Parent -and $parent.Parent.Id -eq $pane))
            }
        }
        $kernel = New-TinyKernel -Text "hello`r`n" -Then Echo
    }
    BeforeEach {
        $socket = "$TestDrive/tmux-$([guid]::NewGuid().ToString('N'))"    # a server that is about to end still answers at its own
        $null = Open-Terminal
    }
    AfterEach { Invoke-Tmux kill-server }

    It 'passes keys through, detaches, and shows the scrollback when it is attached again' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen "Connected to 'web'. Ctrl\+\] detaches.\s+hello"
        Send-Key C-c Up 'ü€😀' C-z 'typed'
        $null = Wait-Screen 'typed'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"

        Enter-Line '[Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes((Receive-ToyVmSerial web -Raw)))'
        $null = Wait-Screen ([Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes("hello`r`n`u{3}`e[Aü€😀`u{1a}typed")))

        Enter-Line 'Clear-Host; Connect-ToyVmSerial web'
        $null = Wait-Screen '(?s)\AConnected.*typed$'
        Send-Key ' again'
        $null = Wait-Screen 'typed again$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"

        Enter-Line 'Clear-Host; Connect-ToyVmSerial web -NoScrollback'
        $null = Wait-Screen '\AConnected[^\n]*\z'    # nothing else: the screen before began with the same line
        Send-Key 'news'
        Wait-Screen 'news$' | Should -Not -Match 'hello'
        Send-Key 'C-]'
        $null = Wait-Screen 'pwsh>$'

        Enter-Line 'Clear-Host; Connect-ToyVmSerial web -Tail 1'
        Wait-Screen '\A\S*typed againnews' | Should -Not -Match 'hello'    # that line has the key Up, so it stands over the first
        Send-Key 'C-]'
        $null = Wait-Screen 'pwsh>$'

        Enter-Line 'Remove-ToyVm web -Force; exit'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'gives back the screen and the modes of a guest program that is still in its own' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        Send-Key "`e[?1049h`e[?1000h`e[?25lfull screen"    # the guest echoes it, as if it were vi
        $null = Wait-Screen '\A\s*full screen$'
        Invoke-Tmux display-message -p '#{alternate_on} #{mouse_standard_flag} #{cursor_flag}' | Should -Be '1 1 0'
        Send-Key 'C-]'
        $null = Wait-Screen "hello\s+Detached from 'web'.\npwsh>$"
        Invoke-Tmux display-message -p '#{alternate_on} #{mouse_standard_flag} #{cursor_flag}' | Should -Be '0 0 1'
    }

    It 'says why the machine ended, and refuses one that is off or a second one' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        Send-Key C-d
        $null = Wait-Screen "'web' is Off: .+\npwsh>$"
        Enter-Line 'Connect-ToyVmSerial web; $Error[0].FullyQualifiedErrorId'
        $null = Wait-Screen 'VmNotRunning,PSToyVmm.ConnectToyVmSerialCommand'
        Enter-Line "`$null = New-ToyVm '$kernel' -Memory 64MB -Name other; Start-ToyVm *; Connect-ToyVmSerial web, other"
        $null = Wait-Screen "'web' or 'other'"
        Enter-Line '$Error[0].FullyQualifiedErrorId; exit'
        $null = Wait-Screen 'OneMachineOnly,PSToyVmm.ConnectToyVmSerialCommand'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'stays attached while the guest resets its machine' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Restart -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        Send-Key C-d
        $null = Wait-Screen 'hello\s+hello'
        Send-Key 'typed'
        $null = Wait-Screen 'typed$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        Enter-Line '"restarts: $((Get-ToyVm web).RestartCount)"; Remove-ToyVm web -Force; exit'
        $null = Wait-Screen 'restarts: 1'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'tells a virtio console its size at once and whenever it changes, and no longer than it is attached' {
        Enter-Line "New-ToyVm '$(New-ConsoleKernel)' -Memory 64MB -RebootAction Stop -Name web -VirtioConsole | Start-ToyVm -PassThru | Connect-ToyVmSerial -Port hvc0"
        $null = Wait-Screen "Connected to 'web'. Ctrl\+\] detaches.\s+hello"
        Send-Key 'typed'
        $null = Wait-Screen 'typed$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        $sizes = '"$((Get-ToyVm web).Consoles.Size) $((Get-ToyVmDevice web).Counters[''Resizes''])"'
        Enter-Line $sizes
        $null = Wait-Screen '\(0, 0\) \(150, 50\) 1'

        Enter-Line "`$null = Start-ThreadJob { while (`$true) { Set-Content '$TestDrive/size' `$args[0].Consoles[1].Size; Start-Sleep -Milliseconds 50 } } -ArgumentList (Get-ToyVm web)"
        Enter-Line 'Clear-Host; Connect-ToyVmSerial web -Port hvc0 -NoScrollback'
        $null = Wait-Screen '(?s)\AConnected'
        Invoke-Tmux resize-window -x 120 -y 40
        Wait-Until { (Get-Content "$TestDrive/size" -ErrorAction Ignore) -eq '(120, 40)' }
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        Invoke-Tmux resize-window -x 100 -y 30
        Enter-Line "Clear-Host; $sizes"
        $null = Wait-Screen '\(0, 0\) \(120, 40\) [34]'    # told twice here; a terminal may tell of one change twice
        Enter-Line "Clear-Host; `$null = New-ToyVm '$kernel' -Memory 64MB -Name plain; Start-ToyVm plain; Connect-ToyVmSerial plain -Port hvc0; `$Error[0].FullyQualifiedErrorId; exit"
        $null = Wait-Screen 'ConsolePortNotFound,PSToyVmm.ConnectToyVmSerialCommand'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'stays raw while other programs run and end, and after the process was stopped and continued' {
        Enter-Line "`$null = Start-ThreadJob { Start-Sleep 1; & sh -c 'echo > $TestDrive/begun; sleep 1'; Set-Content $TestDrive/ended 1 }"
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        $terminal = Invoke-Tmux display-message -p '#{pane_tty}'
        $raw = & stty -F $terminal -g
        foreach ($moment in 'begun', 'ended') {
            Wait-Until { Test-Path "$TestDrive/$moment" }
            Wait-Until { (& stty -F $terminal -g) -eq $raw }
        }
        & kill -STOP (Get-Shell).Id
        $null = Wait-Screen '(?<!pw)sh>$'
        Send-Key 'stty sane; clear; fg' C-j    # still raw: Enter would be no end of line
        $null = Wait-Screen '\A\S*pwsh\S* -NoProfile'
        Wait-Until { (& stty -F $terminal -g) -eq $raw }
        Send-Key C-c 'typed'
        $null = Wait-Screen 'typed$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        Enter-Line '[Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes((Receive-ToyVmSerial web -Raw)))'
        $null = Wait-Screen ([Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes("hello`r`n`u{3}typed")))
    }

    It 'is given back as it was when the process gets <_>' -ForEach 'TERM', 'HUP', 'INT' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        & kill "-$_" (Get-Shell).Id
        if ((Wait-Screen '(sh|pwsh)>$') -match 'pwsh>$') { Enter-Line 'exit' }
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'is given back as it was when the process crashes' {
        Enter-Line '$crash = [Threading.Timer]::new({ }, $null, 3000, -1)'    # its thread has no runspace, and nobody catches that
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello$'
        $null = Wait-Screen '(?s)Unhandled exception.*(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'lists what can be done after Ctrl+] and ?, on a screen of its own, and does it' {
        # Prints the line status of each byte: q for a break, a for others.
        $watch = New-TinyKernel -Text "hello`r`n" -Code ([byte[]](0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, 0x88, 0xc3, 0x66, 0xba, 0xf8, 0x03, 0xec, 0x88, 0xd8, 0xee, 0xeb, 0xeb))
        Enter-Line "cd '$TestDrive'; New-ToyVm '$watch' -Memory 64MB -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'Connected'
        Send-Key 'x'
        $null = Wait-Screen 'a$'
        Send-Key 'C-]' '?'
        $menu = Wait-Screen 'any other key: go on$'
        $menu | Should -Match '\Aweb ttyS0: Running\n  d  detach.*\n  b  send a break.*\n  a  press Ctrl\+Alt\+Del\n  p  pause the machine\n'
        $menu | Should -Match '  s  type stty with this size, 150x50\n  \]  send Ctrl\+\]\n  l  log: record'
        Send-Key Up
        Send-Key Escape
        (Wait-Screen '(?s)Connected.*a$') | Should -Not -Match 'go on'
        Send-Key 'C-]' '?' 'b'
        Send-Key 'h'
        $null = Wait-Screen '\[A break was sent.\]\nqa$'    # the break, and h
        Send-Key 'C-]' '?' ']'
        $null = Wait-Screen 'qaa$'
        Send-Key 'C-]' '?' 'a'
        $null = Wait-Screen '\[Nobody in the guest listens to its keyboard.\]$'
        Send-Key 'C-]' '?' 'p'
        $null = Wait-Screen "\['web' is paused; .*\]$"
        Send-Key 'C-]' '?'
        (Wait-Screen 'go on$') | Should -Match '\Aweb ttyS0: Paused\n(.*\n)+  p  resume the paused machine\n'
        Send-Key 'p'
        $null = Wait-Screen "\['web' runs again.\]$"
        Send-Key 'C-]' '?' 'l'
        $null = Wait-Screen '\[Recording in .*/web-ttyS0-\d+-\d+.log.\]$'
        Send-Key 'yz'
        $null = Wait-Screen '\]\naa$'
        Send-Key 'C-]' '?' 's'
        $null = Wait-Screen "\naa$('a' * ' stty rows 50 cols 150.'.Length)$"
        Send-Key 'C-]' '?' 'd'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        Get-Content "$TestDrive/web-ttyS0-*.log" -Raw | Should -Be ('a' * 25)
        Enter-Line 'Clear-Host; Remove-ToyVm web -Force; exit'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'does not keep the keys waiting for somebody who holds the machine for long' {
        Enter-Line "`$vm = New-ToyVm '$kernel' -Memory 64MB -Name web; Start-ToyVm web; `$vm.GetType().GetField('_isHolding', 'NonPublic, Instance').SetValue(`$vm, `$true); Connect-ToyVmSerial web"
        $null = Wait-Screen 'hello$'
        Send-Key 'C-]' '?' 'p'
        $null = Wait-Screen "\['web' is busy: somebody else holds its vCPUs.\]$"
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
    }

    It 'shows the menu over the last lines of a full-screen program, which comes back whole' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -RebootAction Stop -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        Send-Key "`e[?1049h`e[2J`e[Htop ü€`e[50;1Hbottom`e[25;70H"
        $before = Wait-Screen '(?s)\Atop ü€\n.*\nbottom$'
        Send-Key 'C-]' '?'
        (Wait-Screen 'any other key: go on$') | Should -Match '(?s)\Atop ü€\n.*web ttyS0: Running\n'
        Send-Key ' '
        $null = Wait-Screen '(?s)\Atop ü€\n.*\nbottom$'
        Get-Screen | Should -Be $before
        Invoke-Tmux display-message -p '#{alternate_on} #{cursor_x} #{cursor_y}' | Should -Be '1 69 24'
        Send-Key 'C-]'
        $null = Wait-Screen "hello\s+Detached from 'web'.\npwsh>$"
    }

    It 'works on a dumb terminal of 40 columns' {
        Invoke-Tmux resize-window -x 40 -y 20
        Enter-Line '$env:TERM = "dumb"'
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial"
        $null = Wait-Screen 'hello'
        Send-Key 'C-]' '?'
        (Wait-Screen 'any other key: go on$') | Should -Match '(?s)hello.*\n  b  send a break'
        Send-Key ' '
        Send-Key 'typed'
        $null = Wait-Screen '(?s)go on\ntyped$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
    }

    It 'looks on with -ReadOnly, and types nothing' {
        Enter-Line "New-ToyVm '$kernel' -Memory 64MB -Name web | Start-ToyVm -PassThru | Connect-ToyVmSerial -ReadOnly"
        $null = Wait-Screen "Connected to 'web', read-only. Ctrl\+\] detaches.\s+hello$"
        Send-Key 'typed' C-d
        Send-Key 'C-]' '?'
        (Wait-Screen 'any other key: go on$') | Should -Be "web ttyS0: Running, read-only`n  d  detach (as Ctrl+] alone does)`n  l  log: record output in a file`n  any other key: go on"
        Send-Key 'b'
        $null = Wait-Screen 'hello$'
        Send-Key 'C-]'
        $null = Wait-Screen "Detached from 'web'.\npwsh>$"
        Enter-Line '"$((Get-ToyVm web).State) $((Get-ToyVm web).RestartCount) $((Get-ToyVm web).SerialInput.Count)"; Connect-ToyVmSerial web -ReadOnly -Force; $Error[0].FullyQualifiedErrorId'
        $null = Wait-Screen '(?s)Running 0 0.*ReadOnlyAndForce,PSToyVmm.ConnectToyVmSerialCommand'
    }

    It 'shares a console between terminals, of which one types' {
        function Get-Other { ((Invoke-Tmux capture-pane -p -t :.1) -join "`n").TrimEnd() }
        function Wait-Other([string] $Pattern) { Wait-Until { (Get-Other) -match $Pattern } }
        Invoke-Tmux split-window -d "tty > '$TestDrive/other'; stty -g > '$TestDrive/other-before'; sleep 1000"
        Wait-Until { (Get-Content "$TestDrive/other" -ErrorAction Ignore) -and (Get-Content "$TestDrive/other-before" -ErrorAction Ignore) }
        $other = Get-Content "$TestDrive/other"
        Enter-Line "`$null = New-ToyVm '$kernel' -Memory 64MB -Name web; Start-ToyVm web"
        Enter-Line "`$job = Start-ThreadJob { Import-Module '$([IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1"))'; Connect-ToyVmSerial web -Terminal $other }"
        Wait-Other "\AConnected to 'web'. Ctrl\+\] detaches.\nhello$"
        Enter-Line 'Clear-Host; Connect-ToyVmSerial web'
        $null = Wait-Screen "\AConnected to 'web', read-only: $other \(\w+\) has the keyboard, and -Force takes it. Ctrl\+\] detaches.\nhello$"
        Send-Key 'nothing'
        Invoke-Tmux send-keys -t :.1 'theirs'
        Wait-Other 'hello\ntheirs$'
        $null = Wait-Screen 'hello\ntheirs$'
        Send-Key 'C-]'
        $null = Wait-Screen 'pwsh>$'
        Enter-Line 'Clear-Host; Connect-ToyVmSerial web -Force'
        $null = Wait-Screen "\AConnected to 'web'. Ctrl"
        Wait-Other 'theirs\n\[.+ has taken the keyboard; this terminal looks on.\]$'
        Invoke-Tmux send-keys -t :.1 'nothing'
        Send-Key 'ours'
        $null = Wait-Screen 'ours$'
        Wait-Other '\]\nours$'
        Invoke-Tmux send-keys -t :.1 'C-]' '?'
        Wait-Other '(?s)\Aweb ttyS0: Running, read-only\n.*\n  k  take the keyboard from '
        Invoke-Tmux send-keys -t :.1 'k'
        $null = Wait-Screen "\[$other \(\w+\) has taken the keyboard; this terminal looks on.\]$"
        Invoke-Tmux send-keys -t :.1 'again'
        Wait-Other 'again$'
        Send-Key 'C-]'
        $null = Wait-Screen 'pwsh>$'
        Invoke-Tmux send-keys -t :.1 'C-]'
        Wait-Other "Detached from 'web'.$"
        Enter-Line '(Wait-Job $job -Timeout 10).State; Clear-Host; Connect-ToyVmSerial web -NoScrollback'
        $null = Wait-Screen "\AConnected to 'web'. Ctrl[^\n]*\z"    # the keyboard was given back
        Send-Key 'C-]'
        & stty -F $other -g | Should -Be (Get-Content "$TestDrive/other-before")
        $null = Wait-Screen 'pwsh>$'
        Enter-Line 'Clear-Host; Connect-ToyVmSerial web -Terminal /dev/null; $Error[0].FullyQualifiedErrorId; Connect-ToyVmSerial web -Terminal /nowhere; $Error[0].FullyQualifiedErrorId'
        $null = Wait-Screen '(?s)TerminalRequired,PSToyVmm.ConnectToyVmSerialCommand.*TerminalRequired,PSToyVmm.ConnectToyVmSerialCommand'
    }

    It 'ends when its machine is removed meanwhile' {
        Enter-Line "`$vm = New-ToyVm '$kernel' -Memory 64MB -Name web; Start-ToyVm web; `$null = Start-ThreadJob { while (-not (Test-Path '$TestDrive/now')) { Start-Sleep -Milliseconds 50 }; `$args[0].Dispose() } -ArgumentList `$vm"
        Enter-Line 'Clear-Host; Connect-ToyVmSerial web'
        $null = Wait-Screen 'hello$'
        Send-Key 'C-]' '?'
        $null = Wait-Screen 'go on$'
        Set-Content "$TestDrive/now" 1
        $null = Wait-Screen "hello\s+'web' is Off: .+\npwsh>$"
        Enter-Line 'exit'
        $null = Wait-Screen '(?<!pw)sh>$'
        Test-SameSettings | Should -BeTrue
    }

    It 'is left when its window is closed, by a process that <Does>' -ForEach @(
        @{ Does = 'ends with it'; Trap = '' }
        @{ Does = 'outlives it'; Trap = "trap '' HUP; " }
    ) {
        $script = "$TestDrive/$([guid]::NewGuid()).ps1"
        Set-Content $script @"
            Import-Module '$([IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1"))'
            `$vm = New-ToyVm '$(New-TinyKernel -Text "hello`r`n" -Then Spin)' -Memory 64MB -Name web
            Set-Content '$script.pid' `$PID
            Start-ToyVm web
            Connect-ToyVmSerial web
            `$before = [Environment]::CpuUsage.TotalTime
            Start-Sleep 1
            Set-Content '$script.after' "`$(`$vm.State) `$((Get-ToyVmExitStats web) -ne `$null)"
            Remove-ToyVm web -Force
"@
        Invoke-Tmux new-window -d -n closing "${Trap}exec '$([Environment]::ProcessPath)' -NoProfile -File '$script'"
        Wait-Until { ((Invoke-Tmux capture-pane -p -t :closing) -join "`n") -match 'hello' }
        $process = Get-Process -Id (Get-Content "$script.pid")
        Invoke-Tmux kill-window -t :closing
        $process.WaitForExit(20000) | Should -BeTrue
        if ($Trap) { Get-Content "$script.after" | Should -BeLike 'Running *' }
        else { "$script.after" | Should -Not -Exist }
    }
}
