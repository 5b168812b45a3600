BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel -Text hello
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'Set-ToyVm' {
    BeforeEach { $vm = New-ToyVm $Kernel -Name web -Memory 64MB -Topology 1,2,1 }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'changes what is given, leaves the rest, and emits nothing' {
        $vm | Set-ToyVm -Memory 96MB -RebootAction Stop | Should -BeNullOrEmpty
        $vm.MemoryAssigned | Should -Be 96MB
        $vm.RebootAction | Should -Be Stop
        $vm.ProcessorCount | Should -Be 2
        $vm.KernelPath | Should -Be $Kernel
    }

    It 'takes Hyper-V''s names of parameters, and emits the machine with -PassThru' {
        $changed = Set-ToyVm web -MemoryStartupBytes 128MB -NewVMName db -PassThru
        [object]::ReferenceEquals($changed, $vm) | Should -BeTrue
        $changed.Name, $changed.MemoryAssigned | Should -Be 'db', 128MB
    }

    It 'does away with a topology that the number of vCPUs does not fit' {
        $vm | Set-ToyVm -ProcessorCount 3
        $vm.ProcessorCount, $vm.Topology | Should -Be 3, 'sockets=1,cores=3,threads=1'
    }

    It 'takes the number of vCPUs from a topology' {
        $vm | Set-ToyVm -Topology 2,2,1
        $vm.ProcessorCount, $vm.Topology | Should -Be 4, 'sockets=2,cores=2,threads=1'
        $vm | Set-ToyVm -Topology ''
        $vm.ProcessorCount, $vm.Topology | Should -Be 4, 'sockets=1,cores=4,threads=1'
    }

    It 'changes kernel, initrd, command line and affinity' {
        Push-Location $TestDrive
        $other = New-TinyKernel -Then Halt -Path (Join-Path $TestDrive 'other [1]')
        Set-Content ./initrd.img text
        $vm | Set-ToyVm -Kernel './other [1]' -Initrd ./initrd.img -CommandLine 'quiet' -CpuAffinity 0
        $vm.KernelPath, $vm.InitrdPath, $vm.CommandLine, $vm.CpuAffinity | Should -Be $other, "$TestDrive/initrd.img", 'quiet', 0
        $vm | Set-ToyVm -Initrd '' -CommandLine '' -CpuAffinity @()
        $vm.InitrdPath, $vm.CommandLine | Should -Be $null, ''
        $vm.CpuAffinity | Should -BeNullOrEmpty
        Pop-Location
    }

    It 'renames: the old name is free, its place in the list stays' {
        $null = New-ToyVm $Kernel -Name db
        $vm | Set-ToyVm -NewName 'the web'
        (Get-ToyVm).Name | Should -Be 'the web', 'db'
        (New-ToyVm $Kernel -Name web).Name | Should -Be 'web'
        $vm | Set-ToyVm -NewName 'The Web'
        (Get-ToyVm 'the web').Name | Should -BeExactly 'The Web'
    }

    It 'refuses <Id>, and changes nothing' -ForEach @(
        @{ Id = 'NameInUse'; Given = @{ NewName = 'DB' } }
        @{ Id = 'NameInvalid'; Given = @{ NewName = 'w*b' } }
        @{ Id = 'MemoryTooSmall'; Given = @{ Memory = -1 } }
        @{ Id = 'MemoryTooSmall'; Given = @{ Memory = 64KB } }
        @{ Id = 'ProcessorCountInvalid'; Given = @{ ProcessorCount = 0 } }
        @{ Id = 'TopologyInvalid'; Given = @{ ProcessorCount = 2; Topology = '1,3,1' } }
        @{ Id = 'CpuAffinityInvalid'; Given = @{ CpuAffinity = 12345 } }
        @{ Id = 'FileNotFound'; Given = @{ Kernel = 'nothing-there' } }
        @{ Id = 'CommandLineInvalid'; Given = @{ CommandLine = "a`0b" } }
    ) {
        $null = New-ToyVm $Kernel -Name db
        $before = $vm.Configuration
        $failure = Get-FailureOf { $vm | Set-ToyVm @Given }
        $failure.FullyQualifiedErrorId | Should -Be "$Id,PSToyVmm.SetToyVmCommand"
        [object]::ReferenceEquals($vm.Configuration, $before) | Should -BeTrue
        (Get-ToyVm).Name | Should -Be 'web', 'db'
    }

    It 'gives a name to one machine' {
        $other = New-ToyVm $Kernel -Name db
        (Get-FailureOf { $vm, $other | Set-ToyVm -NewName web2 }).FullyQualifiedErrorId | Should -Be 'OneMachineOnly,PSToyVmm.SetToyVmCommand'
        (Get-ToyVm).Name | Should -Be web2, db
    }

    It 'changes nothing with -WhatIf' {
        $before = $vm.Configuration
        $vm | Set-ToyVm -Memory 1GB -NewName other -WhatIf
        [object]::ReferenceEquals($vm.Configuration, $before) | Should -BeTrue
    }

    It 'refuses a machine that was removed' {
        $vm | Remove-ToyVm -Force
        (Get-FailureOf { $vm | Set-ToyVm -Memory 1GB }).FullyQualifiedErrorId | Should -Be 'VmRemoved,PSToyVmm.SetToyVmCommand'
    }

    Context 'with a machine that runs' -Skip:$NoKvm {
        It 'refuses it, and changes the others' {
            $running = Start-TestVm -Name busy
            $failure = Get-FailureOf { $running, $vm | Set-ToyVm -Memory 128MB }
            $failure.FullyQualifiedErrorId | Should -Be 'VmRunning,PSToyVmm.SetToyVmCommand'
            $failure.CategoryInfo.TargetName | Should -Be 'busy'
            $vm.MemoryAssigned | Should -Be 128MB
        }

        It 'has the machine start as it is now, under its new name' {
            $vm | Set-ToyVm -Memory 128MB -ProcessorCount 1 -RebootAction Stop -NewName db -PassThru | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20
            $vm | Receive-ToyVmSerial | Should -Be 'hello'
            (Get-ToyVmExitStats db).VmName | Select-Object -Unique | Should -Be 'db'
        }
    }
}
