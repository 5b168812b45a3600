# Twenty runspaces of one process, each with the module imported and a machine of its own, and what they share: the registry.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")

    # Threads of machines by their names, and what else a leak would show in.
    function Measure-Process {
        1..3 | ForEach-Object { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
        [pscustomobject]@{
            Descriptors = @([IO.Directory]::GetFileSystemEntries('/proc/self/fd')).Count
            Threads     = @([IO.Directory]::GetDirectories('/proc/self/task')).Count
            Mappings    = @([IO.File]::ReadAllLines('/proc/self/maps') -match 'kvm').Count
            Runspaces   = @(Get-Runspace).Count
            Machines    = @(Get-ToyVm).Count
        }
    }

    # The whole life of twenty machines; a row for each.
    function Invoke-Twenty([string] $Kernel) {
        1..20 | ForEach-Object -ThrottleLimit 20 -Parallel {
            $ErrorActionPreference = 'Stop'
            Import-Module $using:Manifest
            $name = "parallel-$_"
            try {
                $vm = New-ToyVm $using:Kernel -Memory 64MB -Name $name -RebootAction Stop
                $match = $vm | Start-ToyVm -PassThru | Wait-ToyVmSerial 'hello' -Timeout 60
                $null = $vm | Send-ToyVmSerial -Line "I am $name" -PassThru | Wait-ToyVmSerial "I am $name$" -Timeout 60
                $exits = ($vm | Get-ToyVmExitStats | Where-Object Device -eq serial | Measure-Object Count -Sum).Sum
                $seen = @(Get-ToyVm parallel-*).Count
                $vm | Send-ToyVmSerial -Key CtrlD
                $ended = $vm | Wait-ToyVm -Timeout 60 -PassThru
                [pscustomobject]@{ Name = $name; Match = $match.Value; Exits = $exits; Seen = $seen; Reason = "$($ended.StopReason)"; Error = '' }
            }
            catch { [pscustomobject]@{ Name = $name; Match = ''; Exits = 0; Seen = 0; Reason = ''; Error = "$_" } }
            finally { Get-ToyVm "parallel-$_*" | Where-Object Name -eq $name | Remove-ToyVm -Force }
        }
    }
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'Twenty runspaces with a machine each' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $kernel = New-TinyKernel -Text "hello`n" -Then Echo
        $null = Invoke-Twenty $kernel                                  # what is loaded or pooled once is no leak
        $before = Measure-Process
        $rows = Invoke-Twenty $kernel
        # Threads of the runtime's pool end by themselves, some time after their work.
        $clock = [Diagnostics.Stopwatch]::StartNew()
        do {
            Start-Sleep -Milliseconds 200
            $after = Measure-Process
        } until ($after.Threads -le $before.Threads -or $clock.Elapsed.TotalSeconds -gt 40)
    }

    It 'each goes through the whole life of its own' {
        $rows.Error | Where-Object { $_ } | Should -BeNullOrEmpty
        $rows.Name | Sort-Object | Should -Be (1..20 | ForEach-Object { "parallel-$_" } | Sort-Object)
        $rows.Match | Should -Be (, 'hello' * 20)
        $rows.Reason | Should -Be (, 'GuestReset' * 20)
        $rows | ForEach-Object { $_.Exits | Should -BeGreaterThan 10 }
    }

    It 'they see each other''s machines' { ($rows.Seen | Measure-Object -Maximum).Maximum | Should -BeGreaterThan 1 }

    It 'they leave no more <_> than there were' -ForEach 'Descriptors', 'Threads', 'Mappings', 'Runspaces', 'Machines' {
        $after.$_ | Should -BeLessOrEqual $before.$_
    }

    It 'the module is still there for the one that began' { Get-ToyVm | Should -BeNullOrEmpty }
}

Describe 'Twenty runspaces and the same machines' -Tag Kvm -Skip:$NoKvm {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'one gets the name that all ask for, and names of our own are never given twice' {
        $kernel = New-TinyKernel
        $rows = 1..20 | ForEach-Object -ThrottleLimit 20 -Parallel {
            Import-Module $using:Manifest
            $null = New-ToyVm $using:kernel -Name wanted -ErrorAction SilentlyContinue -ErrorVariable failure
            [pscustomobject]@{ Failure = $failure ? $failure[0].FullyQualifiedErrorId : ''; Own = (New-ToyVm $using:kernel).Name }
        }
        @($rows.Failure -eq '').Count | Should -Be 1
        $rows.Failure -like 'NameInUse,*' | Should -HaveCount 19
        $rows.Own | Sort-Object -Unique | Should -HaveCount 20
    }

    It 'a machine may be handed to another runspace' {
        $kernel = New-TinyKernel -Text "hello`n"
        $vms = 1..20 | ForEach-Object { New-ToyVm $kernel -Memory 64MB -Name "shared-$_" }
        $ended = $vms | ForEach-Object -ThrottleLimit 20 -Parallel {
            Import-Module $using:Manifest
            $_ | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 60 -PassThru
        }
        $ended | Should -HaveCount 20
        foreach ($vm in $vms) {
            $vm.StopReason | Should -Be GuestReset
            $vm | Receive-ToyVmSerial | Should -Be hello
        }
    }

    It 'one starts what all want to start, and one removes it' {
        $vm = New-ToyVm (New-TinyKernel -Then Halt) -Memory 64MB -Name one
        $errors = 1..20 | ForEach-Object -ThrottleLimit 20 -Parallel {
            Import-Module $using:Manifest
            Start-ToyVm -VM $using:vm -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure ? $failure[0].FullyQualifiedErrorId : 'started'
        }
        $errors -eq 'started' | Should -HaveCount 1
        $errors -like 'VmAlreadyRunning,*' | Should -HaveCount 19
        $null = 1..20 | ForEach-Object -ThrottleLimit 20 -Parallel {
            Import-Module $using:Manifest
            Remove-ToyVm -VM $using:vm -Force -ErrorAction SilentlyContinue
        }
        Get-ToyVm | Should -BeNullOrEmpty
        $vm.State | Should -Be Off
    }
}
