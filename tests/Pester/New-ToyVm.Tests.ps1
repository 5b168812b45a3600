BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel
    $Command = 'PSToyVmm.NewToyVmCommand'
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'New-ToyVm' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'emits a machine that is off, with defaults' {
        $vm = New-ToyVm $Kernel
        $vm | Should -BeOfType PSToyVmm.Engine.Machines.VirtualMachine
        $vm.Name | Should -Be 'toyvm1'
        $vm.State | Should -Be Off
        $vm.MemoryAssigned | Should -Be 256MB
        $vm.CommandLine | Should -BeLike 'console=ttyS0 reboot=k panic=1 *'
        $vm.InitrdPath | Should -BeNullOrEmpty
    }

    It 'takes every setting' {
        $initrd = Join-Path $TestDrive initrd
        Set-Content $initrd x
        $vm = New-ToyVm -Kernel $Kernel -Initrd $initrd -CommandLine 'quiet' -Memory 128MB -Name web -SerialLog (Join-Path $TestDrive web.log)
        $vm.Name, $vm.KernelPath, $vm.InitrdPath, $vm.CommandLine, $vm.MemoryAssigned |
            Should -Be 'web', $Kernel, $initrd, 'quiet', 128MB
        $vm.Configuration.SerialLogPath | Should -Be (Join-Path $TestDrive web.log)
    }

    It 'appends to the default command line' {
        (New-ToyVm $Kernel -AppendCommandLine 'quiet loglevel=3').CommandLine | Should -Be "$((New-ToyVm $Kernel).CommandLine) quiet loglevel=3"
    }

    It 'takes an empty command line as it is' {
        (New-ToyVm $Kernel -CommandLine '').CommandLine | Should -Be ''
    }

    It 'takes a topology as <_>' -ForEach '1,1,1', 'cores=1', (1, 1, 1), ('sockets=1', 'threads=1') {
        $vm = New-ToyVm $Kernel -Topology $_
        "$($vm.Configuration.Topology)" | Should -Be 'sockets=1,cores=1,threads=1'
        "$(($vm.Configuration | New-ToyVm -Name copy).Configuration.Topology)" | Should -Be 'sockets=1,cores=1,threads=1'
    }

    It 'has as many vCPUs as the topology, when they are not counted' {
        (New-ToyVm $Kernel -Topology 2, 3, 2).Configuration.ProcessorCount | Should -Be 12
        (New-ToyVm $Kernel -Topology cores=4 -ProcessorCount 4).Configuration.ProcessorCount | Should -Be 4
        { New-ToyVm $Kernel -Topology 1, 4, 1 -ProcessorCount 2 -ErrorAction Stop } | Should -Throw '*4 vCPUs, the machine 2*' -ErrorId "TopologyInvalid,$Command"
    }

    It "lets a copy have other vCPUs than the machine" {
        $vm = New-ToyVm $Kernel -Topology 1, 2, 1
        "$(($vm | New-ToyVm -Name more -ProcessorCount 4).Topology)" | Should -Be 'sockets=1,cores=4,threads=1'
        "$(($vm | New-ToyVm -Name same -ProcessorCount 2).Topology)" | Should -Be 'sockets=1,cores=2,threads=1'
        "$(($vm.Configuration | New-ToyVm -Name four -ProcessorCount 4).Topology)" | Should -Be 'sockets=1,cores=4,threads=1'
        ($vm | New-ToyVm -Name other -Topology 2, 2, 2).ProcessorCount | Should -Be 8
        $odd = [pscustomobject]@{ Kernel = $Kernel; ProcessorCount = 3; Topology = '1,2,1' }
        (Get-FailureOf { $odd | New-ToyVm }).FullyQualifiedErrorId | Should -Be "TopologyInvalid,$Command"
    }

    It 'copies a machine with all that it takes from the pipeline' {
        $vm = New-ToyVm $Kernel
        foreach ($parameter in (Get-Command New-ToyVm).Parameters.Values) {
            $byName = $parameter.Attributes | Where-Object { $_ -is [Parameter] -and $_.ValueFromPipelineByPropertyName }
            if (-not $byName -or $parameter.Name -in 'AppendCommandLine', 'ConfigPath') { continue }    # the command line is whole already, no file is needed
            @($parameter.Name) + $parameter.Aliases | Where-Object { $vm.PSObject.Properties[$_] } | Should -Not -BeNullOrEmpty -Because $parameter.Name
        }
    }

    It "leaves a machine its serial log when its configuration is copied" {
        $log = Join-Path $TestDrive mine.log
        $vm = New-ToyVm $Kernel -SerialLog $log
        Set-Content $log 'what the guest wrote'
        ($vm.Configuration | New-ToyVm -Name copy).Configuration.SerialLogPath | Should -BeNullOrEmpty
        Get-Content $log | Should -Be 'what the guest wrote'
    }

    It 'takes nothing for no processors to hold it to' {
        (New-ToyVm $Kernel -CpuAffinity $null).CpuAffinity | Should -BeNullOrEmpty
    }

    It 'refuses a path with a NUL for <_>' -ForEach 'SerialLog', 'MemoryPath' {
        $with = @{ $_ = "a`0b"; MemoryBacking = $_ -eq 'MemoryPath' ? 'File' : 'Anonymous' }
        (Get-FailureOf { New-ToyVm $Kernel @with }).FullyQualifiedErrorId | Should -BeIn "FileUnwritable,$Command", "MemoryFileInvalid,$Command"
    }

    It 'refuses a topology of <_>' -ForEach '2,0,1', '4', 'dies=2', (1, 2) {
        { New-ToyVm $Kernel -Topology $_ -ErrorAction Stop } | Should -Throw -ErrorId "TopologyInvalid,$Command"
    }

    It 'takes a CPU template by name and by file' {
        (New-ToyVm $Kernel -CpuTemplate t2).Configuration.CpuTemplate | Should -Be 't2'
        $file = Join-Path $TestDrive 'my [template].json'
        Set-Content -LiteralPath $file '{"cpuid_modifiers":[]}'
        Push-Location $TestDrive
        try { $vm = New-ToyVm $Kernel -CpuTemplate 'my [template].json' } finally { Pop-Location }
        $vm.Configuration.CpuTemplate | Should -Be $file
        (Get-Item -LiteralPath $file | ForEach-Object { New-ToyVm $Kernel -CpuTemplate $_ }).Configuration.CpuTemplate | Should -Be $file
        ($vm.Configuration | New-ToyVm -Name copy).Configuration.CpuTemplate | Should -Be $file
    }

    It 'names the place of a fault in a CPU template' {
        $file = Join-Path $TestDrive faulty.json
        Set-Content $file '{"msr_modifiers":[{"addr":"0x10a","bitmap":"0b2"}]}'
        { New-ToyVm $Kernel -CpuTemplate $file -ErrorAction Stop } | Should -Throw '*`$.msr_modifiers`[0`].bitmap*' -ErrorId "CpuTemplateInvalid,$Command"
        { New-ToyVm $Kernel -CpuTemplate T3 -ErrorAction Stop } | Should -Throw -ErrorId "FileNotFound,$Command"
    }

    It 'completes CPU templates' {
        (TabExpansion2 'New-ToyVm -CpuTemplate t').CompletionMatches.CompletionText | Select-Object -First 4 | Should -Be 'T2', 'T2S', 'T2CL', 'T2A'
    }

    It 'starts no machine whose CPU template is for other processors' -Tag Kvm -Skip:(-not (Test-Path /dev/kvm)) {
        $other = (Get-Content /proc/cpuinfo) -match 'GenuineIntel' ? 'T2A' : 'T2'
        { New-ToyVm $Kernel -CpuTemplate $other | Start-ToyVm -ErrorAction Stop } | Should -Throw "*'$other' is for*" -ErrorId 'CpuTemplateUnsupported,PSToyVmm.StartToyVmCommand'
    }

    It 'appends to a command line that is given, or copied' {
        (New-ToyVm $Kernel -CommandLine a -AppendCommandLine b).CommandLine | Should -Be 'a b'
        (New-ToyVm $Kernel -CommandLine '' -AppendCommandLine b | New-ToyVm -Name copy -AppendCommandLine c).CommandLine | Should -Be 'b c'
    }

    It 'numbers machines without a name, and fills gaps' {
        1..3 | ForEach-Object { (New-ToyVm $Kernel).Name } | Should -Be 'toyvm1', 'toyvm2', 'toyvm3'
        Remove-ToyVm toyvm2 -Force
        (New-ToyVm $Kernel).Name | Should -Be 'toyvm2'
    }

    It 'makes a machine of each line of a CSV file' {
        "Name,Kernel,Initrd,Memory`nred,$Kernel,,64MB`nblue,$Kernel,,128MB`n,$Kernel,,134217728" | ConvertFrom-Csv | New-ToyVm |
            ForEach-Object { "$($_.Name) $($_.MemoryAssigned / 1MB)" } | Should -Be 'red 64', 'blue 128', 'toyvm1 128'
    }

    It "makes a copy from another machine's configuration" {
        $copy = (New-ToyVm $Kernel -Name web -Memory 64MB -AppendCommandLine quiet).Configuration | New-ToyVm -Name copy
        $copy.Name, $copy.MemoryAssigned, $copy.CommandLine | Should -Be 'copy', 64MB, "$((New-ToyVm $Kernel).CommandLine) quiet"
    }

    It 'changes nothing with -WhatIf' {
        New-ToyVm $Kernel -Name web -WhatIf | Should -BeNullOrEmpty
        Get-ToyVm | Should -BeNullOrEmpty
        (New-ToyVm $Kernel -Name web).Name | Should -Be 'web'
    }

    It 'gives a name back when the machine could not be made' {
        $null = Get-FailureOf { New-ToyVm /nowhere/kernel -Name web }
        (New-ToyVm $Kernel -Name web).Name | Should -Be 'web'
    }
}

