<#
.SYNOPSIS
Runs the Pester suite in this pwsh and closes with one line that ./dev adds up.
.PARAMETER Prepare
Only sees to it that Pester 5 is there; exit code 1 where it is not to be had.
#>
[CmdletBinding()]
param(
    [switch] $Prepare,
    [string[]] $Tag = @(),
    [string[]] $ExcludeTag = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Test-Pester { [bool](Get-Module -ListAvailable Pester | Where-Object { $_.Version.Major -eq 5 }) }

if ($Prepare) {
    if (-not (Test-Pester) -and (Get-Command Install-PSResource -ErrorAction Ignore)) {
        Install-PSResource Pester -Version '[5.5,6.0)' -TrustRepository -Quiet -ErrorAction Ignore
    }
    exit [int](-not (Test-Pester))
}

Import-Module Pester -MinimumVersion 5.0 -MaximumVersion 5.99
$configuration = New-PesterConfiguration
# With a tag, only the files that have it: to look through all of them takes minutes on the lab's processor.
$configuration.Run.Path = $Tag ? @(Get-ChildItem -LiteralPath $PSScriptRoot -Filter *.Tests.ps1 | Where-Object { Select-String -LiteralPath $_ -Pattern "-Tag .*\b($($Tag -join '|'))\b" -Quiet }).FullName : $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Filter.Tag = $Tag
$configuration.Filter.ExcludeTag = $ExcludeTag
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.RenderMode = 'Plaintext'
$result = Invoke-Pester -Configuration $configuration

# A test skipped by -Skip carries no reason of its own: its tag says what it needs.
$needs = @{ Busybox = 'needs a static busybox (busybox-static)'; Kvm = 'needs a usable /dev/kvm'; PSResourceGet = 'needs Microsoft.PowerShell.PSResourceGet'; Schema = 'needs a pwsh whose Test-Json has -SchemaFile'; Tap = 'needs /dev/net/tun, ip and root'; Passt = 'needs passt and a default route'; Root = 'needs root, /dev/kvm and a kernel that lets it unshare mounts'; Ssh = 'needs sshd, ssh, ssh-keygen (openssh-server, openssh-client), a pwsh that is installed, and a usable /dev/kvm'; Linux = 'needs a KVM that runs Linux, and PSTOYVMM_TEST_KERNEL' }
foreach ($test in $result.Skipped) {
    $tags = @($test.Tag) + @($test.Block.Tag)
    $reason = $needs.Keys | Where-Object { $_ -in $tags } | ForEach-Object { $needs[$_] } | Select-Object -First 1
    if (-not $reason) { $reason = @($test.ErrorRecord | ForEach-Object { "$_" }) -join ' ' }
    'skipped: {0}{1}' -f $test.ExpandedPath, ($reason ? ": $reason" : '')
}
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
'pester: {0} passed, {1} failed, {2} skipped' -f $result.PassedCount, $failed, $result.SkippedCount
exit [int]($failed -gt 0)
