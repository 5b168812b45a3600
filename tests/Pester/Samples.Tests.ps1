# The suite of samples/Pester, run as its users do, over three kernels: Debian's for clouds, the same as an ELF image, and the
# generic one. PSTOYVMM_TEST_KERNEL, _VMLINUX and _GENERIC name them; the last two may be missing.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    $NoLinux = $NoKvm -or -not ($env:PSTOYVMM_TEST_KERNEL -and (Test-ToyVmHost).CanRunLinux)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Run = [IO.Path]::GetFullPath("$PSScriptRoot/../../samples/Pester/run.ps1")

    # In a pwsh of its own: Pester inside Pester would mix the two.
    function Invoke-Suite([string[]] $Kernel, [string] $Options) {
        $list = ($Kernel | ForEach-Object { "'$_'" }) -join ', '
        $lines = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "`$PSStyle.OutputRendering = 'PlainText'; & '$Run' $list $Options"
        [pscustomobject]@{ Text = $lines -replace '\e\[[\d;]*m', '' -join "`n"; ExitCode = $LASTEXITCODE }
    }
}

Describe 'The sample suite' {
    It 'passes with three kernels' -Tag Linux -Skip:$NoLinux {
        $busybox = $env:PSTOYVMM_TEST_BUSYBOX ? @{ Busybox = $env:PSTOYVMM_TEST_BUSYBOX } : @{}
        $initrd = New-ToyVmInitrd (Join-Path $TestDrive initrd) @busybox
        # The lab's other files are far away.
        $kernels = $env:PSTOYVMM_TEST_KERNEL, $env:PSTOYVMM_TEST_VMLINUX, $env:PSTOYVMM_TEST_GENERIC | Where-Object { $_ } |
            ForEach-Object { (Copy-Item -LiteralPath $_ -Destination $TestDrive -PassThru).FullName }
        $suite = Invoke-Suite $kernels "-Initrd '$initrd' -BootSeconds 60"
        $suite.ExitCode | Should -Be 0 -Because $suite.Text
        $suite.Text | Should -Match "Tests Passed: $(5 * $kernels.Count), Failed: 0"
    }

    It 'fails, with the console in what it says, where a kernel does not boot' -Tag Kvm -Skip:$NoKvm {
        $dead = New-TinyKernel -Text "Kernel panic - not syncing`n" -Then Reset
        Set-Content (Join-Path $TestDrive none) ''
        $suite = Invoke-Suite $dead "-Initrd '$(Join-Path $TestDrive none)'"
        $suite.ExitCode | Should -Be 1
        $suite.Text | Should -Match 'to have booted within 10 s, but(.|\n)*    Kernel panic - not syncing'
    }
}