Describe 'New-ToyVm with a Multiboot kernel' {
    BeforeAll {
        $multiboot = New-MultibootKernel
        $module = Join-Path $TestDrive 'disk.img'
        Set-Content $module content
        $spaced = Join-Path $TestDrive 'a disk.img'
        Set-Content $spaced content
    }

    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'gives it no words of Linux' {
        (New-ToyVm $multiboot).CommandLine | Should -Be ''
        (New-ToyVm $multiboot -AppendCommandLine 'a b').CommandLine | Should -Be 'a b'
    }

    It 'takes modules as <Form>' -ForEach @(
        @{ Form = 'a path'; Given = { $module }; Path = 'disk.img'; Arguments = '' }
        @{ Form = 'a path and arguments'; Given = { "$module x=1 y" }; Path = 'disk.img'; Arguments = 'x=1 y' }
        @{ Form = 'a path with spaces'; Given = { $spaced }; Path = 'a disk.img'; Arguments = '' }
        @{ Form = 'a file'; Given = { Get-Item $spaced }; Path = 'a disk.img'; Arguments = '' }
        @{ Form = 'a hashtable'; Given = { @{ Path = $spaced; Arguments = 'x=1' } }; Path = 'a disk.img'; Arguments = 'x=1' }
    ) {
        $made = (New-ToyVm $multiboot -Module (& $Given)).Configuration.Modules
        $made.Count, $made[0].Path, $made[0].Arguments | Should -Be 1, (Join-Path $TestDrive $Path), $Arguments
    }

    It 'takes several modules in order, and copies them' {
        $vm = New-ToyVm $multiboot -Module "$module first", @{ Path = $module; Arguments = 'second' } -BootProtocol Multiboot
        $vm.Configuration.Modules.Arguments | Should -Be 'first', 'second'
        $copy = $vm.Configuration | New-ToyVm -Name copy
        $copy.Configuration.Modules.Arguments | Should -Be 'first', 'second'
        $copy.Configuration.BootProtocol | Should -Be Multiboot
    }

    It "takes a module's arguments with a colon for what they are" {
        Push-Location $TestDrive
        try { $made = (New-ToyVm $multiboot -Module 'disk.img root=hd:0').Configuration.Modules }
        finally { Pop-Location }
        $made[0].Path, $made[0].Arguments | Should -Be $module, 'root=hd:0'
    }

    It 'completes the protocols' {
        Get-Completion 'New-ToyVm x -BootProtocol ' | Should -Be 'Auto', 'Linux', 'Multiboot', 'Pvh'
    }

    It 'lets it run' -Tag Kvm -Skip:(-not (Test-Path /dev/kvm)) {
        $vm = New-ToyVm $multiboot -CommandLine 'some words' -Module "$module x=1" -Memory 16MB | Start-ToyVm -PassThru
        $vm | Wait-ToyVm -Timeout 30
        ($vm | Receive-ToyVmSerial) -join '' | Should -Be 'kernel.bin some words|disk.img x=1'
    }

    It 'refuses <Why>: <Id>' -ForEach @(
        @{ Why = 'modules for Linux'; Id = 'ModuleInvalid'; With = { @{ Kernel = $Kernel; Module = $module } } }
        @{ Why = 'a module that is not there'; Id = 'FileNotFound'; With = { @{ Kernel = $multiboot; Module = '/nowhere/x y=1' } } }
        @{ Why = 'a protocol that the kernel has not'; Id = 'BootProtocolUnavailable'; With = { @{ Kernel = $Kernel; BootProtocol = 'Pvh' } } }
        @{ Why = 'arguments in two lines'; Id = 'ModuleInvalid'; With = { @{ Kernel = $multiboot; Module = @{ Path = $module; Arguments = "a`nb" } } } }
    ) {
        $settings = & $With
        $failure = Get-FailureOf { New-ToyVm @settings }
        $failure.FullyQualifiedErrorId | Should -Be "$Id,$Command"
        Get-ToyVm | Should -BeNullOrEmpty
    }
}

