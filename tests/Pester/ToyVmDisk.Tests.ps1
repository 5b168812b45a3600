BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $NoMke2fs = -not (Get-Command mke2fs, /usr/sbin/mke2fs -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Image = New-ToyVmDisk (Join-Path $TestDrive disk.raw) 1MB
    $Data = New-ToyVmDisk (Join-Path $TestDrive data.raw) 2MB
}

Describe 'New-ToyVmDisk' {
    It 'makes a sparse image and emits it' {
        $disk = New-ToyVmDisk (Join-Path $TestDrive large.raw) 1TB
        $disk | Should -BeOfType System.IO.FileInfo
        $disk.Length | Should -Be 1TB
    }

    It 'loses no file unasked' {
        (Get-FailureOf { New-ToyVmDisk $Image 1MB }).FullyQualifiedErrorId | Should -Be 'DiskFileExists,PSToyVmm.NewToyVmDiskCommand'
        (New-ToyVmDisk (Join-Path $TestDrive large.raw) 512 -Force).Length | Should -Be 512
    }

    It 'refuses a size that is none' -ForEach 0, -1, 1000 {
        (Get-FailureOf { New-ToyVmDisk (Join-Path $TestDrive odd.raw) $_ }).FullyQualifiedErrorId | Should -Be 'DiskOptionInvalid,PSToyVmm.NewToyVmDiskCommand'
    }

    It 'fills a file system from a directory' -Skip:$NoMke2fs {
        $root = New-Item -ItemType Directory (Join-Path $TestDrive root)
        Set-Content (Join-Path $root hello) 'hello, guest'
        $disk = New-ToyVmDisk (Join-Path $TestDrive root.raw) -Content $root -Label toyroot
        $disk.Length % 512 | Should -Be 0
        Get-Content -Raw $disk -Encoding latin1 | Should -Match 'hello, guest'
    }

    It 'stops at Ctrl+C, in a job too, with nothing made' {
        $tools = New-Item -ItemType Directory (Join-Path $TestDrive tools)
        Set-Content "$tools/mke2fs" "#!/bin/sh`nsleep 1000"
        & chmod +x "$tools/mke2fs"
        $made = New-Item -ItemType Directory (Join-Path $TestDrive made)
        $path = $env:PATH
        $env:PATH = "$tools$([IO.Path]::PathSeparator)$path"
        try {
            $ended = Stop-Midway { param($Path) New-ToyVmDisk $Path 8MB -Ext4 } -Argument "$made/disk.raw" -Milliseconds 2000
            $ended.State | Should -Be Stopped
            $ended.Took.TotalSeconds | Should -BeLessThan 10
            $job = New-ToyVmDisk "$made/disk.raw" 8MB -Ext4 -AsJob
            Start-Sleep -Seconds 1
            (Measure-Command { Stop-Job $job }).TotalSeconds | Should -BeLessThan 10
            $job.State | Should -Be Stopped
            Remove-Job $job
        }
        finally { $env:PATH = $path }
        Get-ChildItem $made | Should -BeNullOrEmpty
    }

    It 'makes nothing with -WhatIf' {
        New-ToyVmDisk (Join-Path $TestDrive none.raw) 1MB -WhatIf
        Join-Path $TestDrive none.raw | Should -Not -Exist
    }
}

