# Over SSH, as a fleet is driven: what comes back are copies that look, compare and pipe on as the machines' own objects do.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    . "$PSScriptRoot/sshd.ps1"
    $NoSsh = -not (Test-KvmUsable) -or [bool](Get-SshLack)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    . "$PSScriptRoot/sshd.ps1"
    $Examples = [IO.Path]::GetFullPath("$PSScriptRoot/../../examples")
    $Manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")

    # The first lines of a rendering, title and heads of the columns, however wide. PowerShell adds the column of a copy's host.
    function Get-Head {
        param([Parameter(ValueFromPipeline)] $InputObject)
        $input | Get-Rendering | Select-Object -First 2 | ForEach-Object { ($_ -replace 'PSComputerName', '' -replace '-+', '-' -replace ' +', ' ').TrimEnd(' -') }
    }
}

Describe 'Over SSH' -Tag Ssh, Kvm -Skip:$NoSsh {
    BeforeAll {
        $sshd = Start-TestSshd $TestDrive
        $connection = $sshd.Connection
        $session = New-PSSession -HostName localhost @connection
        $kernel = New-TinyKernel -Text "hello`n" -Then Echo
        $vm = Invoke-Command $session {
            Import-Module $using:Manifest
            New-ToyVm $using:kernel -Memory 64MB -Name far | Start-ToyVm -PassThru
        }
        $near = New-ToyVm $kernel -Memory 64MB -Name near | Start-ToyVm -PassThru
        $null = $near | Wait-ToyVmSerial hello -Timeout 30
    }

    AfterAll {
        Get-PSSession | Remove-PSSession
        if ($sshd) { $sshd.Process.Kill() }
        Get-ToyVm | Remove-ToyVm -Force
    }

    It 'a machine comes back as a copy that looks and compares as one' {
        $vm.PSTypeNames[0] | Should -Be 'Deserialized.PSToyVmm.Engine.Machines.VirtualMachine'
        $vm.State -eq 'Running' | Should -BeTrue
        $vm.MemoryAssigned | Should -Be 64MB
        $vm.CreationTime | Should -BeOfType DateTime
        ($vm | Get-Head) -replace 'far ', 'near' | Should -Be ($near | Get-Head)
        ($vm | Get-Rendering)[-1] | Should -Match '^far  +Running +1 +64 +00:00:0\d +[\d,]+ Running\. +localhost$'
    }

    It 'machines live as long as the session, and pipe there' {
        $match = Invoke-Command $session { Get-ToyVm far | Wait-ToyVmSerial hello -Timeout 30 }
        $match.Value | Should -Be hello
        $answer = Invoke-Command $session { Get-ToyVm far | Send-ToyVmSerial -Line ping -PassThru | Wait-ToyVmSerial ping -Timeout 30 }
        $answer.VmName | Should -Be far
    }

    It '<_> has its view' -ForEach 'Get-ToyVmExitStats', 'Get-ToyVmBootTimeline', 'Get-ToyVmLog', 'Test-ToyVmHost' {
        $remote = Invoke-Command $session { param($name) if ($name -eq 'Test-ToyVmHost') { & $name } else { Get-ToyVm far | & $name } } -ArgumentList $_
        $local = if ($_ -eq 'Test-ToyVmHost') { & $_ } else { $near | & $_ }
        ($remote | Select-Object -First 1 | Get-Head) -replace '\bfar\b', 'near' | Should -Be ($local | Select-Object -First 1 | Get-Head)
    }

    It 'an error keeps its id, category and target' {
        Invoke-Command $session { Get-ToyVm ghost } -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'VmNotFound,*'
        $failure[0].CategoryInfo.Category | Should -Be ObjectNotFound
        $failure[0].TargetObject | Should -Be ghost
    }

    It 'nothing is left when the session ends' {
        $there = Invoke-Command $session { $PID }
        Test-Path "/proc/$there" | Should -BeTrue
        Remove-PSSession $session
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ((Test-Path "/proc/$there") -and $clock.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 100 }
        Test-Path "/proc/$there" | Should -BeFalse
    }

    It 'Invoke-Fleet runs a matrix on every host, and a host that is not there is an error about that one' {
        $bad = New-TinyKernel -Text "panic`n" -Then Reset
        $rows = & "$Examples/Invoke-Fleet.ps1" localhost, 127.0.0.1, nowhere.invalid $kernel, $bad, /no/such -Memory 64MB -Pattern hello -Timeout 30 -Module $Manifest -Connection $connection -ErrorVariable failure -ErrorAction SilentlyContinue 2>$null
        $rows.Count | Should -Be 6
        $rows.PSComputerName | Sort-Object -Unique | Should -Be 127.0.0.1, localhost
        foreach ($computer in 'localhost', '127.0.0.1') {
            $own = $rows | Where-Object PSComputerName -eq $computer
            $own.Booted | Should -Be $true, $false, $false
            $own[1].Error | Should -BeLike 'SerialWaitEnded,*'
            $own[2].Error | Should -BeLike 'FileNotFound,*'
            $own.Status | Should -Be 'Running.', 'The guest reset the machine.', ''
        }
    }
}
