BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    # A pwsh may be built without its validator; tests/Unit has one of its own for this schema.
    $NoSchemas = try { -not ('{}' | Test-Json -Schema '{}') } catch { $true }
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel
    $Command = 'PSToyVmm.ExportToyVmCommand'
    $Schema = [IO.Path]::GetFullPath("$PSScriptRoot/../../module/toyvm.schema.json")
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'Export-ToyVm' {
    BeforeEach {
        $Folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid().ToString('N')))).FullName
        Push-Location $Folder
    }
    AfterEach { Pop-Location; Get-ToyVm | Remove-ToyVm -Force }

    It 'writes a file and emits nothing' {
        $null = New-ToyVm $Kernel -Name web -Memory 64MB
        Export-ToyVm web.json web | Should -BeNullOrEmpty
        $said = Get-Content web.json -Raw | ConvertFrom-Json
        $said.version, $said.name, $said.kernelPath, $said.memoryBytes | Should -Be 1, 'web', $Kernel, 64MB
        @(Get-ChildItem -Force).Name | Should -Be 'web.json'
    }

    It 'writes what the schema allows: <What>' -Tag Schema -Skip:$NoSchemas -ForEach @(
        @{ What = 'the least'; With = @{} }
        @{ What = 'a little of everything'; With = @{
                ProcessorCount = 2; CpuAffinity = 0; Topology = '1,1,2'; CpuTemplate = '{ "msr_modifiers": [] }'; MemoryBacking = 'Shared'; Acpi = $false
                Entropy = $true; VirtioConsoleLog = 'hvc0.log'; SerialLog = 'serial.log'; DebugConsole = $true; PostPort = $true; DebugExitPort = 0xf4
                Disk = @{ Path = 'disk.img'; Root = $true; Serial = 'one'; BytesPerSecond = 1MB }; Network = 'User:8080:80', 'Tap:tap0'
                FirmwareConfig = @{ 'opt/a' = [byte[]](1, 2, 3); 'opt/b' = 'disk.img' }
            }
        }
    ) {
        [IO.File]::WriteAllBytes("$Folder/disk.img", [byte[]]::new(4096))
        New-ToyVm $Kernel -Name all @With | Export-ToyVm .
        Get-Content all.json -Raw | Test-Json -SchemaFile $Schema | Should -BeTrue
        # The schema would see what is not of it.
        (Get-Content all.json -Raw) -replace '"acpi"', '"apic"' | Test-Json -SchemaFile $Schema -ErrorAction Ignore | Should -BeFalse
        (Get-Content all.json -Raw) -replace '"Restart"|"Stop"', '"Perhaps"' | Test-Json -SchemaFile $Schema -ErrorAction Ignore | Should -BeFalse
    }

    It 'writes paths beneath its folder relative to it' {
        $null = New-Item -ItemType Directory boot
        $near = New-TinyKernel -Path "$Folder/boot/kernel"
        Push-Location $TestDrive
        try { New-ToyVm $near -Name near -SerialLog "$Folder/near.log" | Export-ToyVm "$Folder/near.json" }
        finally { Pop-Location }
        $said = Get-Content near.json -Raw | ConvertFrom-Json
        $said.kernelPath, $said.serialLogPath | Should -Be './boot/kernel', './near.log'
    }

    It 'writes into a folder by the names of machines' {
        'a b', 'ü/1' | ForEach-Object { $null = New-ToyVm $Kernel -Name $_ }
        $files = Get-ToyVm | Export-ToyVm . -PassThru
        $files | Should -BeOfType IO.FileInfo
        $files.Name | Should -Be 'a b.json', 'ü-1.json'
    }

    It 'does not put a machine over another' {
        'one', 'two' | ForEach-Object { $null = New-ToyVm $Kernel -Name $_ }
        $failure = Get-FailureOf { Get-ToyVm | Export-ToyVm same.json -Force }
        $failure.FullyQualifiedErrorId, $failure.TargetObject.Name | Should -Be "FileUnwritable,$Command", 'two'
        (Get-Content same.json -Raw | ConvertFrom-Json).name | Should -Be one
    }

    It 'asks for -Force where a file is' {
        $vm = New-ToyVm $Kernel
        Set-Content -LiteralPath 'a[1].json' mine
        { $vm | Export-ToyVm 'a[1].json' -ErrorAction Stop } | Should -Throw '*-Force*' -ErrorId "FileUnwritable,$Command"
        Get-Content -LiteralPath 'a[1].json' | Should -Be mine
        $vm | Export-ToyVm 'a[1].json' -Force
        (Get-Content -LiteralPath 'a[1].json' -Raw | ConvertFrom-Json).name | Should -Be toyvm1
    }

    It 'leaves nothing where it cannot write' {
        $vm = New-ToyVm $Kernel
        { $vm | Export-ToyVm none/vm.json -ErrorAction Stop } | Should -Throw '*none/vm.json*' -ErrorId "FileUnwritable,$Command"
        { $vm | Export-ToyVm "a`0b" -ErrorAction Stop } | Should -Throw -ErrorId "FileUnwritable,$Command"
        { $vm | Export-ToyVm env:X -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFileSystem,$Command"
        $null = New-Item -ItemType Directory toyvm1.json
        { $vm | Export-ToyVm . -ErrorAction Stop } | Should -Throw -ErrorId "FileUnwritable,$Command"
        @(Get-ChildItem -Force).Name | Should -Be 'toyvm1.json'
    }

    It 'writes nothing with -WhatIf' {
        New-ToyVm $Kernel | Export-ToyVm . -WhatIf -PassThru | Should -BeNullOrEmpty
        Get-ChildItem | Should -BeNullOrEmpty
    }

    It 'says that there is no such machine' {
        { Export-ToyVm x.json nobody -ErrorAction Stop } | Should -Throw -ErrorId "VmNotFound,$Command"
        Export-ToyVm x.json 'nobody*' -ErrorAction Stop
        Test-Path x.json | Should -BeFalse
    }
}
