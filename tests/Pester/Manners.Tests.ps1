# What holds of every cmdlet, those to come included: how it takes what is wrong, odd, or not to be done.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $Commands = Get-Command -Module PSToyVmm
    $Targeting = ($Commands | Where-Object { $_.Parameters.ContainsKey('VM') -and $_.Name -ne 'Connect-ToyVmSerial' }).Name    # which first of all needs a terminal
    $Changing = ($Commands | Where-Object { $_.Parameters.ContainsKey('WhatIf') -and $_.Parameters.ContainsKey('VM') }).Name
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel -Text hello -Then Halt

    # What a cmdlet needs besides its machines, so that only these decide.
    $Needs = @{
        'Add-ToyVmDisk' = @{ Path = "$TestDrive/disk.img" }
        'Add-ToyVmNetworkAdapter' = @{ Type = 'User' }
        'Copy-ToyVmFile' = @{ SourcePath = "$TestDrive/disk.img"; DestinationPath = '/tmp/file'; Timeout = 1 }
        'Debug-ToyVm' = @{ InjectNonMaskableInterrupt = $true; Force = $true }
        'Export-ToyVm' = @{ Path = "$TestDrive/exported.json" }
        'Invoke-ToyVmCommand' = @{ Command = 'true'; Timeout = 1 }
        'Register-ToyVmEvent' = @{ StateChanged = $true }
        'Remove-ToyVm' = @{ Confirm = $false }
        'Remove-ToyVmDisk' = @{ Number = 0; Confirm = $false }
        'Remove-ToyVmNetworkAdapter' = @{ Number = 0; Confirm = $false }
        'Send-ToyVmSerial' = @{ Text = 'x' }
        'Set-ToyVmDisk' = @{ Number = 0; OperationsPerSecond = 5 }
        'Set-ToyVmNetworkAdapter' = @{ Number = 0; Mtu = 1400 }
        'Start-ToyVm' = @{ Timeout = 1 }
        'Stop-ToyVm' = @{ Timeout = 1 }
        'Restart-ToyVm' = @{ Timeout = 1 }
        'Wait-ToyVm' = @{ Timeout = 0.1 }
        'Wait-ToyVmSerial' = @{ Pattern = 'never'; Timeout = 0.1 }
    }

    function Get-Need([string] $Command) { $Needs[$Command] ?? @{} }

    # The errors of a cmdlet to which objects are piped; what it emits is not looked at.
    function Get-PipedFailure([string] $Command, [object[]] $Object, [hashtable] $More = @{}) {
        $need = Get-Need $Command
        Get-FailureOf { $Object | & $Command @need @More -WarningAction Ignore | Where-Object { $_ -is [Management.Automation.ErrorRecord] } }
    }
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe '<_>' -ForEach $Targeting {
    BeforeAll {
        $command = $_
        Set-Content "$TestDrive/disk.img" ('x' * 1023)
    }
    AfterAll { Get-EventSubscriber -Force | Where-Object SourceIdentifier -NotLike 'PowerShell.*' | Unregister-Event -Force }
    BeforeEach { $vm = New-ToyVm $Kernel -Name "Jürgen's 虚拟 `$vm `"1`"" -Memory 64MB }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'emits neither errors nor objects for a wildcard without match' {
        $need = Get-Need $command
        & $command -Name 'nothing*' @need | Should -BeNullOrEmpty
        Get-FailureOf { & $command -Name 'nothing*' @need } | Should -BeNullOrEmpty
    }

    It 'says which name nobody has, with the category ObjectNotFound' {
        $need = Get-Need $command
        $failure = Get-FailureOf { & $command -Name ghost @need }
        $failure.FullyQualifiedErrorId | Should -BeLike 'VmNotFound,PSToyVmm.*'
        $failure.CategoryInfo.Category | Should -Be ObjectNotFound
        $failure.TargetObject | Should -Be 'ghost'
    }

    It 'finds a machine by a name with spaces, quotes and other alphabets' {
        $need = Get-Need $command
        Get-FailureOf { & $command -Name $vm.Name @need -WarningAction Ignore } | Where-Object FullyQualifiedErrorId -Like 'VmNotFound*' | Should -BeNullOrEmpty
    }

    It 'refuses what is no machine in the pipeline, and goes on' {
        $failures = @(Get-PipedFailure $command ([datetime]::Now), @{ a = 1 }, 'ghost')
        $failures.FullyQualifiedErrorId | Where-Object { $_ -notlike 'VmNotFound,*' -and $_ -notlike 'InputObjectNotBound,*' } | Should -BeNullOrEmpty
        $failures | Should -Not -BeNullOrEmpty
        $failures[-1].TargetObject | Should -Be 'ghost'
    }

    It 'refuses nothing at all, with an error of the binding' {
        (Get-PipedFailure $command @($null)).FullyQualifiedErrorId | Should -BeLike '*ParameterArgumentValidationError*,PSToyVmm.*'
    }

    It 'ends at the first error with -ErrorAction Stop' {
        $need = Get-Need $command
        { & $command -Name ghost @need -ErrorAction Stop } | Should -Throw -ErrorId 'VmNotFound,PSToyVmm.*'
    }

    It 'is silent with SilentlyContinue, and keeps the error' {
        $need = Get-Need $command
        & $command -Name ghost @need -ErrorAction SilentlyContinue -ErrorVariable kept 2>&1 | Should -BeNullOrEmpty
        $kept | Should -HaveCount 1
    }
}

Describe '-WhatIf of <_>' -ForEach $Changing {
    BeforeAll { $command = $_ }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'changes nothing, whether the machine is off or runs' -Skip:$NoKvm {
        Set-Content "$TestDrive/disk.img" ('x' * 1023)
        $need = Get-Need $command
        $off = New-ToyVm $Kernel -Name off -Memory 64MB -Disk "$TestDrive/disk.img" -Network User
        $running = Start-TestVm running
        $before = foreach ($vm in $off, $running) { $vm.State, $vm.Configuration, $vm.SerialLog.End, $vm.RestartCount }
        $off, $running | & $command @need -WhatIf -WarningAction Ignore -ErrorAction Ignore
        $after = foreach ($vm in $off, $running) { $vm.State, $vm.Configuration, $vm.SerialLog.End, $vm.RestartCount }
        $after | Should -Be $before
        (Get-ToyVm).Name | Should -Be 'off', 'running'
        "$TestDrive/exported.json" | Should -Not -Exist
    }
}

Describe 'A path' {
    BeforeAll {
        $folder = (New-Item -ItemType Directory "$TestDrive/a [b] `$c 'd é").FullName
        Copy-Item -LiteralPath $Kernel "$folder/kernel [1]"
        $null = New-PSDrive -Name toy -PSProvider FileSystem -Root $folder -Scope Global
        Push-Location -LiteralPath $folder
    }
    AfterAll {
        Pop-Location
        Remove-PSDrive toy -Scope Global
    }
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'with brackets, quotes and spaces is taken literally: <_>' -ForEach 'relative', 'on a drive', 'whole', 'of a file' {
        $path = @{ relative = './kernel [1]'; 'on a drive' = 'toy:/kernel [1]'; whole = "$folder/kernel [1]"; 'of a file' = Get-Item -LiteralPath "$folder/kernel [1]" }[$_]
        (New-ToyVm $path).KernelPath | Should -Be "$folder/kernel [1]"
        (New-ToyVm $Kernel $path).InitrdPath | Should -Be "$folder/kernel [1]"
    }

    It 'is relative to where PowerShell is, not to where the process is' {
        [Environment]::CurrentDirectory | Should -Not -Be $folder
        (New-ToyVmDisk ./relative.img 1MB).FullName | Should -Be "$folder/relative.img"
        (New-ToyVmDisk -LiteralPath 'toy:/[x].img' 1MB).FullName | Should -Be "$folder/[x].img"
        $vm = New-ToyVm './kernel [1]' -Disk ./relative.img -SerialLog 'toy:/log [1].txt'
        $vm | Add-ToyVmDisk 'toy:/[x].img'
        $vm.Disks.Path | Should -Be "$folder/relative.img", "$folder/[x].img"
        Test-Path -LiteralPath "$folder/log [1].txt" | Should -BeTrue
    }

    It 'of another provider or drive is refused: <_>' -ForEach 'Env:/PATH', 'nodrive:/kernel', 'Variable:/x' {
        (Get-FailureOf { New-ToyVm $_ }).FullyQualifiedErrorId | Should -Be 'PathNotFileSystem,PSToyVmm.NewToyVmCommand'
        (Get-FailureOf { New-ToyVmDisk $_ 1MB }).FullyQualifiedErrorId | Should -Be 'PathNotFileSystem,PSToyVmm.NewToyVmDiskCommand'
    }
}