Describe 'Disks of machines' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'takes paths, files and hashtables' {
        $vm = New-ToyVm (New-TinyKernel) -Disk $Image, @{ path = "$Data"; ReadOnly = $true; Serial = 's1'; CacheMode = 'Writethrough'; BytesPerSecond = 1MB }
        $disks = $vm | Get-ToyVmDisk
        $disks | Should -BeOfType PSToyVmm.VmDisk
        $disks.Path | Should -Be $Image.FullName, $Data.FullName
        $disks.GuestName | Should -Be /dev/vda, /dev/vdb
        $disks[1].ReadOnly, $disks[1].Serial, $disks[1].CacheMode, $disks[1].BytesPerSecond | Should -Be $true, 's1', Writethrough, 1MB
        ($vm | New-ToyVm -Name copy | Get-ToyVmDisk).Path | Should -Be $disks.Path
    }

    It 'refuses a table with an unknown key' {
        { New-ToyVm (New-TinyKernel) -Disk @{ Path = "$Image"; Readonlyy = $true } } | Should -Throw "*has no 'Readonlyy'*"
    }

    It 'says how to convert an image of another format' {
        $qcow = Join-Path $TestDrive image.qcow2
        [IO.File]::WriteAllBytes($qcow, [byte[]](0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3) + [byte[]]::new(1016))
        $failure = Get-FailureOf { New-ToyVm (New-TinyKernel) -Disk $qcow }
        $failure.FullyQualifiedErrorId | Should -Be 'DiskFormatUnsupported,PSToyVmm.NewToyVmCommand'
        "$failure" | Should -Match 'qemu-img convert -f qcow2 -O raw'
        New-ToyVm (New-TinyKernel) -Disk @{ Path = $qcow; Raw = $true } | Should -Not -BeNullOrEmpty
    }

    It 'adds, sets and removes' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        (Add-ToyVmDisk $Image web -Root -PassThru).Root | Should -BeTrue
        $vm | Add-ToyVmDisk $Data -ReadOnly
        (Set-ToyVmDisk 1 web -OperationsPerSecond 7 -PassThru).OperationsPerSecond | Should -Be 7
        Get-ToyVmDisk web | Set-ToyVmDisk -BytesPerSecond 1MB
        (Get-ToyVmDisk web).BytesPerSecond | Should -Be 1MB, 1MB
        Add-ToyVmDisk $Image web -WhatIf
        Get-ToyVmDisk web | Remove-ToyVmDisk -WhatIf
        (Get-ToyVmDisk web).Number | Should -Be 0, 1
        $disks = Get-ToyVmDisk web
        $disks | Remove-ToyVmDisk
        Get-ToyVmDisk web | Should -BeNullOrEmpty
        (Get-FailureOf { $disks[0] | Remove-ToyVmDisk }).FullyQualifiedErrorId | Should -Be 'DiskNotFound,PSToyVmm.RemoveToyVmDiskCommand'
        (Get-FailureOf { Set-ToyVmDisk 0 web -BytesPerSecond 1 }).FullyQualifiedErrorId | Should -Be 'DiskNotFound,PSToyVmm.SetToyVmDiskCommand'
    }

    It 'adds with every option, sets bursts, removes by number' {
        $null = New-ToyVm (New-TinyKernel) -Name web
        $disk = Add-ToyVmDisk $Image web -Raw -Serial s2 -CacheMode Writethrough -BytesPerSecond 2MB -OperationsPerSecond 20 -BurstBytes 4MB -BurstOperations 40 -PassThru
        $disk.Serial, $disk.CacheMode, $disk.BytesPerSecond, $disk.OperationsPerSecond, $disk.BurstBytes, $disk.BurstOperations | Should -Be s2, Writethrough, 2MB, 20, 4MB, 40
        (Add-ToyVmDisk $Data web -Snapshot -PassThru).Snapshot | Should -BeTrue
        $disk = Set-ToyVmDisk 0 web -BurstBytes 8MB -BurstOperations 80 -PassThru
        $disk.BurstBytes, $disk.BurstOperations, $disk.BytesPerSecond | Should -Be 8MB, 80, 2MB
        Set-ToyVmDisk 0 web -BurstBytes 16MB -WhatIf
        (Get-ToyVmDisk web)[0].BurstBytes | Should -Be 8MB
        Remove-ToyVmDisk 0 web
        (Get-ToyVmDisk web).Path | Should -Be $Data.FullName
        (Get-FailureOf { Remove-ToyVmDisk 1 web }).FullyQualifiedErrorId | Should -Be 'DiskNotFound,PSToyVmm.RemoveToyVmDiskCommand'
    }

    It 'reports what is wrong with a file' {
        New-ToyVm (New-TinyKernel) -Name web
        (Get-FailureOf { Add-ToyVmDisk $TestDrive web }).FullyQualifiedErrorId | Should -Be 'PathIsDirectory,PSToyVmm.AddToyVmDiskCommand'
        (Get-FailureOf { Add-ToyVmDisk (Join-Path $TestDrive ghost) web }).FullyQualifiedErrorId | Should -Be 'FileNotFound,PSToyVmm.AddToyVmDiskCommand'
        (Get-FailureOf { Add-ToyVmDisk $Image web -ReadOnly -Snapshot }).FullyQualifiedErrorId | Should -Be 'DiskOptionInvalid,PSToyVmm.AddToyVmDiskCommand'
    }

    It 'is shown as a table for each machine' {
        New-ToyVm (New-TinyKernel) -Name web -Disk @{ Path = "$Image"; Snapshot = $true; BytesPerSecond = 1.5MB; OperationsPerSecond = 9 }
        $lines = Get-ToyVmDisk web | Get-Rendering
        $lines[0] | Should -Match 'Virtual machine: web$'
        $lines[-1] | Should -Match '0 /dev/vda +Snapshot +False +Writeback +1\.5 MB/s, 9/s'
    }
}

Describe 'Get-ToyVmDevice' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'emits nothing before the first start' {
        New-ToyVm (New-TinyKernel) -Disk $Image | Get-ToyVmDevice | Should -BeNullOrEmpty
    }

    It 'has the devices of a machine that runs, whose image nobody else may write' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Name web -Memory 64MB -Disk $Image | Start-ToyVm -PassThru
        $device = Get-ToyVmDevice web
        $device.Name, $device.State, $device.Counters.Reads | Should -Be disk0, Idle, 0
        $device.Backend | Should -BeIn io_uring, pread/pwrite
        ($vm | Get-ToyVmDevice | Get-Rendering)[-1] | Should -Match '^disk0 +(io_uring|pread/pwrite) +Idle +0 +0 +0'
        $failure = Get-FailureOf { New-ToyVm (New-TinyKernel) -Name second -Disk $Image | Start-ToyVm }
        $failure.FullyQualifiedErrorId | Should -Be 'DiskInUse,PSToyVmm.StartToyVmCommand'
        "$failure" | Should -Match "process $PID"
        (Get-FailureOf { Add-ToyVmDisk $Data web }).FullyQualifiedErrorId | Should -Be 'VmRunning,PSToyVmm.AddToyVmDiskCommand'
        Set-ToyVmDisk 0 web -BytesPerSecond 5MB
        (Get-ToyVmDisk web).BytesPerSecond | Should -Be 5MB
    }
}
