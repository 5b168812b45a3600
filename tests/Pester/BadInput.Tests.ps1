# Kernels, initrds and hosts that are not as they should be. What is wrong with parameters is tested with each cmdlet.
BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.NewToyVmCommand'

    # Writes bytes to a new file, and returns its path.
    function New-TestFile([byte[]] $Content, [string] $Extension = 'bin') {
        $path = Join-Path $TestDrive "$([guid]::NewGuid().ToString('N')).$Extension"
        [IO.File]::WriteAllBytes($path, $Content)
        $path
    }

    # A good kernel with some bytes changed: @{ offset = bytes }.
    function New-DamagedElf([hashtable] $Change, [int] $Length = -1) {
        $bytes = [IO.File]::ReadAllBytes((New-TinyKernel -Text hello))
        foreach ($offset in $Change.Keys) { [Array]::Copy([byte[]]@($Change[$offset]), 0, $bytes, $offset, @($Change[$offset]).Count) }
        New-TestFile ($Length -lt 0 ? $bytes : $bytes[0..($Length - 1)])
    }

    # The first sectors of a bzImage, as much as is needed to see what it is.
    function New-BzImage([uint16] $Version = 0x20f, [uint16] $Xloadflags = 1) {
        $bytes = [byte[]]::new(4096)
        $bytes[0x1f1] = 1                                                                # setup_sects
        [BitConverter]::GetBytes([uint32] 0x1000).CopyTo($bytes, 0x1f4)                  # syssize: 64 KiB, not there
        (0x55, 0xaa, 0xeb, 0x66).ForEach([byte]).CopyTo($bytes, 0x1fe)
        [Text.Encoding]::ASCII.GetBytes('HdrS').CopyTo($bytes, 0x202)
        [BitConverter]::GetBytes($Version).CopyTo($bytes, 0x206)
        $bytes[0x211] = 1                                                                # loadflags: loaded high
        [BitConverter]::GetBytes($Xloadflags).CopyTo($bytes, 0x236)
        New-TestFile $bytes
    }

    # Runs a script with the module as a user who may do nothing; returns its lines.
    function Invoke-AsNobody([string] $Script) {
        $load = "Import-Module '$([IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1"))'"
        & setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp ([Environment]::ProcessPath) -NoProfile -Command "$load; $Script"
    }

    # Whether this checkout can be seen by such a user.
    function Test-Nobody {
        (id -u) -eq 0 -and (Get-Command setpriv -ErrorAction Ignore) -and (Invoke-AsNobody '1') -eq 1
    }
}

Describe 'A kernel that is' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It '<What>: <Id>' -ForEach @(
        @{ What = 'a text'; Id = 'KernelNotRecognized'; File = { New-TestFile ([Text.Encoding]::ASCII.GetBytes('no kernel ' * 1000)) } }
        @{ What = 'a PNG image'; Id = 'KernelNotRecognized'; File = { New-TestFile (0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa + @(0) * 5000) } }
        @{ What = 'gzip-compressed'; Id = 'KernelNotRecognized'; File = { New-TestFile (0x1f, 0x8b, 8 + @(0) * 5000) } }
        @{ What = 'of one byte'; Id = 'KernelNotRecognized'; File = { New-TestFile 0x7f } }
        @{ What = 'an ARM64 Image'; Id = 'KernelArchitectureUnsupported'; File = { New-TestFile (@(0) * 56 + 0x41, 0x52, 0x4d, 0x64 + @(0) * 5000) } }
        @{ What = 'an ARM64 ELF'; Id = 'KernelArchitectureUnsupported'; File = { New-DamagedElf @{ 18 = 183 } } }
        @{ What = 'a big-endian ELF'; Id = 'KernelArchitectureUnsupported'; File = { New-DamagedElf @{ 5 = 2 } } }
        @{ What = 'a 32-bit ELF'; Id = 'KernelNot64Bit'; File = { New-DamagedElf @{ 4 = 1; 18 = 3 } } }
        @{ What = 'an ELF object file'; Id = 'KernelNotRecognized'; File = { New-DamagedElf @{ 16 = 1 } } }
        @{ What = 'an ELF without program headers'; Id = 'KernelHasNoSegments'; File = { New-DamagedElf @{ 56 = 0 } } }
        @{ What = 'an ELF without PT_LOAD'; Id = 'KernelHasNoSegments'; File = { New-DamagedElf @{ 64 = 4 } } }
        @{ What = 'an ELF for the first megabyte'; Id = 'KernelSegmentInLowMemory'; File = { New-DamagedElf @{ 88 = 0, 0x10, 0, 0 } } }
        @{ What = 'an ELF beyond all memory'; Id = 'KernelSegmentOutsideMemory'; File = { New-DamagedElf @{ 93 = 1 } } }
        @{ What = 'an ELF larger than the machine'; Id = 'MemoryTooSmall'; File = { New-DamagedElf @{ 88 = 0, 0, 0, 0x70; 24 = 0, 0, 0, 0x70 } } }
        @{ What = 'an ELF with a foreign entry'; Id = 'KernelEntryOutsideSegments'; File = { New-DamagedElf @{ 24 = 0, 0, 0, 0x20 } } }
        @{ What = 'an ELF cut in its header'; Id = 'KernelTruncated'; File = { New-DamagedElf @{} -Length 40 } }
        @{ What = 'an ELF cut in its program headers'; Id = 'KernelTruncated'; File = { New-DamagedElf @{} -Length 100 } }
        @{ What = 'an ELF cut in its code'; Id = 'KernelTruncated'; File = { New-DamagedElf @{} -Length 4100 } }
        @{ What = 'an old bzImage'; Id = 'KernelProtocolTooOld'; File = { New-BzImage -Version 0x20b } }
        @{ What = 'a 32-bit bzImage'; Id = 'KernelNot64Bit'; File = { New-BzImage -Xloadflags 0 } }
        @{ What = 'a bzImage cut short'; Id = 'KernelTruncated'; File = { New-BzImage } }
    ) {
        $path = & $File
        $failure = Get-FailureOf { New-ToyVm $path }
        $failure.FullyQualifiedErrorId | Should -Be "$Id,$Command"
        $failure.Exception.Message | Should -Not -BeNullOrEmpty
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'truncated at any byte is refused' {
        $whole = [IO.File]::ReadAllBytes((New-TinyKernel -Text hello))
        foreach ($length in 1..200 + 4000, 4095, 4096, ($whole.Length - 1)) {
            $path = New-TestFile $whole[0..($length - 1)]
            (Get-FailureOf { New-ToyVm $path }).FullyQualifiedErrorId | Should -BeIn "KernelTruncated,$Command", "KernelNotRecognized,$Command" -Because "$length bytes"
        }
    }
}

