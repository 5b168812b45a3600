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
        function Get-Shell { @(Get-Process -Name pwsh | Where-Object { $_.Parent.Name -in 'sh', 'dash', 'bash' -and $_.Parent.Parent.Name -like 'tmux*' })[-1] }
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
}
