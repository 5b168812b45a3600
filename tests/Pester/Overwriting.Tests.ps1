# Every cmdlet that writes a file replaces files only, even with -Force.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Folder = New-Item -ItemType Directory (Join-Path $TestDrive things)
    $Things = @('pipe')
    & mkfifo "$Folder/pipe"
    if ([Environment]::IsPrivilegedProcess) {
        & mknod "$Folder/device" c 1 3 2>$null                         # as /dev/null is
        if ($LASTEXITCODE -eq 0) { $Things += 'device' }
    }
    $Before = & ls -l $Folder
    $null = New-ToyVm (New-TinyKernel -Then Echo) -Memory 64MB -Name web
}

AfterAll { Get-ToyVm | Remove-ToyVm -Force }

Describe 'What is no file' {
    It 'is not replaced by <Name>' -ForEach @(
        @{ Name = 'New-ToyVmDisk'; Write = { New-ToyVmDisk $args[0] 1MB -Force } }
        @{ Name = 'New-ToyVmInitrd'; Write = { New-ToyVmInitrd $args[0] -NoBusybox -Init (New-TinyKernel) -Force } }
        @{ Name = 'Export-ToyVm'; Write = { Export-ToyVm $args[0] web -Force } }
    ) {
        foreach ($thing in $Things) {
            $failure = Get-FailureOf { & $Write "$Folder/$thing" }
            $failure.FullyQualifiedErrorId | Should -BeLike 'FileUnwritable,*'
            "$failure" | Should -BeLike "*is a $thing,*"
        }
        & ls -l $Folder | Should -Be $Before
    }

    It 'is not replaced by <Name>' -Tag Kvm -Skip:$NoKvm -ForEach @(
        @{ Name = 'Debug-ToyVm'; Write = { Debug-ToyVm web -DumpMemory $args[0] -Force } }
        @{ Name = 'Copy-ToyVmFile'; Write = { Copy-ToyVmFile /etc/x web $args[0] -FromGuest -Force -Timeout 1 } }
    ) {
        if ((Get-ToyVm web).State -eq 'Off') { Start-ToyVm web }
        foreach ($thing in $Things) {
            $failure = Get-FailureOf { & $Write "$Folder/$thing" }
            $failure.FullyQualifiedErrorId | Should -BeLike 'FileUnwritable,*'
            "$failure" | Should -BeLike "*is a $thing,*"
        }
        & ls -l $Folder | Should -Be $Before
    }
}
