# Every script of examples/ is run: with tiny guests where they can show what it does, else with Linux. Invoke-Fleet is run in
# Remoting.Tests.ps1, over SSH.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $NoLinux = $NoKvm -or -not ($env:PSTOYVMM_TEST_KERNEL -and (Test-ToyVmHost).CanRunLinux)
    $Scripts = Get-ChildItem "$PSScriptRoot/../../examples" -Filter *.ps1 | ForEach-Object { @{ Script = $_.Name; Path = $_.FullName } }
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Examples = [IO.Path]::GetFullPath("$PSScriptRoot/../../examples")
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'The example <Script>' -ForEach $Scripts {
    It 'says in its first line what one learns from it, and has help with an example' {
        (Get-Content -LiteralPath $Path)[0] | Should -Match '^# [A-Z].{30,}'
        $help = Get-Help $Path -Full
        $help.Synopsis | Should -Match '^[A-Z].*\.$'
        @($help.examples.example).Count | Should -BeGreaterOrEqual 1
    }

    It 'is listed in the README of the examples, and run by a test' {
        Get-Content -Raw "$Examples/README.md" | Should -Match ([regex]::Escape($Script))
        Get-Content -Raw "$PSScriptRoot/Examples.Tests.ps1", "$PSScriptRoot/Remoting.Tests.ps1" | Join-String | Should -Match "& `"\`$Examples/$([regex]::Escape($Script))`""
    }
}

Describe 'With tiny guests' -Tag Kvm -Skip:$NoKvm {
    BeforeAll {
        $good = New-TinyKernel -Text "ready`n" -Then Halt
        $bad = New-TinyKernel -Text "panic`n" -Then Reset
    }

    AfterEach { Get-ToyVm | Should -BeNullOrEmpty }    # an example cleans up

    It 'Start-ManyVms starts twenty' {
        $rows = & "$Examples/Start-ManyVms.ps1" $good -Count 20 -Memory 64MB -Pattern ready -Timeout 60
        $rows.VmName | Sort-Object | Should -Be (1..20 | ForEach-Object { "many-$_" } | Sort-Object)
        $rows.LastLine | Should -Be (, 'ready' * 20)
        $rows | ForEach-Object { $_.Seconds | Should -BeGreaterThan 0 }
    }

    It 'Watch-Exits shows a port that is polled' {
        $poll = New-TinyKernel -Code 0xe4, 0x80, 0xeb, 0xfc          # in al, 0x80; jmp
        $vm = New-ToyVm $poll -Memory 64MB -Name poller | Start-ToyVm -PassThru
        $rows = & "$Examples/Watch-Exits.ps1" poller -Interval 0.2 -Samples 3
        $rows = @($rows) + @($vm | & "$Examples/Watch-Exits.ps1" -Interval 0.2 -Samples 1)
        $vm | Remove-ToyVm -Force
        $reads = @($rows | Where-Object Address -eq '0x80')
        $reads.Sample | Should -Be 1, 2, 3, 1
        $reads | ForEach-Object { $_.PerSecond | Should -BeGreaterThan 100 }
        $reads[0].Reason | Should -Be IoIn
    }

    It 'Measure-KernelMatrix has a row for each kernel and size' {
        $rows = & "$Examples/Measure-KernelMatrix.ps1" $good, $bad -Memory 64MB, 128MB -Pattern ready -Timeout 30
        $rows.Booted | Should -Be $true, $true, $false, $false
        $rows.Memory | Should -Be 64MB, 128MB, 64MB, 128MB
        $rows[2].Status | Should -Match 'is off and did not write .ready.(.|\n)*panic'
        $rows[0].Seconds | Should -BeGreaterThan 0
    }

    It 'Find-FirstBootingKernel needs three boots for six kernels' {
        $text = Join-Path $TestDrive text
        Set-Content $text 'no kernel'
        $list = $text, $bad, $bad, $bad, $good, $good
        $found = & "$Examples/Find-FirstBootingKernel.ps1" $list -Memory 64MB -Pattern ready -Timeout 30
        $found.First | Should -Be $good
        $found.Tries.Boots | Should -Be $false, $true, $true -Because 'the 4th, the 6th and the 5th were tried'
        (& "$Examples/Find-FirstBootingKernel.ps1" $text, $bad -Memory 64MB -Pattern ready).First | Should -BeNullOrEmpty
        (& "$Examples/Find-FirstBootingKernel.ps1" $good, $good -Memory 64MB -Pattern ready).Tries | Should -HaveCount 2
        $none = & "$Examples/Find-FirstBootingKernel.ps1" $text -Memory 64MB
        $none.Tries[0].Why | Should -Match 'PSToyVmm boots'
    }
}

Describe 'With Linux' -Tag Linux -Skip:$NoLinux {
    BeforeAll {
        $busybox = $env:PSTOYVMM_TEST_BUSYBOX ? @{ Busybox = $env:PSTOYVMM_TEST_BUSYBOX } : @{}
        $initrd = (New-ToyVmInitrd (Join-Path $TestDrive initrd) -Kernel $env:PSTOYVMM_TEST_KERNEL @busybox).FullName
    }

    It 'Start-Session runs a command' {
        $result = & "$Examples/Start-Session.ps1" $env:PSTOYVMM_TEST_KERNEL $initrd 'uname -s; id -u' -Timeout 300
        $result.ExitCode | Should -Be 0
        $result.Output | Should -Be Linux, 0
    }

    It 'Test-SnapshotDisk finds the same disk twice' {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive files)
        Set-Content (Join-Path $folder given) 'from the host'
        $image = (New-ToyVmDisk (Join-Path $TestDrive data.img) 16MB -Ext4 -Content $folder).FullName
        $rows = & "$Examples/Test-SnapshotDisk.ps1" $env:PSTOYVMM_TEST_KERNEL $initrd $image -Timeout 300
        $rows.Boot | Should -Be 1, 2
        foreach ($row in $rows) {
            $row.ExitCode | Should -Be 0
            $row.Output | Should -Contain 'given'
            $row.Output | Should -Contain 'written'
            $row.Output | Should -Not -Contain 'old'
            $row.ImageUnchanged | Should -BeTrue
        }
    }
}
