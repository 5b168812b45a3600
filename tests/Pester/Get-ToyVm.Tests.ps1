BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'Get-ToyVm' {
    BeforeAll { 'web1', 'web2', 'db' | ForEach-Object { New-ToyVm $Kernel -Name $_ -Memory 64MB } | Out-Null }
    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'lists all, oldest first' { (Get-ToyVm).Name | Should -Be 'web1', 'web2', 'db' }
    It 'finds one, in any case' { (Get-ToyVm WEB1).Name | Should -Be 'web1' }
    It 'finds many by wildcard' { (Get-ToyVm w*, DB).Name | Should -Be 'web1', 'web2', 'db' }
    It 'emits a machine once, however often it is named' { (Get-ToyVm web1, web*).Name | Should -Be 'web1', 'web2' }
    It 'takes names from the pipeline' { ('db', 'web2' | Get-ToyVm).Name | Should -Be 'db', 'web2' }
    It 'takes objects with a name' { ([pscustomobject]@{ Name = 'db' }, [pscustomobject]@{ VMName = 'web2' } | Get-ToyVm).Name | Should -Be 'db', 'web2' }
    It 'emits nothing for a wildcard without match' { Get-ToyVm nothing* | Should -BeNullOrEmpty }
    It 'emits the object that New-ToyVm emitted' { [object]::ReferenceEquals((Get-ToyVm db), (Get-ToyVm d*)) | Should -BeTrue }

    It 'names the machine it could not find, and finds the others' {
        $found = Get-ToyVm web1, ghost, db -ErrorVariable failure -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'web1', 'db'
        $failure.FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.GetToyVmCommand'
        $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        $failure.TargetObject | Should -Be 'ghost'
    }

    It 'finds machines by id' {
        $ids = (Get-ToyVm db, web2).Id
        (Get-ToyVm -Id $ids).Name | Should -Be 'db', 'web2'
        (Get-ToyVm -VMId "$($ids[0])").Name | Should -Be 'db'
        Get-Completion "Get-ToyVm -Id $("$($ids[1])".Substring(0, 7))" | Should -Be "$($ids[1])"
        (Get-FailureOf { Get-ToyVm -Id ([guid]::Empty) }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.GetToyVmCommand'
    }

    It 'sees the machines of other runspaces' {
        $name = 1 | ForEach-Object -Parallel {
            Import-Module $using:PSScriptRoot/../../PSToyVmm.psd1
            (Get-ToyVm db).Name
        }
        $name | Should -Be 'db'
    }
}

Describe 'What a guest writes' -Skip:$NoKvm {
    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'does not draw on the terminal of whoever looks at its machine' {
        $vm = New-ToyVm (New-TinyKernel -Text "Kernel panic - not syncing: `e]0;pwn`a`e[31m`e[2Jred`n" -Then Halt) -Name bad -Memory 64MB | Start-ToyVm -PassThru
        $match = $vm | Wait-ToyVmSerial 'panic.*' -Timeout 20
        $vm.GuestCrash | Should -BeExactly 'Kernel panic - not syncing: red'
        $vm.Status | Should -BeLike '*not syncing: red'
        $match | Format-Table | Out-String | Should -BeLike '*not syncing: red*'
        $match | Format-List | Out-String | Should -Not -Match '\e\]0'
    }
}

Describe 'Completion of names' {
    BeforeAll { 'web1', 'web 2', "it's", 'db' | ForEach-Object { New-ToyVm $Kernel -Name $_ -Memory 64MB } | Out-Null }
    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'offers all machines' { Get-Completion 'Get-ToyVm ' | Should -Be 'db', "'it''s'", "'web 2'", 'web1' }
    It 'filters by what was typed' { Get-Completion 'Stop-ToyVm -Name W' | Should -Be "'web 2'", 'web1' }
    It 'goes on inside quotes' { Get-Completion "Remove-ToyVm 'web " | Should -Be "'web 2'" }
    It 'works after a comma' { Get-Completion 'Start-ToyVm db, web1' | Should -Be 'web1' }
    It 'says how each one is' { (TabExpansion2 'Get-ToyVm d' 11).CompletionMatches.ToolTip | Should -BeLike 'Off, 64 MiB: *' }
    It 'is there for <_>' -ForEach @(
        'Start-ToyVm', 'Stop-ToyVm', 'Wait-ToyVm', 'Remove-ToyVm', 'Send-ToyVmSerial', 'Receive-ToyVmSerial', 'Wait-ToyVmSerial',
        'Get-ToyVmExitStats', 'Get-ToyVmBootTimeline', 'Get-ToyVmLog'
    ) {
        Get-Completion "$_ -Name d" | Should -Be 'db'
    }
}

Describe 'The view of a machine' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'is a table' {
        $lines = New-ToyVm $Kernel -Name web -Memory 64MB | Get-Rendering
        $lines[0] | Should -Match '^Name +State +CPUs +MemoryAssigned\(M\) +Uptime +Exits +Status$'
        $lines[2] | Should -Match '^web +Off +1 +64 +00:00:00 +0 +\S'
    }

    It 'aligns numbers to the right' {
        $lines = New-ToyVm $Kernel -Name web -Memory 64MB | Get-Rendering
        $end = $lines[0].IndexOf('MemoryAssigned(M)') + 'MemoryAssigned(M)'.Length
        $lines[2].Substring($end - 2, 2) | Should -Be '64'
    }

    It 'is a list of what it is made of when asked for' {
        $lines = New-ToyVm $Kernel -Name web -AppendCommandLine quiet | Format-List | Get-Rendering
        $lines[0] | Should -Match '^Name +: web$'
        $lines -match '^CommandLine +: console=ttyS0 reboot=k panic=1 .*quiet$' | Should -HaveCount 1
    }

    It 'shows one that runs' -Tag Kvm -Skip:$NoKvm {
        (Start-TestVm web | Get-Rendering)[2] | Should -Match '^web +Running +1 +64 +00:00:0\d +\d'
    }

    It 'tells that the guest''s kernel panicked' -Tag Kvm -Skip:$NoKvm {
        $panic = 'Kernel panic - not syncing: VFS: Unable to mount root fs'
        $vm = Start-TestVm web -Text "[ 1.0] $panic`r`n---"
        $null = $vm | Wait-ToyVmSerial '---' -Timeout 20
        $vm.GuestCrash | Should -Be $panic
        $vm.Status | Should -Be "Running. Its kernel wrote: $panic"
        $vm | Stop-ToyVm -TurnOff
        $vm.Status | Should -BeLike "*Its kernel wrote: $panic"
        ($vm | Get-ToyVmLog).Text -match $panic | Should -Not -BeNullOrEmpty
    }
}
