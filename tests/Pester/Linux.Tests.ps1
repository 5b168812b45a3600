# A real Linux, from the kernel file to the login and back. PSTOYVMM_TEST_KERNEL names the kernel, PSTOYVMM_TEST_BUSYBOX a
# static busybox (else the host's). Skipped where Test-ToyVmHost says that Linux does not run; the lab runs it then.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoLinux = -not ($env:PSTOYVMM_TEST_KERNEL -and (Test-KvmUsable) -and (Test-ToyVmHost).CanRunLinux)
}

BeforeAll { . "$PSScriptRoot/common.ps1" }

Describe 'Debian''s kernel' -Tag Linux -Skip:$NoLinux {
    BeforeAll {
        $busybox = $env:PSTOYVMM_TEST_BUSYBOX ? @{ Busybox = $env:PSTOYVMM_TEST_BUSYBOX } : @{}
        $initrd = New-ToyVmInitrd (Join-Path $TestDrive initrd) @busybox
        $vm = New-ToyVm $env:PSTOYVMM_TEST_KERNEL $initrd -AppendCommandLine quiet -Name linux
    }

    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'boots to a login prompt' {
        $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial 'login: ' -Timeout 300 | Should -Not -BeNullOrEmpty
        (Get-ToyVmBootTimeline linux).Name | Should -Contain 'first-serial-byte'
    }

    It 'lets root in' {
        $vm | Send-ToyVmSerial -Line root -PassThru | Wait-ToyVmSerial 'Password: ' -Timeout 60 -PassThru |
            Send-ToyVmSerial -Line root -PassThru | Wait-ToyVmSerial '# ' -Timeout 60 | Should -Not -BeNullOrEmpty
    }

    It 'costs few exits' {    # before commands come over the serial console, each byte of which is some
        ($vm | Get-ToyVmExitStats | Measure-Object Count -Sum).Sum | Should -BeLessThan 10000    # an absent RTC alone costs 40,000
    }

    It 'runs commands' {
        (Invoke-ToyVmCommand 'uname -s' linux).Output | Should -Be 'Linux'
        $listing = Invoke-ToyVmCommand 'ls -lat /' linux
        $listing.ExitCode | Should -Be 0
        $listing.Output -match ' (bin|proc|sys)$' | Should -HaveCount 3
        (Invoke-ToyVmCommand 'false' linux).ExitCode | Should -Be 1
        (Invoke-ToyVmCommand 'printf "%s." "$@"' linux -ArgumentList "it's `$HOME", 'ü€', 42).Output | Should -Be "it's `$HOME.ü€.42."
    }

    It 'is interrupted by Ctrl+C' {
        # Not before the shell has given the terminal back: while it reads a line, Ctrl+C is a character like others.
        $vm | Send-ToyVmSerial -Line 'echo started; sleep 1000' -PassThru | Wait-ToyVmSerial '^started' -Timeout 30 -PassThru | Send-ToyVmSerial -Key CtrlC
        (Invoke-ToyVmCommand 'true' linux).ExitCode | Should -Be 0
    }

    It 'takes files and gives them back' {
        $file = Join-Path $TestDrive sent
        [IO.File]::WriteAllBytes($file, [byte[]] (0..255 * 150))
        Copy-ToyVmFile $file linux /tmp/deep/er/ -CreateFullPath
        (Invoke-ToyVmCommand 'sha256sum < /tmp/deep/er/sent' linux).Output | Should -Match (Get-FileHash $file).Hash.ToLowerInvariant()
        $back = Copy-ToyVmFile /tmp/deep/er/sent linux (Join-Path $TestDrive back) -FromGuest
        (Get-FileHash $back).Hash | Should -Be (Get-FileHash $file).Hash
    }

    It 'shuts down when asked' {
        $vm | Stop-ToyVm -Timeout 120 -WarningVariable warning
        $warning | Should -BeNullOrEmpty
        $vm.State | Should -Be Off
        $vm.StopReason | Should -BeIn GuestReset, GuestPowerOff, HostStop
    }
}
