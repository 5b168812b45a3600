# An sshd of one's own for tests of remoting: on loopback, with a port, keys and a configuration in a folder of the test's.
Set-StrictMode -Version 3.0

# Why remoting over SSH cannot be tried here; nothing where it can.
function Get-SshLack {
    foreach ($program in 'sshd', 'ssh', 'ssh-keygen') {
        if (-not (Get-Program $program)) { return "$program is not installed" }
    }
    if ((Split-Path -Leaf ([Environment]::ProcessPath)) -ne 'pwsh') { return "this pwsh is a tool of dotnet's, which sshd cannot start by itself" }
}

# sshd is in /usr/sbin, which may not be on the PATH.
function Get-Program([string] $Name) {
    @(Get-Command $Name -CommandType Application -ErrorAction Ignore | ForEach-Object Source) + "/usr/sbin/$Name" | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
}

# Starts it; emits its process, and the parameters with which Invoke-Command and New-PSSession reach it.
function Start-TestSshd([string] $Folder) {
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $port = $listener.LocalEndpoint.Port
    $listener.Stop()

    foreach ($key in 'host', 'user') { & (Get-Program ssh-keygen) -q -t ed25519 -N '' -f "$Folder/$key" }
    if ([Environment]::UserName -eq 'root') { $null = New-Item -ItemType Directory -Force /run/sshd }    # where it gives its rights up
    Set-Content "$Folder/config" @"
Port $port
ListenAddress 127.0.0.1
HostKey $Folder/host
AuthorizedKeysFile $Folder/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
Subsystem powershell $([Environment]::ProcessPath) -sshs -NoLogo -NoProfile
"@
    $process = Start-Process (Get-Program sshd) '-D', '-f', "$Folder/config", '-E', "$Folder/log" -PassThru
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while (-not ((Test-Path "$Folder/log") -and (Select-String -LiteralPath "$Folder/log" -Pattern 'Server listening' -Quiet))) {
        if ($process.HasExited -or $clock.Elapsed.TotalSeconds -gt 20) { throw "sshd did not start: $(Get-Content -Raw "$Folder/log" -ErrorAction Ignore)" }
        Start-Sleep -Milliseconds 50
    }
    [pscustomobject]@{
        Process    = $process
        Connection = @{
            UserName    = [Environment]::UserName
            Port        = $port
            KeyFilePath = "$Folder/user"
            Options     = @{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; IdentitiesOnly = 'yes'; LogLevel = 'QUIET' }
        }
    }
}
