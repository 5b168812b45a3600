# Hosts that lack something, each in a pwsh of its own whose view of this host lacks it.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    # Folders can be hidden by root in a mount namespace, capabilities dropped by root.
    $NoRoot = (id -u) -ne 0 -or -not (Get-Command unshare, setpriv -ErrorAction Ignore) -or $(unshare -m true 2>$null; $LASTEXITCODE -ne 0)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1")
    $Pwsh = (Get-Item ([Environment]::ProcessPath)).ResolvedTarget

    # The error's id and text that a script ends with, behind what a shell did first. '<pwsh>' stands for the program and its arguments.
    function Get-FailureUnder([string] $Shell, [string] $Script) {
        $file = Join-Path $TestDrive "$([guid]::NewGuid()).ps1"
        Set-Content -LiteralPath $file "`$ErrorActionPreference = 'Stop'; Import-Module '$Manifest'; try { $Script; 'no error' } catch { `$_.FullyQualifiedErrorId; `"`$_`" }"
        & /bin/sh -c $Shell.Replace('<pwsh>', "'$Pwsh' -NoProfile -NonInteractive -File '$file'") 2>&1
    }
}

Describe 'Without' {
    It 'mke2fs, busybox and the tun device, each is missed by name' -Tag Root -Skip:($NoKvm -or $NoRoot) {
        $bare = 'mount -t tmpfs none /usr/sbin && { [ ! -d /dev/net ] || mount -t tmpfs none /dev/net; } && mount -t tmpfs none /usr/bin && PATH=/nonexistent exec <pwsh>'
        $bare = "unshare -m /bin/sh -c `"$bare`""
        $target = Join-Path $TestDrive target
        $failure = Get-FailureUnder $bare "New-ToyVmDisk '$target' 1MB -Ext4"
        $failure[0] | Should -Be 'Mke2fsNotFound,PSToyVmm.NewToyVmDiskCommand'
        $failure[1] | Should -Match 'install e2fsprogs'
        $failure = Get-FailureUnder $bare "New-ToyVmInitrd '$target'"
        $failure[0] | Should -Be 'BusyboxNotFound,PSToyVmm.NewToyVmInitrdCommand'
        $failure[1] | Should -Match 'busybox-static'
        $target | Should -Not -Exist
        $failure = Get-FailureUnder $bare "New-ToyVm '$(New-TinyKernel)' -Network Tap | Start-ToyVm"
        $failure[0] | Should -Be 'NetworkTapUnavailable,PSToyVmm.StartToyVmCommand'
        $failure[1] | Should -Match 'module tun'
    }

    It 'the right to make a tap, it says whose it is' -Tag Root -Skip:($NoKvm -or $NoRoot -or -not (Test-Path /dev/net/tun)) {
        $failure = Get-FailureUnder 'setpriv --bounding-set -net_admin <pwsh>' "New-ToyVm '$(New-TinyKernel)' -Network Tap | Start-ToyVm"
        $failure[0] | Should -Be 'NetworkAccessDenied,PSToyVmm.StartToyVmCommand'
    }

    It 'the address space for a guest''s memory, it says how much that was' -Tag Kvm -Skip:$NoKvm {
        $failure = Get-FailureUnder 'ulimit -v 600000000; exec <pwsh>' "New-ToyVm '$(New-TinyKernel)' -Memory 1TB | Start-ToyVm"
        $failure[0] | Should -Be 'MemoryUnavailable,PSToyVmm.NewToyVmCommand'
        $failure[1] | Should -Match 'Give the machine less memory'
    }

    It 'a passt that starts, it says what passt said' -Tag Kvm -Skip:$NoKvm {
        $fake = New-Item -ItemType Directory (Join-Path $TestDrive fake)
        Set-Content -LiteralPath (Join-Path $fake passt) "#!/bin/sh`necho 'no such luck' >&2; exit 1"
        chmod +x (Join-Path $fake passt)
        $failure = Get-FailureUnder "PATH='$fake':`$PATH exec <pwsh>" "New-ToyVm '$(New-TinyKernel)' -Network User | Start-ToyVm"
        $failure[0] | Should -Be 'PasstFailed,PSToyVmm.StartToyVmCommand'
        $failure[1] | Should -Match 'no such luck'
    }
}
