# What ./build.ps1 -Task Package makes of what is built: a module that is found by name, and a package for Install-PSResource.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $NoResources = -not (Get-Module -ListAvailable Microsoft.PowerShell.PSResourceGet)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $Out = (New-Item -ItemType Directory (Join-Path $TestDrive 'a folder')).FullName
    $Made = & "$Root/tools/New-ModulePackage.ps1" -OutputPath $Out
    $Manifest = Import-PowerShellDataFile "$Root/PSToyVmm.psd1"
    $Package = Join-Path $Out "PSToyVmm.$($Manifest.ModuleVersion).nupkg"

    # Runs a script in a fresh pwsh that finds modules in a folder only, and returns its lines.
    function Invoke-WithModule([string] $Folder, [string] $Script) {
        $set = "`$env:PSModulePath = '$($Folder.Replace("'", "''"))' + [IO.Path]::PathSeparator + `"`$PSHOME/Modules`"; `$ErrorActionPreference = 'Stop'; "
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command ($set + $Script) 2>&1
    }

    # Unpacks the package as Install-PSResource does: the parts that are the package's own are left out, the rest is PSToyVmm/<version>.
    function Expand-Package([string] $Folder) {
        $target = Join-Path $Folder PSToyVmm $Manifest.ModuleVersion
        [IO.Compression.ZipFile]::ExtractToDirectory($Package, $target)
        Remove-Item -LiteralPath "$target/_rels", "$target/[Content_Types].xml", "$target/PSToyVmm.nuspec" -Recurse -Force
        $target
    }
}

