BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Command = 'PSToyVmm.NewToyVmCommand'
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'New-ToyVm with processors and memory of choice' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'refuses -ProcessorCount <_>' -ForEach 0, -1 {
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -ProcessorCount $_ }).FullyQualifiedErrorId | Should -Be "ProcessorCountInvalid,$Command"
    }

    It 'refuses more processors than the host gives, and says how many those are' -Tag Kvm -Skip:$NoKvm {
        $failure = Get-FailureOf { New-ToyVm (New-TinyKernel) -ProcessorCount 100000 }
        $failure.FullyQualifiedErrorId | Should -Be "ProcessorCountTooLarge,$Command"
        $failure.Exception.Message | Should -BeLike "*$((Test-ToyVmHost -SkipProbeGuest).MaximumVcpus)*"
    }

    It 'refuses to hold a vCPU to a processor that is not there' {
        $failure = Get-FailureOf { New-ToyVm (New-TinyKernel) -CpuAffinity 0, 9999 }
        $failure.FullyQualifiedErrorId | Should -Be "CpuAffinityInvalid,$Command"
        $failure.Exception.Message | Should -BeLike '*processor 9999:*'
    }

    It 'refuses memory whose pages nobody set aside' {
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -Memory 1024GB -HugePages 1GB }).FullyQualifiedErrorId | Should -Be "HugePagesUnavailable,$Command"
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -Memory 3MB -HugePages 2MB }).FullyQualifiedErrorId | Should -Be "MemoryNotPageAligned,$Command"
    }

    It 'does not overwrite a file that is something else' {
        $letter = Join-Path $TestDrive letter
        Set-Content $letter 'dear guest'
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -MemoryBacking File -MemoryPath $letter }).FullyQualifiedErrorId | Should -Be "MemoryFileInvalid,$Command"
        Get-Content $letter | Should -Be 'dear guest'
    }

    It 'counts the processors of a topology, where nobody else does' {
        (New-ToyVm (New-TinyKernel) -Topology 2,3,2).ProcessorCount | Should -Be 12
        (New-ToyVm (New-TinyKernel) -Topology 'cores=2' | New-ToyVm -Name copy).ProcessorCount | Should -Be 2
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -Topology 2,3,2 -ProcessorCount 4 }).FullyQualifiedErrorId | Should -Be "TopologyInvalid,$Command"
    }

    It 'copies all of it with the machine' {
        $copy = New-ToyVm (New-TinyKernel) -ProcessorCount 3 -CpuAffinity 0 -MemoryBacking Shared -HugePages None -Acpi:$false -RebootAction Stop | New-ToyVm -Name copy
        $copy.ProcessorCount | Should -Be 3
        $copy.CpuAffinity | Should -Be 0
        "$($copy.MemoryBacking) $($copy.HugePages) $($copy.Acpi) $($copy.RebootAction)" | Should -Be 'Shared None False Stop'
    }

    It 'adds acpi=off to the default command line with -Acpi:$false' {
        (New-ToyVm (New-TinyKernel) -Acpi:$false -AppendCommandLine quiet).CommandLine | Should -BeLike '* acpi=off quiet'
        (New-ToyVm (New-TinyKernel)).CommandLine | Should -Not -BeLike '*acpi*'
        (New-ToyVm (New-TinyKernel) -Acpi:$false -CommandLine mine).CommandLine | Should -Be mine
    }
}

Describe 'A machine with four vCPUs' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $memory = Join-Path $TestDrive memory
        $vm = New-ToyVm (New-TinyKernel -Text up -Then Halt) -Name four -ProcessorCount 4 -CpuAffinity 0 -Memory 64MB -MemoryBacking File -MemoryPath $memory |
            Start-ToyVm -PassThru
        $null = $vm | Wait-ToyVmSerial up -Timeout 20
    }

    It 'has a runspace for each' {
        (Get-Runspace | Where-Object Name -like 'ToyVm four *').Name | Sort-Object | Should -Be (0..3 | ForEach-Object { "ToyVm four vcpu$_" })
    }

    It 'holds their threads to the processor asked for' {
        $threads = [IO.Directory]::GetDirectories('/proc/self/task') | Where-Object { (Get-Content "$_/comm") -like 'ToyVm four*' }
        $threads | Should -HaveCount 4
        $threads | ForEach-Object { (Select-String -Path "$_/status" 'Cpus_allowed_list:\s+(\S+)').Matches.Groups[1].Value } | Should -Be 0, 0, 0, 0
    }

    It 'shows how many it has' {
        (Get-ToyVm four | Get-Rendering)[2] | Should -Match '^four Running +4 +64 '
    }

    It 'leaves nothing behind but its memory' {
        $vm.MemoryPath | Should -Be $memory
        $vm | Stop-ToyVm -TurnOff
        (Get-Runspace).Name | Should -Not -Contain 'ToyVm four vcpu3'
        (Get-Item $memory).Length | Should -Be 64MB
    }
}
