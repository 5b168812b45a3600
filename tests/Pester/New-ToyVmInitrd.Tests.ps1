BeforeDiscovery {
    $NoBusybox = -not (Get-Command busybox -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    Set-StrictMode -Version Latest
    $root = Split-Path (Split-Path $PSScriptRoot)
    $manifest = Join-Path $root PSToyVmm.psd1
    Import-Module ((Test-Path $manifest) ? $manifest : (Join-Path $root bin/PSToyVmm.dll))

    function Get-ArchiveText([string] $Path) { [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($Path)) }

    function Get-Failure([scriptblock] $Action) {
        $ErrorActionPreference = 'Stop'
        try { & $Action | Out-Null } catch { return $_ }
        throw 'it did not fail'
    }
}

Describe 'New-ToyVmInitrd' {
    BeforeEach { Push-Location TestDrive: }
    AfterEach { Pop-Location }

    It 'builds a system to log in to from nothing but its defaults' -Tag Busybox -Skip:$NoBusybox {
        $file = New-ToyVmInitrd login.img
        $file | Should -BeOfType IO.FileInfo
        $file.FullName | Should -Be (Join-Path $TestDrive login.img)
        $text = Get-ArchiveText $file
        $text | Should -Match '^070701'
        $text | Should -Match ([regex]::Escape('ttyS0::respawn:/sbin/getty'))
        $text | Should -Match 'root:\$6\$'
    }

    It 'gives the same bytes for the same input' -Tag Busybox -Skip:$NoBusybox {
        (Get-FileHash (New-ToyVmInitrd a.img)).Hash | Should -Be (Get-FileHash (New-ToyVmInitrd b.img)).Hash
    }

    It 'writes gzip on demand' -Tag Busybox -Skip:$NoBusybox {
        $plain = New-ToyVmInitrd plain.img
        $small = New-ToyVmInitrd small.img -Compression Gzip
        $small.Length | Should -BeLessThan $plain.Length
        [IO.File]::ReadAllBytes($small)[0..1] | Should -Be 0x1f, 0x8b
    }

    It 'takes the options of the login profile' -Tag Busybox -Skip:$NoBusybox {
        $text = Get-ArchiveText (New-ToyVmInitrd web.img -HostName web-1 -RootPassword '' -Motd "It's web-1")
        $text | Should -Match 'web-1\n'
        $text | Should -Match 'root::'
        $text | Should -Match "It's web-1\n"
    }

    It 'copies directories and files, the later over the earlier' {
        New-Item -ItemType Directory one/etc, two/etc | Out-Null
        Set-Content one/etc/motd first
        Set-Content two/etc/motd second
        Set-Content start '#! /bin/own'
        Set-Content own 'a program'
        chmod +x start own
        $text = Get-ArchiveText (New-ToyVmInitrd own.img one, two -File @{ '/init' = 'start'; '/bin/own' = 'own' } -Profile None -NoBusybox)
        $text | Should -Match second
        $text | Should -Not -Match first
        $text | Should -Match 'bin/own\0'
    }

    It 'takes an init as text, with the line ends that Linux wants' -Tag Busybox -Skip:$NoBusybox {
        $text = Get-ArchiveText (New-ToyVmInitrd init.img -Init "#!/bin/sh`r`necho hello`r`n")
        $text | Should -Match "#!/bin/sh\necho hello\n"
    }

    It 'takes a command to run instead of init' -Tag Busybox -Skip:$NoBusybox {
        Get-ArchiveText (New-ToyVmInitrd command.img -Command 'uname -a') | Should -Match 'uname -a\n'
    }

    It 'adds the modules of a kernel, unpacked' -Tag Busybox -Skip:$NoBusybox {
        # A module that has nothing but its version magic, by "xz --check=crc32".
        $module = [Convert]::FromBase64String('/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AE2AGFdAD+RRYRoPYmm2pymrEU3dgHRc6h6A9LFTLPUDxBFrCu+y3TYVOxu8RjiAKXztLyt3FLsSqGe4Evh6icTUR96klSrb1mftaXrHXV0tk49QlHeOR5PczS1NfZqoVkTvQ9XqmUAAAAAOJz2VgABebcCAAAAW5SW5z4wDYsCAAAAAAFZWg==')
        New-Item -ItemType Directory tree/kernel | Out-Null
        foreach ($name in 'virtio_blk', 'other') { [IO.File]::WriteAllBytes("$TestDrive/tree/kernel/$name.ko.xz", $module) }
        $usual = Get-ArchiveText (New-ToyVmInitrd usual.img -ModuleTree tree)
        $usual | Should -Match 'insmod /lib/modules/6.1.0-toy/kernel/virtio_blk.ko\n'
        $usual | Should -Match 'vermagic=6.1.0-toy'
        $usual | Should -Not -Match 'other\.ko'
        Get-ArchiveText (New-ToyVmInitrd chosen.img -ModuleTree (Get-Item tree) -KernelModules o*) | Should -Match 'insmod .*other.ko\n'
        $failure = Get-Failure { New-ToyVmInitrd bad.img -ModuleTree tree -KernelModules virtio_block }
        $failure.FullyQualifiedErrorId | Should -Be 'KernelModuleNotFound,PSToyVmm.NewToyVmInitrdCommand'
        $failure.Exception.Message | Should -Match virtio_blk
    }

    It 'does nothing with -WhatIf' {
        New-ToyVmInitrd whatif.img -WhatIf | Should -BeNullOrEmpty
        'whatif.img' | Should -Not -Exist
    }

    It 'replaces a file only with -Force' -Tag Busybox -Skip:$NoBusybox {
        Set-Content taken.img mine
        $failure = Get-Failure { New-ToyVmInitrd taken.img }
        $failure.FullyQualifiedErrorId | Should -Be 'FileUnwritable,PSToyVmm.NewToyVmInitrdCommand'
        $failure.CategoryInfo.Category | Should -Be ResourceExists
        Get-Content taken.img | Should -Be mine
        (New-ToyVmInitrd taken.img -Force).Length | Should -BeGreaterThan 100KB
    }

    It 'says <id> for <case>' -TestCases @(
        @{ id = 'InitrdInitMissing'; case = 'no init at all'; parameters = @{ Profile = 'None'; NoBusybox = $true } }
        @{ id = 'InitrdInitMissing'; case = 'a login without busybox'; parameters = @{ NoBusybox = $true } }
        @{ id = 'InitrdInitMissing'; case = 'a script without its shell'; parameters = @{ NoBusybox = $true; Init = '#!/bin/sh' } }
        @{ id = 'FileNotFound'; case = 'a busybox that is not there'; parameters = @{ Busybox = 'none' } }
        @{ id = 'FileNotFound'; case = 'a directory that is not there'; parameters = @{ Directory = 'none' } }
        @{ id = 'BusyboxNotStatic'; case = 'a busybox that is none'; parameters = @{ Busybox = $PSCommandPath } }
        @{ id = 'PathNotFileSystem'; case = 'a directory in another provider'; parameters = @{ Directory = 'Env:/' } }
        @{ id = 'KernelModuleTreeNotFound'; case = 'modules of no kernel'; parameters = @{ NoBusybox = $true; KernelModules = 'ext4' } }
        @{ id = 'KernelModuleTreeNotFound'; case = 'a kernel that is none'; parameters = @{ NoBusybox = $true; Kernel = $PSCommandPath } }
        @{ id = 'KernelModuleTreeNotFound'; case = 'a directory without modules'; parameters = @{ NoBusybox = $true; ModuleTree = $PSScriptRoot } }
        @{ id = 'FileNotFound'; case = 'a kernel that is not there'; parameters = @{ NoBusybox = $true; Kernel = 'none' } }
        @{ id = 'NameInvalid'; case = 'a bad host name'; parameters = @{ NoBusybox = $true; HostName = 'a b' } }
    ) {
        (Get-Failure { New-ToyVmInitrd bad.img @parameters }).FullyQualifiedErrorId | Should -Be "$id,PSToyVmm.NewToyVmInitrdCommand"
        'bad.img' | Should -Not -Exist
    }

    It 'completes its enumerations' {
        (TabExpansion2 'New-ToyVmInitrd x -Compression ').CompletionMatches.CompletionText | Should -Be Gzip, None
        (TabExpansion2 'New-ToyVmInitrd x -Profile ').CompletionMatches.CompletionText | Should -Be Login, None
    }
}
