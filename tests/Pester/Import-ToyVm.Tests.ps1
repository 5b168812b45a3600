BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Kernel = New-TinyKernel -Text imported
    $Command = 'PSToyVmm.ImportToyVmCommand'
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'Import-ToyVm' {
    BeforeEach {
        $Folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid().ToString('N')))).FullName
        Push-Location $Folder
    }
    AfterEach { Pop-Location; Get-ToyVm | Remove-ToyVm -Force }

    It 'brings a machine back as it was' {
        [IO.File]::WriteAllBytes("$Folder/disk.img", [byte[]]::new(4096))
        $vm = New-ToyVm $Kernel -Name 'web 1' -Memory 64MB -ProcessorCount 2 -Topology 1, 1, 2 -Disk @{ Path = 'disk.img'; ReadOnly = $true } -Network User:8080:80 -AppendCommandLine "x='é&'" -FirmwareConfig @{ 'opt/a' = [byte[]](0, 255) }
        $file = $vm | Export-ToyVm . -PassThru
        $vm | Remove-ToyVm -Force
        $back = Import-ToyVm $file
        $back | Should -BeOfType PSToyVmm.Engine.Machines.VirtualMachine
        $back.State | Should -Be Off
        # All of it is tested with the reader, in tests/Unit; this is the same by what a user sees.
        ($back.Configuration | ConvertTo-Json -Depth 5) | Should -Be ($vm.Configuration | ConvertTo-Json -Depth 5)
        ($back | Export-ToyVm again.json -PassThru | Get-Content -Raw) | Should -Be (Get-Content $file -Raw)
    }

    It 'leaves the log alone that another machine writes: FileUnwritable' {
        $vm = New-ToyVm $Kernel -Name web -SerialLog ./web.log
        $vm | Export-ToyVm web.json
        Set-Content ./web.log 'written before'
        $failure = Get-FailureOf { Import-ToyVm web.json -Name web2 }
        $failure.FullyQualifiedErrorId | Should -Be "FileUnwritable,$Command"
        Get-Content ./web.log | Should -Be 'written before'
        $vm | Remove-ToyVm -Force
        (Import-ToyVm web.json).Name | Should -Be web
        Get-Content ./web.log | Should -BeNullOrEmpty
    }

    It 'runs what it brings back' -Tag Kvm -Skip:$NoKvm {
        New-ToyVm $Kernel -Name web -Memory 64MB | Export-ToyVm web.json
        Get-ToyVm | Remove-ToyVm -Force
        $vm = Import-ToyVm web.json | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30 -PassThru
        $vm | Receive-ToyVmSerial | Should -Be imported
    }

    It 'takes wildcards, file objects, literal paths and a new name' {
        'a', 'b' | ForEach-Object { New-ToyVm $Kernel -Name $_ | Export-ToyVm . }
        Get-ToyVm | Remove-ToyVm -Force
        Rename-Item b.json 'b[1].json'
        (Import-ToyVm *.json).Name | Should -Be 'a', 'b'
        Get-ToyVm | Remove-ToyVm -Force
        (Get-ChildItem | Import-ToyVm).Name | Should -Be 'a', 'b'
        (Import-ToyVm -LiteralPath 'b[1].json' -Name new).Name | Should -Be new
        Import-ToyVm 'b[1].json' -ErrorAction Stop | Should -BeNullOrEmpty
        Import-ToyVm none*.json -ErrorAction Stop | Should -BeNullOrEmpty
        ('a.json' | Import-ToyVm -Name other).Name | Should -Be other
    }

    It 'finds what was moved along with it' {
        $null = New-TinyKernel -Path "$Folder/kernel"
        New-ToyVm ./kernel -Name moved | Export-ToyVm moved.json
        Get-ToyVm | Remove-ToyVm -Force
        Push-Location /
        try {
            Rename-Item $Folder "$Folder-moved"
            (Import-ToyVm "$Folder-moved/moved.json").KernelPath | Should -Be "$Folder-moved/kernel"
        }
        finally { $null = New-Item -ItemType Directory $Folder; Pop-Location }
    }

    It 'reads what was written by hand' {
        @{ version = 1; kernelPath = $Kernel } | ConvertTo-Json | Set-Content small.json
        $vm = Import-ToyVm small.json
        $fresh = New-ToyVm $Kernel
        $vm.Name, $vm.CommandLine, $vm.MemoryAssigned | Should -Be 'toyvm1', $fresh.CommandLine, 256MB
    }

    It 'goes on after a file that is not valid' {
        New-ToyVm $Kernel -Name good | Export-ToyVm z.json
        Get-ToyVm | Remove-ToyVm -Force
        Set-Content a.json '{ "version": 1, "kernelPath": "k", "disk": [] }'
        $failure = Get-FailureOf { Import-ToyVm *.json }
        $failure.FullyQualifiedErrorId, $failure.TargetObject | Should -Be "ConfigurationInvalid,$Command", "$Folder/a.json"
        "$failure" | Should -BeLike '*$.disk: this key is not known*'
        (Get-ToyVm).Name | Should -Be good
    }

    It 'says what is wrong: <Id>' -ForEach @(
        @{ Text = "{`n`n]"; Id = 'ConfigurationInvalid'; Message = '*line 3, column 1*' }
        @{ Text = '{ "version": 2, "kernelPath": "k" }'; Id = 'ConfigurationVersionUnsupported'; Message = '*version 2*' }
        @{ Text = '{ "version": 1, "kernelPath": "none" }'; Id = 'FileNotFound'; Message = '*/none*' }
        @{ Text = '{ "version": 1, "kernelPath": "KERNEL", "name": "a*" }'; Id = 'NameInvalid'; Message = '*wildcard*' }
        @{ Text = '{ "version": 1, "kernelPath": "KERNEL", "memoryBytes": 4097 }'; Id = 'MemoryNotPageAligned'; Message = '*4097*' }
        @{ Text = '{ "version": 1, "kernelPath": "KERNEL", "processorCount": 4, "topology": { "sockets": 2147483647, "cores": 2147483647 } }'; Id = 'TopologyInvalid'; Message = '*2147483647*' }
        @{ Text = '{ "version": 1, "kernelPath": "KERNEL", "cpuTemplate": { "x": 1 } }'; Id = 'CpuTemplateInvalid'; Message = '*$.x*' }
        @{ Text = '{ "version": 1, "kernelPath": "KERNEL", "networks": [ { "tapName": "a b" } ] }'; Id = 'NetworkOptionInvalid'; Message = '*' }
        @{ Text = '{ "boot-source": { } }'; Id = 'ConfigurationInvalid'; Message = '*New-ToyVm -ConfigPath*' }
    ) {
        Set-Content bad.json $Text.Replace('KERNEL', $Kernel)
        { Import-ToyVm bad.json -ErrorAction Stop } | Should -Throw $Message -ErrorId "$Id,$Command"
        Get-ToyVm | Should -BeNullOrEmpty
    }

    It 'says that a file or a name is not to be had' {
        New-ToyVm $Kernel -Name here | Export-ToyVm here.json
        { Import-ToyVm here.json -ErrorAction Stop } | Should -Throw '*here*' -ErrorId "NameInUse,$Command"
        { Import-ToyVm none.json -ErrorAction Stop } | Should -Throw '*none.json*' -ErrorId "FileNotFound,$Command"
        { Import-ToyVm env:PATH -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFileSystem,$Command"
        { Import-ToyVm env:* -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFileSystem,$Command"
        { Import-ToyVm nodrive:* -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFileSystem,$Command"
    }

    It 'makes nothing with -WhatIf' {
        New-ToyVm $Kernel -Name web | Export-ToyVm web.json
        Import-ToyVm web.json -Name other -WhatIf | Should -BeNullOrEmpty
        @(Get-ToyVm).Name | Should -Be web
    }
}