Describe 'A constrained terminal' {
    BeforeAll {
        # What a new pwsh shows of machines and all that belongs to them, in a terminal of 40 columns of that kind.
        function Show-In([string] $Environment) {
            $script = "Import-Module '$PSScriptRoot/../../PSToyVmm.psd1'; `$vm = New-ToyVm '$Kernel' -Name web -Memory 64MB; `$vm, (Test-ToyVmHost -SkipProbeGuest), (Get-ToyVmLog web), (Get-ToyVm ghost -ErrorAction Continue) | Format-Table; `$vm; `$vm | Format-List; `$vm | Format-Wide; Get-ToyVm ghost"
            $file = Join-Path $TestDrive show.ps1
            Set-Content -LiteralPath $file $script
            & script -qec "stty cols 40 rows 25; env $Environment '$([Environment]::ProcessPath)' -NoProfile -File '$file'" /dev/null
        }
    }

    It 'without colours gets none: <_>' -ForEach 'NO_COLOR=1', 'TERM=dumb' {
        $shown = (Show-In $_) -join "`n"
        $shown | Should -Match 'web'
        $shown | Should -Match 'There is no virtual machine'
        $shown | Should -Not -Match '\e\[[\d;]*m'
    }

    It 'of 40 columns has no line that is longer' {
        $lines = (Show-In 'TERM=xterm') -replace '\e\[[\d;?]*[a-zA-Z]', '' | ForEach-Object TrimEnd
        $lines -match 'web' | Should -Not -BeNullOrEmpty
        $lines | Where-Object { $_.Length -gt 40 -and $_ -notmatch 'show.ps1|Get-ToyVm|~~~' } | Should -BeNullOrEmpty
    }
}