Describe 'The package' {
    It 'is made beside the module folder and a zip file' {
        $Made.FullName | Should -Be (Join-Path $Out PSToyVmm), $Package, (Join-Path $Out "PSToyVmm.$($Manifest.ModuleVersion).zip")
    }

    It 'has what the manifest lists, and what makes it a package' {
        $zip = [IO.Compression.ZipFile]::OpenRead($Package)
        try {
            $names = $zip.Entries.FullName
            $names | Sort-Object | Should -Be ($Manifest.FileList + '_rels/.rels', '[Content_Types].xml', 'PSToyVmm.nuspec' | Sort-Object)
            $read = { $reader = [IO.StreamReader]::new($zip.GetEntry($args[0]).Open()); try { [xml] $reader.ReadToEnd() } finally { $reader.Dispose() } }
            $metadata = (& $read 'PSToyVmm.nuspec').package.metadata
            $metadata.id, $metadata.version | Should -Be 'PSToyVmm', $Manifest.ModuleVersion
            $tags = $metadata.tags -split ' '
            'PSModule', 'PSEdition_Core', 'PSCmdlet_New-ToyVm', 'PSCommand_Export-ToyVm' | ForEach-Object { $_ | Should -BeIn $tags }
            $types = (& $read '[Content_Types].xml').Types
            foreach ($name in $names -ne '[Content_Types].xml') {
                $extension = [IO.Path]::GetExtension($name).TrimStart('.')
                $extension -in $types.Default.Extension -or "/$name" -in $types.Override.PartName | Should -BeTrue -Because $name
            }
            (& $read '_rels/.rels').Relationships.Relationship.Target | Should -Be '/PSToyVmm.nuspec'
        }
        finally { $zip.Dispose() }
    }

    It 'has the release notes of its version' {
        $packed = Import-PowerShellDataFile -LiteralPath (Join-Path $Out PSToyVmm PSToyVmm.psd1)
        $packed.PrivateData.PSData.ReleaseNotes | Should -Match '^### Added'
        $packed.PrivateData.PSData.ReleaseNotes | Should -Match 'Export-ToyVm'
        $packed.PrivateData.PSData.ReleaseNotes | Should -Not -Match '(?m)^## '
        $packed.FileList | Should -Be $Manifest.FileList
    }

    It 'is found by name once unpacked, and complete' {
        $modules = (New-Item -ItemType Directory (Join-Path $TestDrive unpacked)).FullName
        $target = Expand-Package $modules
        $lines = Invoke-WithModule $modules 'Import-Module PSToyVmm; $m = Get-Module PSToyVmm; $m.ModuleBase; "$($m.Version)"; $m.ExportedCmdlets.Count; (Get-Help New-ToyVm).Synopsis; (Get-Help about_PSToyVmm).Length -gt 1000'
        $lines | Should -Be $target, $Manifest.ModuleVersion, $Manifest.CmdletsToExport.Count, 'Makes a virtual machine from a kernel, and emits it.', 'True'
    }

    It 'runs a guest, and Remove-Module leaves nothing behind' -Tag Kvm -Skip:$NoKvm {
        $modules = (New-Item -ItemType Directory (Join-Path $TestDrive running)).FullName
        $null = Expand-Package $modules
        # The first round loads what stays: assemblies, threads of pools.
        $script = @'
            function Get-Held {
                1..3 | ForEach-Object { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
                $threads = [IO.Directory]::GetDirectories('/proc/self/task') | ForEach-Object { [IO.File]::ReadAllText("$_/comm").Trim() }
                $kvm = [IO.Directory]::GetFileSystemEntries('/proc/self/fd') | ForEach-Object { [IO.FileInfo]::new($_).LinkTarget } | Where-Object { $_ -match 'kvm|eventfd' }
                "$(@(Get-Runspace).Count) runspaces, $(@($threads -match 'vcpu|ToyVm').Count) threads, $(@($kvm).Count) descriptors, $(@(Get-EventSubscriber).Count) subscribers, $(@(Get-Job).Count) jobs"
            }
            $before = Get-Held
            foreach ($round in 1, 2) {
                Import-Module PSToyVmm
                New-ToyVm 'KERNEL' -Memory 64MB -RebootAction Stop -Name ends | Start-ToyVm -PassThru | Wait-ToyVm -Timeout 30 -PassThru | Receive-ToyVmSerial
                New-ToyVm 'HALTED' -Memory 64MB -Name runs -Entropy | Start-ToyVm
                "$((Get-ToyVm runs).State)"
                Remove-Module PSToyVmm
            }
            if ((Get-Held) -ne $before) { "before: $before; after: $(Get-Held)" }
            $before
'@
        $lines = Invoke-WithModule $modules ($script.Replace('KERNEL', (New-TinyKernel -Text packaged)).Replace('HALTED', (New-TinyKernel -Then Halt)))
        $lines | Should -Be packaged, Running, packaged, Running, '1 runspaces, 0 threads, 0 descriptors, 0 subscribers, 0 jobs'
    }

    It 'is installed by Install-PSResource' -Tag PSResourceGet -Skip:$NoResources {
        $modules = (New-Item -ItemType Directory (Join-Path $TestDrive installed)).FullName
        $repository = "toyvm-$([guid]::NewGuid().ToString('N'))"
        Register-PSResourceRepository -Name $repository -Uri $Out -Trusted
        try { Save-PSResource PSToyVmm -Repository $repository -Path $modules -TrustRepository }
        finally { Unregister-PSResourceRepository -Name $repository }
        Invoke-WithModule $modules 'Import-Module PSToyVmm; (Get-Command -Module PSToyVmm).Count' | Should -Be $Manifest.CmdletsToExport.Count
    }
}

Describe 'The folder of the package' {
    # On copies only: without its guard, the script would remove them.
    BeforeEach {
        $clone = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid().ToString('N')) PSToyVmm)).FullName
        foreach ($file in @($Manifest.FileList) + 'tools/New-ModulePackage.ps1', 'CHANGELOG.md') {
            $null = New-Item -ItemType Directory -Force (Split-Path (Join-Path $clone $file))
            Copy-Item -LiteralPath (Join-Path $Root $file) -Destination (Join-Path $clone $file)
        }
        $Script = "$clone/tools/New-ModulePackage.ps1"
    }

    It 'is not the repository, nor one that has it inside' {
        $above = New-Item -ItemType Directory (Join-Path $TestDrive above/PSToyVmm)
        Move-Item $clone $above/within
        { & $above/within/tools/New-ModulePackage.ps1 -OutputPath "$above/.." } | Should -Throw "*is this repository, or has it inside*"
        Move-Item $above/within $clone
        Push-Location $clone
        try { { & $Script -OutputPath .. } | Should -Throw "*is this repository*" }
        finally { Pop-Location }
        $null = New-Item -ItemType SymbolicLink "$TestDrive/link/PSToyVmm" -Target $clone -Force
        { & $Script -OutputPath "$TestDrive/link" } | Should -Throw "*has what no packaging made*"
        $Script | Should -Exist
    }

    It 'is emptied where a packaging made it, and kept where anything else is in it' {
        $out = (New-Item -ItemType Directory "$clone-out").FullName
        $null = New-Item -ItemType Directory $out/PSToyVmm
        1..2 | ForEach-Object { $null = & $Script -OutputPath $out }
        Set-Content $out/PSToyVmm/.mine precious
        { & $Script -OutputPath $out } | Should -Throw "*has what no packaging made, such as '.mine'*"
        Get-Content $out/PSToyVmm/.mine | Should -Be precious
        Remove-Item -Force $out/PSToyVmm/.mine, $out/PSToyVmm/PSToyVmm.psd1
        { & $Script -OutputPath $out } | Should -Throw '*has what no packaging made*'
    }
}

Describe 'A version without release notes' {
    It 'is not packaged' {
        $copy = Join-Path $TestDrive copy
        $null = New-Item -ItemType Directory $copy/tools
        Copy-Item "$Root/tools/New-ModulePackage.ps1" $copy/tools
        Copy-Item "$Root/CHANGELOG.md" $copy
        (Get-Content "$Root/PSToyVmm.psd1" -Raw) -replace "ModuleVersion\s*=\s*'[^']+'", "ModuleVersion = '9.9.9'" | Set-Content $copy/PSToyVmm.psd1
        { & $copy/tools/New-ModulePackage.ps1 -OutputPath $copy/out } | Should -Throw '*no section `[9.9.9`]*'
    }
}
