<#
.SYNOPSIS
Boots Debian from a disk, writes a file, restarts the machine, finds the file again and fetches a page from this host.
.DESCRIPTION
The disk is a copy of the image given. With -Unattended the guest is switched off in the end; otherwise its console is
handed over.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Kernel,
    [Parameter(Mandatory)] [string] $Busybox,
    [Parameter(Mandatory)] [string] $Image,
    [switch] $Unattended
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../PSToyVmm.psd1"

$name = "toyvm-disk-$PID"
$folder = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) $name)
try {
    $disk = Join-Path $folder debian.img
    & cp --sparse=always --reflink=auto -- $Image $disk
    # Debian's kernel has its virtio drivers as modules, beside it.
    $initrd = New-ToyVmInitrd -Path (Join-Path $folder initrd.img) -Kernel $Kernel -Busybox $Busybox
    $vm = New-ToyVm -Kernel $Kernel -Initrd $initrd -Memory 256MB -Name $name -AppendCommandLine quiet
    $vm | Add-ToyVmDisk -Path $disk -Root
    # A tap where this user may make one, or else passt, which needs no rights. The host is the guest's gateway either way.
    $isRoot = [Environment]::IsPrivilegedProcess
    $network = $isRoot ? @{ Type = 'Tap'; HostAddress = '192.0.2.1/24' } : @{ Type = 'User' }
    $vm | Add-ToyVmNetworkAdapter @network
    $networkUp = $isRoot ?
        'busybox ip addr add 192.0.2.2/24 dev eth0; busybox ip link set eth0 up; busybox ip route add default via 192.0.2.1' :
        'busybox ip link set eth0 up; busybox udhcpc -i eth0 -q -n'
    $vm | Start-ToyVm

    $login = @('login: ', 'root'), @('Password: ', 'root')
    function Invoke-Conversation([object[]] $Exchange) {
        foreach ($part in $Exchange) {
            $null = $vm | Wait-ToyVmSerial -Pattern $part[0] -SimpleMatch -Timeout 240
            $vm | Send-ToyVmSerial -Line $part[1]
        }
    }
    $text = "from process $PID"
    Invoke-Conversation ($login + , @('# ', 'grep -h PRETTY /etc/os-release; findmnt -n /') + , @('# ', "echo $text > kept && echo wr''itten"))
    $null = $vm | Wait-ToyVmSerial -Pattern written -SimpleMatch -Timeout 60
    $vm | Restart-ToyVm -Timeout 240
    Invoke-Conversation ($login + , @('# ', 'cat kept'))
    $kept = $vm | Wait-ToyVmSerial -Pattern $text -SimpleMatch -Timeout 60

    # The host's side of the page: the guest asks once.
    $server = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Any, 0)
    $server.Start()
    $visitor = $server.AcceptTcpClientAsync()
    $gateway = 'busybox ip route | sed -n "s/default via \([^ ]*\).*/\1/p"'
    Invoke-Conversation @('# ', $networkUp), @('# ', "busybox wget -qO- http://`$($gateway):$($server.LocalEndpoint.Port)/page")
    if (-not $visitor.Wait(60000)) { throw "the guest did not ask for the page`n$($vm | Receive-ToyVmSerial)" }
    $page = "A page of process $PID's on $([Environment]::MachineName)"
    $answer = [IO.StreamWriter]::new($visitor.Result.GetStream())
    $answer.Write("HTTP/1.0 200 OK`r`nContent-Length: $($page.Length + 1)`r`n`r`n$page`n")
    $answer.Dispose()
    $null = $vm | Wait-ToyVmSerial -Pattern $page -SimpleMatch -Timeout 60

    if ($Unattended) {
        Invoke-Conversation @(, @('# ', 'poweroff'))
        $vm | Wait-ToyVm -Timeout 240
        $vm | Receive-ToyVmSerial
    }
    else {
        $vm | Connect-ToyVmSerial
    }
    $vm | Format-Table | Out-Host
    $vm | Get-ToyVmDevice | Format-Table | Out-Host
    if (-not $kept) { throw 'the file was not found again' }
    if ($Unattended -and $vm.StopReason -ne 'GuestPowerOff') { throw "the guest did not switch itself off: $($vm.Status)" }
    "The file was there again after the restart: $text"
    "The guest fetched from the host: $page"
}
finally {
    if (Test-Path Variable:server) { $server.Stop() }
    Get-ToyVm $name* | Remove-ToyVm -Force
    Remove-Item -LiteralPath $folder -Recurse
}
