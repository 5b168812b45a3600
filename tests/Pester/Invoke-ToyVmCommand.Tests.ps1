# Commands in a guest that has no shell; with one: Linux.Tests.ps1, and GuestShellTests of the unit tests.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

Describe 'Invoke-ToyVmCommand and Copy-ToyVmFile' -Skip:$NoKvm {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        $kernel = New-TinyKernel -Text hello -Then Echo
        $file = New-Item (Join-Path $TestDrive 'a [file]') -Value text
        $null = New-ToyVm $kernel -Memory 64MB -Name off
        $null = New-ToyVm $kernel -Memory 64MB -Name web | Start-ToyVm -PassThru
    }

    AfterAll { Get-ToyVm | Remove-ToyVm -Force }

    It 'says that no shell answers' {
        (Get-FailureOf { Invoke-ToyVmCommand 'id' web -Timeout 1 }).FullyQualifiedErrorId | Should -Be 'GuestShellNotReady,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Copy-ToyVmFile $file web /tmp/x -Timeout 1 }).FullyQualifiedErrorId | Should -Be 'GuestShellNotReady,PSToyVmm.CopyToyVmFileCommand'
    }

    It 'is about machines that run' {
        (Get-FailureOf { Invoke-ToyVmCommand 'id' off }).FullyQualifiedErrorId | Should -Be 'VmNotRunning,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand 'id' ghost }).FullyQualifiedErrorId | Should -Be 'VmNotFound,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand 'id' web -Port hvc0 }).FullyQualifiedErrorId | Should -Be 'ConsolePortNotFound,PSToyVmm.InvokeToyVmCommandCommand'
        Invoke-ToyVmCommand 'id' 'ghost*' | Should -BeNullOrEmpty
    }

    It 'wants a command or a file, not both' {
        (Get-FailureOf { Invoke-ToyVmCommand -Name web }).FullyQualifiedErrorId | Should -Be 'CommandOrFilePath,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand 'id' web -FilePath $file }).FullyQualifiedErrorId | Should -Be 'CommandOrFilePath,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand -Name web -FilePath (Join-Path $TestDrive ghost) }).FullyQualifiedErrorId | Should -Be 'FileNotFound,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand -Name web -FilePath $TestDrive }).FullyQualifiedErrorId | Should -Be 'PathIsDirectory,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand -Name web -FilePath $file -Timeout 1 }).FullyQualifiedErrorId | Should -Be 'GuestShellNotReady,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { Invoke-ToyVmCommand "a`0b" web }).FullyQualifiedErrorId | Should -Be 'GuestCommandInvalid,PSToyVmm.InvokeToyVmCommandCommand'
    }

    It 'reads no device and no pipe: FileUnreadable' {
        $pipe = Join-Path $TestDrive "pipe-$([guid]::NewGuid().ToString('N'))"
        & mkfifo $pipe
        foreach ($path in $pipe, '/dev/zero') {
            (Get-FailureOf { Invoke-ToyVmCommand -FilePath $path -Name web }).FullyQualifiedErrorId | Should -Be 'FileUnreadable,PSToyVmm.InvokeToyVmCommandCommand'
            (Get-FailureOf { Copy-ToyVmFile $path web /tmp/x }).FullyQualifiedErrorId | Should -Be 'FileUnreadable,PSToyVmm.CopyToyVmFileCommand'
        }
        (Get-FailureOf { Invoke-ToyVmCommand -FilePath "a`0b" -Name web }).FullyQualifiedErrorId | Should -Be 'FileUnreadable,PSToyVmm.InvokeToyVmCommandCommand'
        (Get-FailureOf { New-ToyVm $kernel -SerialLog $pipe }).FullyQualifiedErrorId | Should -Be 'FileUnwritable,PSToyVmm.NewToyVmCommand'
        (New-ToyVm $kernel -Name quiet -SerialLog /dev/null), (New-ToyVm $kernel -Name quiet2 -SerialLog /dev/null) | Remove-ToyVm -Force
    }

    It 'copies files that there are' {
        (Get-FailureOf { Copy-ToyVmFile (Join-Path $TestDrive ghost) web /tmp/x }).FullyQualifiedErrorId | Should -Be 'FileNotFound,PSToyVmm.CopyToyVmFileCommand'
        (Get-FailureOf { Copy-ToyVmFile $TestDrive web /tmp/x }).FullyQualifiedErrorId | Should -Be 'PathIsDirectory,PSToyVmm.CopyToyVmFileCommand'
        (Get-FailureOf { Copy-ToyVmFile /etc/x web $file -FromGuest }).FullyQualifiedErrorId | Should -Be 'FileUnwritable,PSToyVmm.CopyToyVmFileCommand'
        Get-Content -LiteralPath $file | Should -Be text
    }

    It 'takes machines as objects and from the pipeline, as many at a time as it may' {
        $web = Get-ToyVm web
        (Get-FailureOf { $web | Invoke-ToyVmCommand 'id' -Timeout 1 -ThrottleLimit 1 }).TargetObject | Should -Be $web
        (Get-FailureOf { Invoke-ToyVmCommand 'id' -VM $web -Timeout 1 }).TargetObject | Should -Be $web
        (Get-FailureOf { $web | Copy-ToyVmFile $file -DestinationPath /tmp/x -Timeout 1 -ThrottleLimit 1 -Force }).TargetObject | Should -Be $web
        (Get-FailureOf { Copy-ToyVmFile $file -VM $web -DestinationPath /tmp/x -Port hvc0 }).FullyQualifiedErrorId | Should -Be 'ConsolePortNotFound,PSToyVmm.CopyToyVmFileCommand'
    }

    It 'ends well when it is ended in the middle: <_>' -ForEach @(
        "Get-ToyVm | Invoke-ToyVmCommand true -Timeout 1 -ThrottleLimit 1 -ErrorAction Stop"
        "`$job = Get-ToyVm | Invoke-ToyVmCommand true -Timeout 5 -ThrottleLimit 2 -AsJob; Start-Sleep -Milliseconds 300; Stop-Job `$job"
        "`$job = Get-ToyVm | Copy-ToyVmFile '/etc/hostname' -DestinationPath /tmp/x -Timeout 5 -ThrottleLimit 2 -AsJob; Start-Sleep -Milliseconds 300; Stop-Job `$job"
    ) {
        $script = "Import-Module '$PSScriptRoot/../../PSToyVmm.psd1'; 1..4 | ForEach-Object { New-ToyVm '$kernel' -Memory 64MB | Start-ToyVm }; try { $_ } catch { }; Start-Sleep 2; 'alive'"
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be 'alive'
        $LASTEXITCODE | Should -Be 0
    }

    It 'has many wait at the same time' {
        $null = 1..4 | ForEach-Object { New-ToyVm $kernel -Memory 64MB -Name "many$_" | Start-ToyVm -PassThru }
        $time = Measure-Command { Invoke-ToyVmCommand 'id' many* -Timeout 2 -ErrorAction SilentlyContinue -ErrorVariable failures }
        $failures.TargetObject.Name | Sort-Object | Should -Be many1, many2, many3, many4
        $time.TotalSeconds | Should -BeLessThan 7    # one after another: 8 at least
    }

    It 'does nothing with -WhatIf' {
        $null = Receive-ToyVmSerial web -Raw
        Invoke-ToyVmCommand 'id' web -WhatIf
        Copy-ToyVmFile $file web /tmp/x -WhatIf
        $null = Send-ToyVmSerial web -Text typed-last -PassThru | Wait-ToyVmSerial typed-last -Timeout 20    # what was typed before would come before
        Receive-ToyVmSerial web -Raw | Should -Be typed-last
    }
}
