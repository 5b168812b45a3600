# Every type that a cmdlet emits has a table, a list and a wide view, and none of them fails.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    # And what their properties hold.
    $Held = 'MachineConfiguration', 'DiskConfiguration', 'NetworkConfiguration', 'MachineFault', 'BootPhase', 'HostIssue', 'ThreadReading' | ForEach-Object { "PSToyVmm.Engine.Machines.$_" }
    $Emitted = $Held + (Get-Command -Module PSToyVmm).OutputType.Name | Where-Object { $_ -like 'PSToyVmm.*' -and $_ -notlike '*`[`]' } | Sort-Object -Unique
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Views = Get-ChildItem "$PSScriptRoot/../../module/views" -Filter *.format.ps1xml | ForEach-Object { ([xml](Get-Content -Raw -LiteralPath $_)).Configuration.ViewDefinitions.View }

    # Renders objects by Format-<How>, and fails where a part of the view does.
    function Show-As([string] $How, $Object) {
        $Error.Clear()
        $text = $Object | & "Format-$How" | Out-String -Width 200
        $Error | Should -BeNullOrEmpty
        $text -replace '\e\[[\d;]*m', ''
    }
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe '<_>' -ForEach $Emitted {
    It 'has a table, a list and a wide view' {
        $type = $_
        $controls = $Views | Where-Object { $type -in $_.ViewSelectedBy.TypeName } | ForEach-Object { $_.ChildNodes.Name -like '*Control' }
        $controls -ne 'CustomControl' | Sort-Object | Should -Be 'ListControl', 'TableControl', 'WideControl'    # memory is shown as a dump first
    }
}

Describe 'The views' -Skip:$NoKvm {
    BeforeAll {
        $disk = Join-Path $TestDrive disk.img
        [IO.File]::WriteAllBytes($disk, [byte[]]::new(1MB))
        $vm = New-ToyVm (New-TinyKernel -Text hello -Then Halt) -Memory 64MB -Name web -Disk $disk -Network User | Start-ToyVm -PassThru
        $null = $vm | Wait-ToyVmSerial hello -Timeout 20
        $faulted = New-ToyVm (New-TinyKernel -Then Fault) -Memory 64MB -Name faulted | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 20 -PassThru -WarningAction Ignore
        $report = Test-ToyVmHost
        $Things = @{
            machines = $vm, $faulted
            fault = $faulted.Fault
            exits = $vm | Get-ToyVmExitStats -Source All
            phases = $vm | Get-ToyVmBootTimeline
            log = $vm | Get-ToyVmLog
            devices = $vm | Get-ToyVmDevice
            disks = $vm | Get-ToyVmDisk
            adapters = $vm | Get-ToyVmNetworkAdapter
            consoles = $vm.Consoles
            match = $vm | Wait-ToyVmSerial 'h(?<rest>\w+)' -FromStart
            report = $report
            configuration = $vm.Configuration
            'configurations of disks' = @($vm.Configuration.Disks)
            'configurations of networks' = @($vm.Configuration.Networks)
            moments = @($vm.BootTimeline)
            threads = @(($vm | Measure-ToyVm).Threads)
            measurement = $vm | Measure-ToyVm
            registers = $vm | Debug-ToyVm -Register
            memory = $vm | Debug-ToyVm -ReadMemory 0 -Length 32
            preference = $ToyVmPreference
            issue = [PSToyVmm.Engine.Machines.HostIssue]::new('KvmMissing', 'There is none.', 'Get one.')
        }
    }

    It 'of <Thing> as <How> show it' -ForEach @(foreach ($thing in 'machines', 'fault', 'exits', 'phases', 'log', 'devices', 'disks', 'adapters', 'consoles', 'match', 'report', 'issue', 'configuration', 'configurations of disks', 'configurations of networks', 'moments', 'threads', 'measurement',
            'registers', 'memory', 'preference') {
            foreach ($how in 'Table', 'List', 'Wide') { @{ Thing = $thing; How = $how } }
        }) {
        $Things[$Thing] | Should -Not -BeNullOrEmpty
        (Show-As $How $Things[$Thing]).Trim() | Should -Not -BeNullOrEmpty
    }

    It 'of a list have what is there, and nothing of what is not' {
        Show-As List $faulted | Should -Match '(?m)^Fault +: The guest'
        Show-As List $vm | Should -Not -Match '(?m)^(Fault|ExitCode|GuestCrash)'
    }

    It 'have colours where $PSStyle wants them, and none where output is no terminal' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $faulted | Format-Table | Out-String | Should -Match ([regex]::Escape("$($PSStyle.Foreground.Red)Faulted"))
            $PSStyle.OutputRendering = 'PlainText'
            $faulted | Format-Table | Out-String | Should -Not -Match '\e'
        }
        finally { $PSStyle.OutputRendering = $before }
        $script = "Import-Module '$PSScriptRoot/../../PSToyVmm.psd1'; `$PSStyle.Formatting.TableHeader = ''; New-ToyVm '$($vm.KernelPath)' -Memory 64MB | Start-ToyVm -PassThru | Format-Table -HideTableHeaders"
        $redirected = & ([Environment]::ProcessPath) -NoProfile -Command $script
        "$redirected" | Should -Match 'Running'
        "$redirected" | Should -Not -Match '\e\[\d+m'
    }

    It 'complete their properties after -Property' {
        Get-Completion 'Get-ToyVm | Format-Table -Property Upt' | Should -Be 'Uptime'
        Get-Completion 'Get-ToyVmExitStats | Sort-Object -Property Mea' | Should -Be 'MeanTime'
        Get-Completion 'Get-ToyVm | Select-Object Stat' | Should -Contain 'Status'
        Get-Completion '(Get-ToyVm).Guest' | Should -Be 'GuestCrash'
    }
}