Describe 'New-ToyVm -DecompressKernel' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'is Auto unless said otherwise, and copied' {
        (New-ToyVm $Kernel).Configuration.DecompressKernel | Should -Be Auto
        ((New-ToyVm $Kernel -DecompressKernel Always).Configuration | New-ToyVm -Name copy).Configuration.DecompressKernel | Should -Be Always
    }

    It 'has its packages beside the module, in a load context of their own' {
        (Import-PowerShellDataFile "$PSScriptRoot/../../PSToyVmm.psd1").FileList | Where-Object { $_ -like 'bin/deps/*' } |
            ForEach-Object { "$PSScriptRoot/../../$_" | Should -Exist }
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Should -Not -Contain 'SharpCompress'
    }

    It 'completes' { Get-Completion 'New-ToyVm x -DecompressKernel ' | Should -Be 'Always', 'Auto', 'Never' }
}

Describe 'The paths of New-ToyVm' {
    BeforeAll {
        $folder = (New-Item -ItemType Directory (Join-Path $TestDrive 'a [b] c')).FullName
        $file = New-TinyKernel -Path (Join-Path $folder 'vmlinux-[1]')
    }

    AfterEach {
        Pop-Location -StackName Paths -ErrorAction Ignore
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'follow $PWD, take brackets literally' {
        Push-Location -LiteralPath $folder -StackName Paths
        (New-ToyVm './vmlinux-[1]').KernelPath | Should -Be $file
        (New-ToyVm 'vmlinux-[1]' -SerialLog out.log).Configuration.SerialLogPath | Should -Be (Join-Path $folder out.log)
    }

    It 'may be on a drive of the file system' {
        $null = New-PSDrive -Name Kernels -PSProvider FileSystem -Root $folder
        (New-ToyVm 'Kernels:/vmlinux-[1]').KernelPath | Should -Be $file
    }

    It 'may be file objects' {
        Push-Location / -StackName Paths
        (New-ToyVm (Get-Item -LiteralPath $file)).KernelPath | Should -Be $file
        (New-ToyVm (Get-ChildItem -LiteralPath $folder -Filter 'vm*')).KernelPath | Should -Be $file
        (New-ToyVm (Get-Item -LiteralPath $file).PSPath).KernelPath | Should -Be $file
    }

    It 'complete as file names do' {
        Push-Location -LiteralPath $TestDrive -StackName Paths
        $null = New-Item plain -Force
        Get-Completion 'New-ToyVm -Kernel ./pl' | Should -Be './plain'
        Get-Completion 'New-ToyVm -Kernel x -SerialLog ./pl' | Should -Be './plain'
    }
}

Describe 'New-ToyVm refuses' {
    BeforeAll {
        $files = @{}
        foreach ($name in 'empty', 'text') { $files[$name] = (New-Item (Join-Path $TestDrive $name)).FullName }
        Set-Content $files.text 'This is no kernel, however long a line of text it may be.'
    }

    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It '<Why>: <Id>' -ForEach @(
        @{ Why = 'a missing kernel'; Id = 'FileNotFound'; Category = 'ObjectNotFound'; With = { @{ Kernel = '/nowhere/kernel' } } }
        @{ Why = 'a missing initrd'; Id = 'FileNotFound'; Category = 'ObjectNotFound'; With = { @{ Kernel = $Kernel; Initrd = '/nowhere/initrd' } } }
        @{ Why = 'a directory'; Id = 'PathIsDirectory'; Category = 'InvalidArgument'; With = { @{ Kernel = '/' } } }
        @{ Why = 'an empty kernel'; Id = 'FileEmpty'; Category = 'InvalidData'; With = { @{ Kernel = $files.empty } } }
        @{ Why = 'an empty initrd'; Id = 'FileEmpty'; Category = 'InvalidData'; With = { @{ Kernel = $Kernel; Initrd = $files.empty } } }
        @{ Why = 'a text file'; Id = 'KernelNotRecognized'; Category = 'InvalidData'; With = { @{ Kernel = $files.text } } }
        @{ Why = 'a path of another provider'; Id = 'PathNotFileSystem'; Category = 'InvalidArgument'; With = { @{ Kernel = 'Env:/PATH' } } }
        @{ Why = 'a drive that is not there'; Id = 'PathNotFileSystem'; Category = 'InvalidArgument'; With = { @{ Kernel = 'Nowhere:/kernel' } } }
        @{ Why = 'no memory'; Id = 'MemoryTooSmall'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Memory = 0 } } }
        @{ Why = 'negative memory'; Id = 'MemoryTooSmall'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Memory = -1 } } }
        @{ Why = 'a page of memory'; Id = 'MemoryTooSmall'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Memory = 4KB } } }
        @{ Why = 'half a page'; Id = 'MemoryNotPageAligned'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Memory = 64MB + 2KB } } }
        @{ Why = 'too much memory'; Id = 'MemoryTooLarge'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Memory = [long]::MaxValue - 4095 } } }
        @{ Why = 'a command line in two lines'; Id = 'CommandLineInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; CommandLine = "a`nb" } } }
        @{ Why = 'a command line with a NUL'; Id = 'CommandLineInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; AppendCommandLine = "a`0b" } } }
        @{ Why = 'a long command line'; Id = 'CommandLineTooLong'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; CommandLine = 'x' * 5000 } } }
        @{ Why = 'a debug exit at the serial port'; Id = 'PortUnavailable'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; DebugExitPort = 0x3f8 } } }
        @{ Why = 'a debug exit past the last port'; Id = 'PortUnavailable'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; DebugExitPort = 0xffff } } }
        @{ Why = 'a firmware file with a long name'; Id = 'FirmwareFileInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; FirmwareConfig = @{ ('x' * 56) = $Kernel } } } }
        @{ Why = 'a firmware file that is a number'; Id = 'FirmwareFileInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; FirmwareConfig = @{ a = 5 } } } }
        @{ Why = 'a firmware file without a value'; Id = 'FirmwareFileInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; FirmwareConfig = @{ a = $null } } } }
        @{ Why = 'a missing firmware file'; Id = 'FileNotFound'; Category = 'ObjectNotFound'; With = { @{ Kernel = $Kernel; FirmwareConfig = @{ a = '/nowhere/file' } } } }
        @{ Why = 'a wildcard as a name'; Id = 'NameInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Name = 'web*' } } }
        @{ Why = 'a name of spaces'; Id = 'NameInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Name = ' ' } } }
        @{ Why = 'a name in two lines'; Id = 'NameInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Name = "a`nb" } } }
        @{ Why = 'an endless name'; Id = 'NameInvalid'; Category = 'InvalidArgument'; With = { @{ Kernel = $Kernel; Name = 'x' * 65 } } }
    ) {
        $settings = & $With
        $failure = Get-FailureOf { New-ToyVm @settings }
        @($failure).Count | Should -Be 1
        $failure.FullyQualifiedErrorId | Should -Be "$Id,$Command"
        $failure.CategoryInfo.Category | Should -Be $Category
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'a name that is taken, in any case: NameInUse' {
        $null = New-ToyVm $Kernel -Name web
        $failure = Get-FailureOf { New-ToyVm $Kernel -Name WEB }
        $failure.FullyQualifiedErrorId | Should -Be "NameInUse,$Command"
        $failure.CategoryInfo.Category | Should -Be ResourceExists
        $failure.TargetObject | Should -Be 'WEB'
    }

    It 'an object that is no path' {
        { New-ToyVm (Get-Date) } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$Command"
    }

    It 'one line of a CSV file, and makes the others' {
        $failure = Get-FailureOf { "Name,Kernel`nred,$Kernel`nbad,/nowhere`nblue,$Kernel" | ConvertFrom-Csv | New-ToyVm }
        $failure.TargetObject | Should -Be 'bad'
        (Get-ToyVm).Name | Should -Be 'red', 'blue'
    }
}

Describe 'New-ToyVm in a pipeline' {
    BeforeAll { $Kernel = New-TinyKernel }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'takes a file for the initrd, and no name from it' {
        $file = New-Item (Join-Path $TestDrive 'initrd.img') -Value 'an initrd of any content' -Force
        $vm = $file | New-ToyVm $Kernel
        $vm.InitrdPath | Should -Be $file.FullName
        $vm.Name | Should -BeLike 'toyvm*'
    }

    It 'copies debugging aids and firmware files too' {
        $vm = New-ToyVm $Kernel -Name one -DebugConsole -PostPort -DebugExitPort 0xf4 -Entropy -FirmwareConfig @{ 'opt/a' = $Kernel; 'opt/b' = [byte[]](1, 2) }
        foreach ($copy in ($vm | New-ToyVm -Name two), ($vm.Configuration | New-ToyVm -Name three)) {
            $copy.DebugConsole, $copy.PostPort, $copy.DebugExitPort, $copy.Entropy | Should -Be $true, $true, 0xf4, $true
            $copy.FirmwareConfig.Keys | Sort-Object | Should -Be 'opt/a', 'opt/b'
            $copy.FirmwareConfig['opt/a'].Path | Should -Be $Kernel
        }
        $plain = New-ToyVm $Kernel -Name four | New-ToyVm -Name five
        $plain.DebugConsole, $plain.PostPort, $plain.Entropy | Should -Be $false, $false, $false
        $plain.DebugExitPort, $plain.FirmwareConfig | Should -Be $null, $null
    }

    It 'copies a machine under another name' {
        $vm = New-ToyVm $Kernel -Name one -Memory 64MB -CommandLine 'a=b' -SerialLog (Join-Path $TestDrive one.log)
        $copy = $vm | New-ToyVm -Name two
        $copy.Configuration.CommandLine | Should -Be 'a=b'
        $copy.MemoryAssigned | Should -Be 64MB
        $copy.Configuration.SerialLogPath | Should -BeNullOrEmpty
    }
}
