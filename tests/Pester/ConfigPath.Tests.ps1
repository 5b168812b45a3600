# New-ToyVm -ConfigPath: files of other VMMs. What each key means is tested with the reader, in tests/Unit.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.NewToyVmCommand'

    # A folder with a kernel, a disk and a configuration as Firecracker's examples have it, changed by a script block.
    function New-ConfigFolder([scriptblock] $Change = {}, [string] $Name = 'vm_config.json') {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid().ToString('N')))
        $null = New-TinyKernel -Text 'from a file' -Path (Join-Path $folder vmlinux.bin)
        $config = [ordered]@{
            'boot-source'        = [ordered]@{ kernel_image_path = 'vmlinux.bin'; boot_args = 'console=ttyS0 reboot=k panic=1'; initrd_path = $null }
            'drives'             = @([ordered]@{
                    drive_id = 'rootfs'; partuuid = $null; is_root_device = $true; cache_type = 'Unsafe'; is_read_only = $false
                    path_on_host = 'rootfs.ext4'; io_engine = 'Sync'; rate_limiter = $null; socket = $null
                })
            'machine-config'     = [ordered]@{ vcpu_count = 2; mem_size_mib = 64; smt = $false; track_dirty_pages = $false; huge_pages = 'None' }
            'cpu-config'         = $null
            'balloon'            = $null
            'network-interfaces' = @()
            'vsock'              = $null
            'logger'             = $null
            'metrics'            = $null
            'mmds-config'        = $null
            'entropy'            = $null
            'pmem'               = @()
            'memory-hotplug'     = $null
        }
        . $Change
        [IO.File]::WriteAllBytes((Join-Path $folder rootfs.ext4), [byte[]]::new(4096))
        $config | ConvertTo-Json -Depth 9 | Set-Content -LiteralPath (Join-Path $folder $Name)
        $folder.FullName
    }
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'New-ToyVm -ConfigPath' {
    BeforeAll { Push-Location }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force; Pop-Location; Push-Location }
    AfterAll { Pop-Location }

    It "reads Firecracker's file" {
        $folder = New-ConfigFolder
        Set-Location $folder
        $vm = New-ToyVm -ConfigPath vm_config.json -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $vm.Name, $vm.ProcessorCount, $vm.MemoryAssigned, $vm.CommandLine | Should -Be 'toyvm1', 2, 64MB, 'console=ttyS0 reboot=k panic=1'
        $vm.KernelPath, $vm.Disks[0].Path, $vm.Disks[0].IsRoot | Should -Be "$folder/vmlinux.bin", "$folder/rootfs.ext4", $true
        $vm.Configuration.MemorySource.HugePages, $vm.Configuration.RebootAction | Should -Be None, Stop    # the latter of $PSDefaultParameterValues
    }

    It "reads ToyVMM's file" {
        $folder = New-ConfigFolder {
            $config = [ordered]@{
                'boot-source'    = @{ kernel_path = './vmlinux.bin'; boot_args = 'console=ttyS0' }
                'drives'         = @(@{ path_on_host = './rootfs.ext4'; is_root_device = $true })
                'machine-config' = @{ vcpu_count = 4; mem_size_mib = 128; track_dirty_page = $false }
                'features'       = @(@{ feature = 'acpi'; enable = $true })
            }
        }
        Set-Location $folder
        $vm = New-ToyVm -ConfigPath vm_config.json
        $vm.ProcessorCount, $vm.MemoryAssigned, $vm.Configuration.Acpi, $vm.Disks.Count | Should -Be 4, 128MB, $true, 1
    }

    It 'runs what it reads' -Tag Kvm -Skip:$NoKvm {
        $vm = New-ToyVm -ConfigPath "$(New-ConfigFolder)/vm_config.json" | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30 -PassThru
        $vm | Receive-ToyVmSerial | Should -Be 'from a file'
    }

    It 'takes paths from the current location, and else from beside the file' {
        $folder = New-ConfigFolder
        $here = New-Item -ItemType Directory (Join-Path $TestDrive here)
        Set-Location $here
        $verbose = New-ToyVm -ConfigPath $folder/vm_config.json -Name beside -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$verbose" | Should -BeLike "*'$folder/vmlinux.bin', beside the configuration, is taken.*"
        $null = New-TinyKernel -Path "$here/vmlinux.bin"
        (Get-ToyVm beside).KernelPath | Should -Be "$folder/vmlinux.bin"
        (New-ToyVm -ConfigPath $folder/vm_config.json).KernelPath | Should -Be "$here/vmlinux.bin"
        Remove-Item $folder/rootfs.ext4, $here/vmlinux.bin
        { New-ToyVm -ConfigPath $folder/vm_config.json -ErrorAction Stop } | Should -Throw "*'$here/rootfs.ext4'*" -ErrorId "FileNotFound,$Command"
    }

    It 'lets parameters go before the file' {
        $folder = New-ConfigFolder
        $other = New-TinyKernel
        $vm = New-ToyVm -ConfigPath $folder/vm_config.json -Kernel $other -Name web -Memory 128MB -ProcessorCount 1 -Disk @() -Entropy -HugePages Transparent -CpuTemplate None -AppendCommandLine quiet -Acpi:$false
        $vm.Name, $vm.KernelPath, $vm.MemoryAssigned, $vm.ProcessorCount, $vm.Disks.Count, $vm.CommandLine | Should -Be 'web', $other, 128MB, 1, 0, 'console=ttyS0 reboot=k panic=1 quiet'
        $vm.Configuration.Entropy, $vm.Configuration.MemorySource.HugePages, $vm.Configuration.Acpi | Should -Be $true, Transparent, $false
        (New-ToyVm -ConfigPath $folder/vm_config.json -CommandLine '').CommandLine | Should -Be ''
        (New-ToyVm -ConfigPath $folder/vm_config.json -CommandLine a -AppendCommandLine b).CommandLine | Should -Be 'a b'
        (New-ToyVm -ConfigPath $folder/vm_config.json -Network User).Networks.Type | Should -Be User
    }

    It 'lets the number of vCPUs decide the topology, and the other way round' {
        $folder = New-ConfigFolder { $config['machine-config'].smt = $true }
        "$((New-ToyVm -ConfigPath $folder/vm_config.json).Topology)" | Should -Be 'sockets=1,cores=1,threads=2'
        "$((New-ToyVm -ConfigPath $folder/vm_config.json -ProcessorCount 3).Topology)" | Should -Be 'sockets=1,cores=3,threads=1'
        (New-ToyVm -ConfigPath $folder/vm_config.json -Topology 2, 2, 1).ProcessorCount | Should -Be 4
    }

    It "gives a new machine's command line where the file has none" {
        $folder = New-ConfigFolder { $config['boot-source'].Remove('boot_args') }
        $vm = New-ToyVm -ConfigPath $folder/vm_config.json -AppendCommandLine quiet
        $vm.CommandLine | Should -Be "$((New-ToyVm "$folder/vmlinux.bin").CommandLine) quiet"
    }

    It 'has a CPU template that stands in the file, also in copies' {
        $folder = New-ConfigFolder { $config['cpu-config'] = @{ msr_modifiers = @() } }
        $vm = New-ToyVm -ConfigPath $folder/vm_config.json
        $vm.Configuration.CpuTemplate | Should -BeLike '{*msr_modifiers*}'
        ($vm.Configuration | New-ToyVm -Name copy).Configuration.CpuTemplate | Should -Be $vm.Configuration.CpuTemplate
        $folder = New-ConfigFolder { $config['cpu-config'] = @{ msr_modifier = @() } }
        { New-ToyVm -ConfigPath $folder/vm_config.json -ErrorAction Stop } | Should -Throw '*$.msr_modifier:*' -ErrorId "CpuTemplateInvalid,$Command"
    }

    It 'warns of a key that nobody knows' {
        $folder = New-ConfigFolder { $config['machine-config'].foo = 1 }
        $vm = New-ToyVm -ConfigPath $folder/vm_config.json -WarningVariable warnings -WarningAction SilentlyContinue
        $vm | Should -Not -BeNullOrEmpty
        "$warnings" | Should -BeLike '*vm_config.json*$.machine-config.foo:*'
    }

    It 'refuses what a machine cannot have, and goes on with the next' {
        $bad = New-ConfigFolder { $config.balloon = @{ amount_mib = 1; deflate_on_oom = $false } } -Name 'bad[1].json'
        $good = New-ConfigFolder
        $failure = $vm = $null
        $failure = Get-FailureOf { Get-Item -LiteralPath "$bad/bad[1].json", $good/vm_config.json | New-ToyVm -ConfigPath { $_ } | Set-Variable vm -Scope 1 }
        $failure.FullyQualifiedErrorId | Should -Be "ConfigurationUnsupported,$Command"
        $failure.CategoryInfo.Category, $failure.TargetObject | Should -Be NotImplemented, "$bad/bad[1].json"
        "$failure" | Should -BeLike '*$.balloon*'
        @(Get-ToyVm).Name | Should -Be toyvm1                         # and not the file's name
    }

    It 'says what is wrong with <What>' -ForEach @(
        @{ What = 'a file that is no JSON'; Text = "{`n  'a': 1 }"; Id = 'ConfigurationInvalid'; Message = '*line 2, column 3*' }
        @{ What = 'an empty file'; Text = ''; Id = 'FileEmpty'; Message = '*empty*' }
        @{ What = 'a wrong type'; Text = '{ "boot-source": { "kernel_image_path": [] } }'; Id = 'ConfigurationInvalid'; Message = '*$.boot-source.kernel_image_path*a string*a list*' }
        @{ What = 'a path of another provider'; Text = '{ "boot-source": { "kernel_image_path": "env:PATH" } }'; Id = 'PathNotFileSystem'; Message = '*Environment*' }
        @{ What = 'a kernel that is not there'; Text = '{ "boot-source": { "kernel_image_path": "nowhere" } }'; Id = 'FileNotFound'; Message = '*nowhere*' }
        @{ What = 'very much memory'; Text = '{ "boot-source": { "kernel_image_path": "KERNEL" }, "machine-config": { "vcpu_count": 1, "mem_size_mib": 8796093022207 } }'; Id = 'MemoryTooLarge'; Message = '*memory*' }
        @{ What = 'very many vCPUs'; Text = '{ "boot-source": { "kernel_image_path": "KERNEL" }, "machine-config": { "vcpu_count": 2147483647, "mem_size_mib": 64 } }'; Id = 'ProcessorCountTooLarge'; Message = '*2147483647*' }
    ) {
        $file = Join-Path $TestDrive bad.json
        [IO.File]::WriteAllText($file, $Text.Replace('KERNEL', (New-TinyKernel)))
        { New-ToyVm -ConfigPath $file -ErrorAction Stop } | Should -Throw $Message -ErrorId "$Id,$Command"
    }

    It 'says that there is no such file' {
        { New-ToyVm -ConfigPath (Join-Path $TestDrive none.json) -ErrorAction Stop } | Should -Throw '*none.json*' -ErrorId "FileNotFound,$Command"
        { New-ToyVm -ConfigPath $TestDrive -ErrorAction Stop } | Should -Throw '*directory*' -ErrorId "PathIsDirectory,$Command"
        { New-ToyVm -ConfigPath /dev/zero -ErrorAction Stop } | Should -Throw -ErrorId "FileEmpty,$Command"
    }

    It 'makes nothing with -WhatIf' {
        New-ToyVm -ConfigPath "$(New-ConfigFolder)/vm_config.json" -WhatIf | Should -BeNullOrEmpty
        Get-ToyVm | Should -BeNullOrEmpty
    }
}
