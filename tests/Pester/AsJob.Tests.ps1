# The same for every cmdlet that has -AsJob: what a job is, what it says, and what is left of it.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    function Get-ErrorId([Management.Automation.Job] $Job) { $Job.Error | ForEach-Object FullyQualifiedErrorId }
}

AfterAll {
    Get-Job | Remove-Job -Force
    Get-ToyVm | Remove-ToyVm -Force
}

Describe 'A cmdlet with -AsJob' {
    BeforeAll { $kernel = New-TinyKernel -Text hello }
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'is one of Hyper-V''s, and its output type says what it emits then' {
        $there = Get-Command -Module PSToyVmm | Where-Object { $_.Parameters.ContainsKey('AsJob') }
        $there.Name | Should -Be 'Copy-ToyVmFile', 'Debug-ToyVm', 'Export-ToyVm', 'Import-ToyVm', 'Invoke-ToyVmCommand', 'New-ToyVm', 'New-ToyVmDisk', 'Remove-ToyVm', 'Restart-ToyVm', 'Resume-ToyVm', 'Start-ToyVm', 'Stop-ToyVm', 'Suspend-ToyVm', 'Wait-ToyVm'
        foreach ($command in $there) { $command.OutputType.Name | Should -Contain 'System.Management.Automation.Job' -Because $command.Name }
    }

    It 'exports and imports' {
        Push-Location $TestDrive
        try {
            $vm = New-ToyVm $kernel -Name web -Memory 64MB
            $vm | Export-ToyVm ./web.json -PassThru -AsJob | Receive-Job -Wait -AutoRemoveJob | ForEach-Object FullName | Should -Be "$TestDrive/web.json"
            'web.json' | Import-ToyVm -Name copy -AsJob | Receive-Job -Wait -AutoRemoveJob | ForEach-Object { $_.Name, $_.MemoryAssigned } | Should -Be 'copy', 64MB
            (Get-FailureOf { Import-ToyVm ./web.json -AsJob }).FullyQualifiedErrorId | Should -Be 'NameInUse,PSToyVmm.ImportToyVmCommand'
            $vm | Export-ToyVm ./none.json -AsJob -WhatIf | Should -BeNullOrEmpty
            './none.json' | Should -Not -Exist
        }
        finally { Pop-Location }
    }

    It 'looks into machines, and asks before it begins' -Skip:$NoKvm {
        $vm = Start-TestVm web
        (Debug-ToyVm web -Register -AsJob | Receive-Job -Wait -AutoRemoveJob).VmName | Should -Be web
        $vm | Debug-ToyVm -DumpMemory "$TestDrive/core" -AsJob | Receive-Job -Wait -AutoRemoveJob | ForEach-Object Name | Should -Be core
        $vm | Debug-ToyVm -Nmi -PassThru -Confirm:$false -AsJob | Receive-Job -Wait -AutoRemoveJob | ForEach-Object Name | Should -Be web
        $vm.Log.Read().Text | Should -Contain 'A non-maskable interrupt was injected into every processor.'
        $vm | Stop-ToyVm -TurnOff
        (Get-FailureOf { $vm | Debug-ToyVm -Nmi -Force -AsJob }).FullyQualifiedErrorId | Should -Be 'VmNotRunning,PSToyVmm.DebugToyVmCommand'
        Get-Job | Should -BeNullOrEmpty
    }

    It 'emits a job that Get-Job shows and Receive-Job reads' {
        $job = New-ToyVm $kernel -Name web -AsJob
        $job | Should -BeOfType Management.Automation.Job
        $job.PSJobTypeName, $job.Location | Should -Be 'ToyVmJob', 'localhost'
        $job.Command | Should -BeLike '*New-ToyVm $kernel -Name web -AsJob*'
        $job.ChildJobs | Should -BeNullOrEmpty
        (Get-Job $job.Name).InstanceId | Should -Be $job.InstanceId
        (Wait-Job $job -Timeout 30).State | Should -Be Completed
        $job.HasMoreData | Should -BeTrue
        $vm = Receive-Job $job
        [object]::ReferenceEquals($vm, (Get-ToyVm web)) | Should -BeTrue
        $job.HasMoreData | Should -BeFalse
        ($job | Get-Rendering)[-1] | Should -Match 'ToyVmJob\s+Completed\s+False\s+localhost'
        Remove-Job $job
        Get-Job | Should -BeNullOrEmpty
    }

    It 'makes one job of a whole pipeline' {
        1..3 | ForEach-Object { [pscustomobject]@{ Name = "web$_"; ProcessorCount = $_; Topology = "1,$_,1" } } | New-ToyVm $kernel -AsJob | Receive-Job -Wait -AutoRemoveJob
        (Get-ToyVm).Name | Should -Be web1, web2, web3
        (Get-ToyVm).ProcessorCount | Should -Be 1, 2, 3
        $job = 'web1', 'web*', 'web3' | Remove-ToyVm -Force -AsJob -ErrorAction Ignore
        $job | Should -HaveCount 1
        (Wait-Job $job -Timeout 30).State | Should -Be Completed
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'takes a disk to copy as it is' {
        $disk = New-ToyVmDisk (Join-Path $TestDrive 'a [disk].img') 1MB
        $web = New-ToyVm $kernel -Name web -Disk @{ Path = $disk.FullName; ReadOnly = $true } -Topology 2, 1, 1
        $copy = $web | New-ToyVm -Name copy -AsJob | Receive-Job -Wait -AutoRemoveJob
        $copy.Disks[0].Path, $copy.Disks[0].ReadOnly, "$($copy.Configuration.Topology)" | Should -Be $disk.FullName, $true, "$($web.Configuration.Topology)"
    }

    It 'finds files where the caller is, and on the caller''s drives' {
        $null = New-PSDrive toys FileSystem $TestDrive
        $null = New-Item (Join-Path $TestDrive '[here]') -ItemType Directory
        Push-Location -LiteralPath (Join-Path $TestDrive '[here]')
        try {
            (New-ToyVmDisk here.img 1MB -AsJob | Receive-Job -Wait -AutoRemoveJob).FullName | Should -Be (Join-Path $TestDrive '[here]' 'here.img')
            (New-ToyVmDisk toys:/there.img 1MB -AsJob | Receive-Job -Wait -AutoRemoveJob).Length | Should -Be 1MB
        }
        finally { Pop-Location }
        Join-Path $TestDrive there.img | Should -Exist
    }

    It 'says what it would do with -WhatIf, and makes no job' {
        $null = New-ToyVm $kernel -Name web
        $jobs = & { Start-ToyVm web -AsJob -WhatIf; Stop-ToyVm web -AsJob -WhatIf; Remove-ToyVm web -Force -AsJob -WhatIf
            New-ToyVm $kernel -AsJob -WhatIf; New-ToyVmDisk (Join-Path $TestDrive no.img) 1MB -AsJob -WhatIf }
        $jobs, (Get-Job) | Should -BeNullOrEmpty
        (Get-ToyVm).Name | Should -Be web
    }

    It 'says at once that there is no such machine, and makes no job for none' {
        (Get-FailureOf { Start-ToyVm ghost -AsJob }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.StartToyVmCommand'
        Stop-ToyVm 'ghost*' -AsJob | Should -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'has errors, warnings and words in its streams, with the ids of the cmdlet' {
        $null = New-ToyVm $kernel -Name web
        $job = Restart-ToyVm web -AsJob | Wait-Job -Timeout 30
        $job.State | Should -Be Completed                              # one bad machine is not the end
        Get-ErrorId $job | Should -Be 'VmNotRunning,PSToyVmm.RestartToyVmCommand'
        (Get-FailureOf { Receive-Job $job }).TargetObject | Should -Be (Get-ToyVm web)
        $job = Stop-ToyVm web -AsJob -PassThru | Wait-Job -Timeout 30
        $job.Warning | Should -BeLike '*already off*'
        (Receive-Job $job -WarningAction Ignore).Name | Should -Be web
    }

    It 'has failed after an error that ends it' {
        $null = New-ToyVm $kernel -Name web
        $job = Restart-ToyVm web -AsJob -ErrorAction Stop | Wait-Job -Timeout 30
        $job.State | Should -Be Failed
        Get-ErrorId $job | Should -Be 'VmNotRunning,PSToyVmm.RestartToyVmCommand'
    }

    It 'counts as unfinished until its state says otherwise' {
        # Otherwise whoever disposes of it in between ends the process: its thread sets the state of a job that is gone.
        Add-Type @'
            public static class JobWatch {
                public static System.Threading.Tasks.Task<string> Begin(System.Management.Automation.Job job, System.Collections.IDictionary unfinished) =>
                    System.Threading.Tasks.Task.Factory.StartNew(() => {
                        while (unfinished.Contains(job)) { }
                        return job.JobStateInfo.State.ToString();
                    }, System.Threading.Tasks.TaskCreationOptions.LongRunning);
            }
'@
        $type = (Get-Command New-ToyVm).ImplementingType.Assembly.GetType('PSToyVmm.VmJob')
        $unfinished = $type.GetField('s_unfinished', 'NonPublic, Static').GetValue($null)
        $states = foreach ($round in 1..30) {
            $job = New-ToyVmDisk (Join-Path $TestDrive "job$round.img") 1MB -AsJob
            [JobWatch]::Begin($job, $unfinished).Result
            $job.Dispose()
        }
        $states | Sort-Object -Unique | Should -Be Completed
        $unfinished.Count | Should -Be 0
    }

    It 'takes no job for a wish of the caller''s variables' {
        $job = New-ToyVm $kernel -Name web -AsJob -OutVariable made -ErrorVariable failed -Verbose 4>$null
        $made | Should -Be $job
        (Wait-Job $job -Timeout 30).State | Should -Be Completed
    }
}

Describe 'A job about machines that run' -Tag Kvm -Skip:$NoKvm {
    BeforeAll { $echo = New-TinyKernel -Text "hello`n" -Then Echo }
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'starts them, waits and emits them' {
        $vms = 1..3 | ForEach-Object { New-ToyVm $echo -Memory 64MB -Name "web$_" }
        $job = $vms | Start-ToyVm -WaitFor hello -PassThru -AsJob
        $job | Should -HaveCount 1
        (Receive-Job $job -Wait).Name | Should -Be web1, web2, web3
        (Get-ToyVm).State | Should -Be Running, Running, Running
    }

    It 'restarts and stops them' {
        $vm = New-ToyVm $echo -Memory 64MB -Name web | Start-ToyVm -PassThru
        (Restart-ToyVm web -Force -AsJob | Wait-Job -Timeout 30).State | Should -Be Completed
        $vm.RestartCount | Should -Be 1
        $job = Stop-ToyVm web -AsJob -Verbose 4>$null | Wait-Job -Timeout 30
        $job.Warning | Should -BeLike '*turned off*'
        "$($job.Verbose)" | Should -BeLike '*asked to shut down*'
        $vm.State | Should -Be Off
    }

    It 'stops waiting at Stop-Job, not the machine' {
        $vm = New-ToyVm $echo -Memory 64MB -Name web | Start-ToyVm -PassThru
        $job = $vm | Wait-ToyVm -AsJob
        Start-Sleep -Milliseconds 300
        $job.State | Should -Be Running
        (Measure-Command { Stop-Job $job }).TotalSeconds | Should -BeLessThan 10
        $job.State | Should -Be Stopped
        $vm.State | Should -Be Running
    }

    It 'ends when the machine does' {
        $vm = New-ToyVm $echo -Memory 64MB -Name web | Start-ToyVm -PassThru
        $job = $vm | Wait-ToyVm -PassThru -AsJob
        $vm | Stop-ToyVm -TurnOff
        Receive-Job $job -Wait | Should -Be $vm
    }

    It 'runs commands and copies files in many at a time' {
        $null = 1..3 | ForEach-Object { New-ToyVm $echo -Memory 64MB -Name "web$_" | Start-ToyVm -PassThru }
        $file = New-Item (Join-Path $TestDrive file) -Value text
        $jobs = (Invoke-ToyVmCommand id web* -Timeout 1 -AsJob), (Copy-ToyVmFile $file web* /tmp/x -Timeout 1 -AsJob)
        $null = $jobs | Wait-Job -Timeout 60
        $jobs.State | Should -Be Completed, Completed
        Get-ErrorId $jobs[0] | Should -Be (@('GuestShellNotReady,PSToyVmm.InvokeToyVmCommandCommand') * 3)
        $jobs[1].Error | Should -HaveCount 3
    }

    It 'leaves neither a runspace nor a thread' {
        $vm = New-ToyVm $echo -Memory 64MB -Name web | Start-ToyVm -PassThru
        $count = { @(Get-Runspace).Count, @(Get-ChildItem /proc/self/task/*/comm | Get-Content | Where-Object { $_ -like 'Job*' -or $_ -like 'ToyVm Job*' }).Count }
        $before = & $count
        $jobs = 1..3 | ForEach-Object { Wait-ToyVm web -AsJob }
        Start-Sleep -Milliseconds 500
        (& $count)[0] | Should -Be ($before[0] + 3)
        (& $count)[1] | Should -BeGreaterThan $before[1]
        Stop-Job $jobs[0]
        Remove-Job $jobs -Force
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ("$(& $count)" -ne "$before" -and $clock.Elapsed.TotalSeconds -lt 10) { Start-Sleep -Milliseconds 50 }
        & $count | Should -Be $before
        Get-Job | Should -BeNullOrEmpty
    }

    It 'fails where it cannot begin: JobFailed' {
        $vm = New-ToyVm $echo -Memory 64MB -Name web
        $gone = New-Item -ItemType Directory (Join-Path $TestDrive gone)
        Push-Location -LiteralPath $gone
        try {
            [IO.Directory]::Delete($gone)
            $job = $vm | Start-ToyVm -AsJob
            ($job | Wait-Job -Timeout 10).State | Should -Be Failed
            $job.Error[0].FullyQualifiedErrorId | Should -Be 'JobFailed'
            $job.Error[0].Exception.Message | Should -BeLike "The job could not begin: *$gone*"
            $vm.State | Should -Be Off
        }
        finally { Pop-Location }
        $job | Remove-Job
        $vm | Remove-ToyVm -Force
    }

    It 'ends with the module, and with the shell' {
        $start = "`$vm = New-ToyVm '$echo' -Memory 64MB -Name web | Start-ToyVm -PassThru; `$job = `$vm | Wait-ToyVm -State Faulted -AsJob; Start-Sleep -Milliseconds 300; "
        $manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
        $pwsh = [Environment]::ProcessPath
        & $pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; $start Remove-Module PSToyVmm; `"`$(`$job.State) `$(@(Get-Runspace).Count)`"" | Should -Be 'Stopped 1'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        & $pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; $start exit 7"
        $LASTEXITCODE | Should -Be 7
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
    }
}
