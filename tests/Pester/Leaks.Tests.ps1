BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    # Whether a line of /proc/self/maps is of KVM, or as large as the memory of our machines.
    function Test-MachineMapping([string] $Line) {
        $first, $end = ($Line -split ' ')[0] -split '-' | ForEach-Object { [Convert]::ToUInt64($_, 16) }
        $Line -match 'kvm' -or $end - $first -ge 64MB
    }

    # What a leak would show in, after garbage was collected.
    function Measure-Process {
        1..3 | ForEach-Object { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
        [pscustomobject]@{
            Descriptors = @([IO.Directory]::GetFileSystemEntries('/proc/self/fd')).Count
            Threads     = @([IO.Directory]::GetDirectories('/proc/self/task')).Count
            Mappings    = @([IO.File]::ReadAllLines('/proc/self/maps') | Where-Object { Test-MachineMapping $_ }).Count
            Runspaces   = @(Get-Runspace).Count
            Machines    = @(Get-ToyVm).Count
        }
    }

    function Invoke-Cycle([string] $Kernel, [int] $Times) {
        foreach ($cycle in 1..$Times) {
            $vm = New-ToyVm $Kernel -Memory 64MB -SerialLog (Join-Path $TestDrive cycle.log) | Start-ToyVm -PassThru
            if ($cycle % 2) { $vm | Stop-ToyVm -TurnOff }
            $vm | Remove-ToyVm -Force
        }
    }
}

Describe 'After twenty cycles of New, Start, Stop, Remove' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $kernel = New-TinyKernel -Text hello -Then Halt
        Invoke-Cycle $kernel 5                                       # what is loaded or pooled once is no leak
        $before = Measure-Process
        $mapsBefore = [IO.File]::ReadAllLines('/proc/self/maps').Count
        Invoke-Cycle $kernel 20
        $after = Measure-Process
        $mapsAfter = [IO.File]::ReadAllLines('/proc/self/maps').Count
    }

    It 'there are no more <_> than before' -ForEach 'Descriptors', 'Threads', 'Mappings', 'Runspaces', 'Machines' {
        $after.$_ | Should -BeLessOrEqual $before.$_
    }

    It 'the address space has no more regions than the runtime itself adds' {
        $mapsAfter - $mapsBefore | Should -BeLessThan 20             # one per cycle would be a leak
    }
}
