# Progress bars, as a shell that runs the cmdlets receives them.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"

    # The progress records of a script, which is run in a runspace of its own, and what else it came to.
    function Get-Progress([scriptblock] $Script, [object[]] $Argument = @(), [int] $StopAfter = 0) {
        $shell = [powershell]::Create().AddScript("param(`$a, `$b)`nImport-Module '$PSScriptRoot/../../PSToyVmm.psd1'`n$Script")
        foreach ($value in $Argument) { $null = $shell.AddArgument($value) }
        try {
            $running = $shell.BeginInvoke()
            if ($StopAfter -and -not $running.AsyncWaitHandle.WaitOne($StopAfter)) { $shell.Stop() }
            else { $null = $shell.EndInvoke($running) }
            [pscustomobject]@{ Records = @($shell.Streams.Progress); Errors = @($shell.Streams.Error); State = $shell.InvocationStateInfo.State }
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Progress' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $halt = New-TinyKernel -Text "hello`n" -Then Halt
        $null = 'web', 'db' | ForEach-Object { New-ToyVm $halt -Memory 64MB -Name $_ | Start-ToyVm }
        $null = New-ToyVm $halt -Memory 64MB -Name off
    }
    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'is not shown of quick work' {
        $run = Get-Progress { Wait-ToyVm web -State Running; Wait-ToyVmSerial hello web -FromStart; New-ToyVmDisk $a 1MB } (Join-Path $TestDrive quick.img)
        $run.Errors | Should -BeNullOrEmpty
        $run.Records | Should -BeNullOrEmpty
    }

    It 'shows what a machine is at while it is waited for, and is taken away' -ForEach @(
        @{ What = 'Wait-ToyVm'; Script = { Wait-ToyVm web -Timeout 1.5 } }
        @{ What = 'Wait-ToyVmSerial'; Script = { Wait-ToyVmSerial never web -Timeout 1.5 } }
        @{ What = 'Start-ToyVm'; Script = { Start-ToyVm off -WaitFor never -Timeout 1.5; Stop-ToyVm off -TurnOff } }
    ) {
        $run = Get-Progress $Script
        $run.Errors | Should -HaveCount 1                              # the timeout's
        $shown = @($run.Records | Where-Object RecordType -eq Processing)
        $shown.Count | Should -BeIn (2..6)                             # from half a second on, five times a second at most
        $shown[0].Activity | Should -Match "^Waiting for '(web|off)'$"
        $shown[0].StatusDescription | Should -Match '^Running: (first-serial-byte|first-exit)$'
        $run.Records[-1].RecordType | Should -Be Completed
        @($run.Records.ActivityId | Select-Object -Unique) | Should -HaveCount 1
    }

    It 'goes with Ctrl+C' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        (Get-Progress { Wait-ToyVm web } -StopAfter 1500).State | Should -Be Stopped
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
    }

    It 'counts machines' {
        $run = Get-Progress { Invoke-ToyVmCommand id web, db -Timeout 1.5 }
        $shown = @($run.Records | Where-Object RecordType -eq Processing)
        $shown[0].Activity | Should -Be 'Invoke-ToyVmCommand: 2 machines'
        $shown[0].StatusDescription, $shown[0].PercentComplete | Should -Be '0 of 2 done', 0
        $run.Records[-1].RecordType | Should -Be Completed
        (Get-Progress { Invoke-ToyVmCommand id web -Timeout 1.5 }).Records | Should -BeNullOrEmpty
    }

    It 'is in a job' {
        $job = Wait-ToyVm web -Timeout 1.5 -AsJob | Wait-Job -Timeout 30
        $job.Progress[0].Activity | Should -Be "Waiting for 'web'"
        $job | Remove-Job
    }
}

Describe 'Progress of files that are made' {
    It 'counts those of an initrd' {
        $tree = New-Item (Join-Path $TestDrive tree) -ItemType Directory
        [IO.File]::WriteAllText("$tree/init", "no script and no program")
        $null = [IO.File]::SetUnixFileMode("$tree/init", 'UserRead, UserExecute')
        foreach ($number in 1..40) {
            $bytes = [byte[]]::new(4MB)
            [Random]::new($number).NextBytes($bytes)
            [IO.File]::WriteAllBytes("$tree/$number", $bytes)
        }
        $run = Get-Progress { New-ToyVmInitrd $a $b -NoBusybox -Profile None -Compression Gzip } (Join-Path $TestDrive initrd), "$tree"
        $run.Errors | Where-Object { "$_" -notmatch 'InitrdInitMissing|needs' } | Should -BeNullOrEmpty
        $shown = @($run.Records | Where-Object RecordType -eq Processing)
        $shown[0].Activity | Should -Be "Making the initrd '$(Join-Path $TestDrive initrd)'"
        $shown[-1].StatusDescription | Should -Match '^\d+ of 41 files$'
        $shown[-1].PercentComplete | Should -BeIn (1..100)
        $run.Records[-1].RecordType | Should -Be Completed
    }
}