Describe 'An initrd' {
    It 'that does not fit: InitrdDoesNotFit' {
        $initrd = New-TestFile 1
        $file = [IO.File]::OpenWrite($initrd)
        $file.SetLength(80MB)
        $file.Dispose()
        (Get-FailureOf { New-ToyVm (New-TinyKernel) $initrd -Memory 64MB }).FullyQualifiedErrorId | Should -Be "InitrdDoesNotFit,$Command"
    }
}

Describe 'A serial log' {
    It 'that cannot be written: FileUnwritable' {
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -SerialLog /nowhere/serial.log }).FullyQualifiedErrorId | Should -Be "FileUnwritable,$Command"
    }
}

Describe 'A user without rights' {
    BeforeAll {
        $nobody = Test-Nobody
        $kernel = New-TinyKernel -Path "/tmp/kernel-$([guid]::NewGuid().ToString('N'))"
    }

    AfterAll { Remove-Item $kernel -Force }

    It 'makes machines, and hears that /dev/kvm is closed: KvmAccessDenied' {
        if (-not $nobody) { Set-ItResult -Skipped -Because 'no user without rights can be played here' }
        elseif ((Invoke-AsNobody '[IO.File]::Open("/dev/kvm", "Open", "ReadWrite").Length' 2>&1) -notmatch 'denied') {
            Set-ItResult -Skipped -Because '/dev/kvm is not there, or open to everybody'
        }
        Invoke-AsNobody "`$vm = New-ToyVm '$kernel'; `"`$(`$vm.State)`"; Start-ToyVm `$vm -ErrorVariable e -ErrorAction SilentlyContinue; `$e.FullyQualifiedErrorId" |
            Should -Be 'Off', 'KvmAccessDenied,PSToyVmm.StartToyVmCommand'
    }

    It 'hears that a kernel cannot be read: FileUnreadable' {
        if (-not $nobody) { Set-ItResult -Skipped -Because 'no user without rights can be played here' }
        [IO.File]::SetUnixFileMode($kernel, 'UserRead')
        Invoke-AsNobody "New-ToyVm '$kernel' -ErrorVariable e -ErrorAction SilentlyContinue; `$e.FullyQualifiedErrorId" | Should -Be "FileUnreadable,$Command"
    }
}

Describe 'A host without /dev/kvm' {
    It 'makes machines, and says what is missing: KvmNotPresent' {
        $hide = 'mount -t tmpfs none /mnt && for d in null zero random urandom tty ptmx; do cp -a /dev/$d /mnt/; done && mount --move /mnt /dev && exec "$@"'
        $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $script = "Import-Module '$module'; `$vm = New-ToyVm '$(New-TinyKernel)'; Start-ToyVm `$vm -ErrorVariable e -ErrorAction SilentlyContinue; `$e.FullyQualifiedErrorId"
        $lines = & unshare --mount sh -c $hide sh ([Environment]::ProcessPath) -NoProfile -Command $script 2>&1
        if ("$lines" -match 'unshare|mount') { Set-ItResult -Skipped -Because "no mount namespace here ($lines)" }
        $lines | Should -Be 'KvmNotPresent,PSToyVmm.StartToyVmCommand'
    }
}
