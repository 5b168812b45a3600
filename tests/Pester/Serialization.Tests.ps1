# Objects that leave the process, by remoting, jobs or Export-Clixml, are copies of their figures; they look as they did.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $files = Get-ChildItem "$PSScriptRoot/../../module/views" -Filter *.format.ps1xml
    $Views = $files.ForEach{ ([xml](Get-Content -Raw -LiteralPath $_)).Configuration.ViewDefinitions.View } | ForEach-Object { @{ View = $_.Name; Types = @($_.ViewSelectedBy.TypeName) } }
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    # What arrives of objects elsewhere. Remoting has depth 1.
    function ConvertTo-Copy {
        param([Parameter(ValueFromPipeline)] $InputObject)
        process { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($InputObject, 1)) }
    }
}

Describe 'The view <View>' -ForEach $Views {
    It 'is that of copies too' {
        $own = @($Types | Where-Object { $_ -notlike 'Deserialized.*' })
        $own | Should -Not -BeNullOrEmpty
        $Types | Where-Object { $_ -like 'Deserialized.*' } | Should -Be ($own | ForEach-Object { "Deserialized.$_" })
    }
}

Describe 'A copy' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $disk = Join-Path $TestDrive disk.img
        [IO.File]::WriteAllBytes($disk, [byte[]]::new(1MB))
        $vm = New-ToyVm (New-TinyKernel -Text "hello`n") -Memory 64MB -Name copied -Disk @{ Path = $disk; Snapshot = $true } |
            Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30 -PassThru -WarningAction Ignore
        $faulted = New-ToyVm (New-TinyKernel -Then Fault) -Memory 64MB -Name faulted -RebootAction Stop | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30 -PassThru -WarningAction Ignore
        $Things = @{
            'a machine'            = $vm
            'a machine with fault' = $faulted
            'exit statistics'      = @($vm | Get-ToyVmExitStats)
            'a boot timeline'      = @($vm | Get-ToyVmBootTimeline)
            'a log'                = @($vm | Get-ToyVmLog)
            'devices'              = @($vm | Get-ToyVmDevice)
            'disks'                = @($vm | Get-ToyVmDisk)
            'adapters'             = @(New-ToyVm $vm.KernelPath -Name wired -Network User | Get-ToyVmNetworkAdapter)
            'consoles'             = @($vm.Consoles)
            'a match'              = @($vm | Wait-ToyVmSerial 'h(?<rest>\w+)' -Timeout 5)
            'the host'             = Test-ToyVmHost
            'a measurement'        = $vm | Measure-ToyVm
            'memory'               = [PSToyVmm.VmMemory]::new('web', 4096, $false, [byte[]] (0..40))
        }
        $Things['a fault'] = [PSToyVmm.Engine.Machines.MachineFault]::new(0, 'It fell.', 4096, [byte[]] (15, 11), "rip 1000`nrsp 2000")
        $Things['a host with issues'] = [PSToyVmm.Engine.Machines.HostReport]@{ Issues = [PSToyVmm.Engine.Machines.HostIssue[]] [PSToyVmm.Engine.Machines.HostIssue]::new('KvmMissing', 'There is none.', 'Get one.') }
    }

    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'of <_> looks like it' -ForEach @(
        'a machine', 'a machine with fault', 'exit statistics', 'a boot timeline', 'a log', 'devices', 'disks', 'adapters', 'consoles', 'a match', 'the host', 'a measurement', 'memory', 'a fault', 'a host with issues') {
        $Things[$_] | Should -Not -BeNullOrEmpty
        $Things[$_] | ConvertTo-Copy | Get-Rendering | Should -Be ($Things[$_] | Get-Rendering)
    }

    It 'of a command''s result looks like it' {
        # Nothing that runs here answers commands; the constructor is the cmdlet's.
        $result = [PSToyVmm.VmCommandResult].GetConstructors('NonPublic, Instance')[0].Invoke(@('web', [PSToyVmm.Engine.Consoles.ShellResult]::new([string[]] ('a', 'b'), 3, [TimeSpan]::FromSeconds(1.5), 0)))
        $result | ConvertTo-Copy | Get-Rendering | Should -Be ($result | Get-Rendering)
        ($result | ConvertTo-Copy).Output | Should -Be 'a', 'b'
    }

    It 'of a machine compares, and lists, as the machine does' {
        $copy = $vm | ConvertTo-Copy
        $copy.PSTypeNames[0] | Should -Be 'Deserialized.PSToyVmm.Engine.Machines.VirtualMachine'
        $copy.State -eq 'Off' | Should -BeTrue
        $copy.StopReason | Should -BeExactly 'GuestReset'
        $copy.Uptime | Should -Be $vm.Uptime
        $copy.CreationTime | Should -Be $vm.CreationTime
        $copy.MemoryAssigned | Should -Be 64MB
        $copy | Format-List | Get-Rendering | Should -Be ($vm | Format-List | Get-Rendering)
    }

    It 'of a machine is not taken for the machine here that has its name' {
        $copy = $vm | ConvertTo-Copy
        foreach ($failure in @(
                Get-FailureOf { $copy | Remove-ToyVm -Force }
                Get-FailureOf { Remove-ToyVm $copy -Force }
                Get-FailureOf { Remove-ToyVm @('other', $copy) -Force }
                Get-FailureOf { $copy | Get-ToyVmDisk }
                Get-FailureOf { $copy | Get-ToyVm })) {
            "$failure" | Should -Match "'copied' is the copy of a machine in another process"
        }
        (Get-FailureOf { $copy, 'ghost' | Start-ToyVm }).FullyQualifiedErrorId | Should -Be 'ParameterArgumentTransformationError,PSToyVmm.StartToyVmCommand', 'VmNotFound,PSToyVmm.StartToyVmCommand'
        Get-ToyVm $copy.Name | Should -Be $vm
    }

    It 'of a machine says in one sentence what fault there was' {
        ($faulted | ConvertTo-Copy).Fault | Should -BeExactly $faulted.Fault.Message
        ([pscustomobject]@{ Fault = $Things['a fault'] } | ConvertTo-Copy).Fault | Should -BeExactly 'It fell.'
    }

    It 'of a machine is small, made in little time, and holds no consoles or logs' {
        $null = [Management.Automation.PSSerializer]::Serialize($vm, 1)
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $text = [Management.Automation.PSSerializer]::Serialize($vm, 5)
        $clock.Elapsed.TotalMilliseconds | Should -BeLessThan 100
        $text.Length | Should -BeLessThan 5000
        $text | Should -Not -Match 'SerialLog|MachineLog|BootPhase|MachineConfiguration'
    }
}
