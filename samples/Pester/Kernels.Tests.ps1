# A suite to start from: every kernel given boots in time, at few exits, and its own log is clean.
#   samples/Pester/run.ps1 KERNEL...   or, by oneself, New-PesterContainer -Path Kernels.Tests.ps1 -Data @{ Kernel = ...; Initrd = ... }
param(
    [Parameter(Mandatory)] [string[]] $Kernel,
    [Parameter(Mandatory)] [string] $Initrd,    # New-ToyVmInitrd's: its root logs in with the password root
    [double] $BootSeconds = 10,
    [int] $BootExits = 2000,
    [uint64] $Memory = 256MB
)

BeforeDiscovery {
    Set-StrictMode -Version 3.0
    $Cases = foreach ($path in $Kernel) { @{ Path = $path; File = Split-Path -Leaf $path } }
}

BeforeAll {
    Set-StrictMode -Version 3.0
    $ErrorActionPreference = 'Stop'
    if (-not (Get-Module PSToyVmm)) { Import-Module PSToyVmm }
    Import-Module "$((Get-Module PSToyVmm).ModuleBase)/module/PSToyVmm.Pester"
}

Describe '<File>' -ForEach $Cases {
    BeforeAll { $vm = New-ToyVm $Path $Initrd -Memory $Memory -AppendCommandLine quiet -RebootAction Stop | Start-ToyVm -PassThru }
    AfterAll { $vm | Remove-ToyVm -Force }

    It "boots within $BootSeconds s" { $vm | Should -HaveBooted -Within $BootSeconds }

    It 'spends its exits on devices that there are' {
        $exits = $vm | Get-ToyVmExitStats | Where-Object Source -eq Vmm
        ($exits | Measure-Object Count -Sum).Sum | Should -BeLessThan $BootExits
        # A port that nobody answers is read in vain; a few reads are how a kernel finds that out.
        ($exits | Where-Object Device -eq unclaimed | Measure-Object Count -Sum).Sum | Should -BeLessThan 1000
    }

    It 'has nothing to complain of' {
        $vm | Should -Not -HaveSerialOutput 'BUG:|Oops|Call Trace|Kernel panic'
        $vm.GuestCrash | Should -BeNullOrEmpty
    }

    It 'lets root in, and shows a log that is its own' {
        $vm | Send-ToyVmSerial -Line root -PassThru | Wait-ToyVmSerial 'Password: ' -Timeout 30 -PassThru |
            Send-ToyVmSerial -Line root -PassThru | Wait-ToyVmSerial '# ' -Timeout 30 | Should -Not -BeNullOrEmpty
        $log = ($vm | Invoke-ToyVmCommand 'dmesg' -Timeout 60).Output
        $log -match 'Linux version' | Should -HaveCount 1
        $log -match 'Hypervisor detected: KVM' | Should -HaveCount 1
        $log -match 'Run /init as init process' | Should -HaveCount 1
    }

    It 'shuts down when it is asked to' {
        $vm | Stop-ToyVm -Timeout 60
        $vm | Should -Not -BeRunningToyVm
        $vm.StopReason | Should -Be GuestPowerOff
    }
}
