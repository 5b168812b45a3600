BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $NoKvm = -not (Test-KvmUsable)
    # As root with the device: in a container without CAP_NET_ADMIN, the unit tests say so and skip.
    $NoTap = $NoKvm -or -not (Test-Path /dev/net/tun) -or -not (Get-Command ip, /usr/sbin/ip -ErrorAction Ignore) -or (id -u) -ne 0
    $NoPasst = $NoKvm -or -not (Get-Command passt -ErrorAction Ignore) -or -not (Get-Content /proc/net/route | Where-Object { $_ -match '^\S+\t00000000\t' })
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
}

Describe 'Network adapters of machines' {
    AfterEach { Get-ToyVm | Remove-ToyVm -Force }

    It 'are words, words with a detail, and hashtables' {
        $vm = New-ToyVm (New-TinyKernel) -Network User, 'User:8080:80,2222:22', Tap, Tap:tap7, @{ hostaddress = '192.0.2.1/24'; Mtu = 9000; Disconnected = $true }, @{ PortForward = '53/udp', '54' }
        $adapters = $vm | Get-ToyVmNetworkAdapter
        $adapters | Should -BeOfType PSToyVmm.VmNetworkAdapter
        $adapters.Type | Should -Be User, User, Tap, Tap, Tap, User
        $adapters.GuestName | Should -Be eth0, eth1, eth2, eth3, eth4, eth5
        $adapters[1].PortForward | Should -Be '8080:80', '2222:22'
        $adapters[3].TapName | Should -Be tap7
        $adapters[4].HostAddress, $adapters[4].Mtu, $adapters[4].Connected | Should -Be '192.0.2.1/24', 9000, $false
        $adapters[5].PortForward | Should -Be '53/udp', '54'
        $adapters.MacAddress | Sort-Object -Unique | Should -HaveCount 6
        ($vm | New-ToyVm -Name copy | Get-ToyVmNetworkAdapter).Type | Should -Be $adapters.Type
    }

    It 'refuses <_>' -ForEach 'Bridge', 'Tap7' {
        { New-ToyVm (New-TinyKernel) -Network $_ } | Should -Throw "*'$_' is no network: give User*"
    }

    It 'refuses a table with an unknown key, and what cannot be' {
        { New-ToyVm (New-TinyKernel) -Network @{ Typ = 'Tap' } } | Should -Throw "*has no 'Typ'*"
        { New-ToyVm (New-TinyKernel) -Network @{ Mtu = 'large' } } | Should -Throw "*Mtu cannot be 'large'*"
        (Get-FailureOf { New-ToyVm (New-TinyKernel) -Network User:0:80 }).FullyQualifiedErrorId | Should -Be 'NetworkOptionInvalid,PSToyVmm.NewToyVmCommand'
    }

    It 'completes kinds of networks' {
        Get-Completion 'New-ToyVm -Network u' | Should -Be User, User:8080:80
        Get-Completion 'Add-ToyVmNetworkAdapter t' | Should -Contain Tap
    }

    It 'adds, sets and removes' {
        $vm = New-ToyVm (New-TinyKernel) -Name web
        (Add-ToyVmNetworkAdapter User web -PortForward 8080:80 -PassThru).PortForward | Should -Be 8080:80
        $vm | Add-ToyVmNetworkAdapter Tap -TapName tap7 -MacAddress 52-54-00-12-34-56 -Disconnected
        $second = Set-ToyVmNetworkAdapter 1 web -Mtu 9000 -Connected $true -PassThru
        $second.Mtu, $second.Connected, $second.TapName, $second.MacAddress | Should -Be 9000, $true, tap7, '52:54:00:12:34:56'
        (Set-ToyVmNetworkAdapter 0 web -PortForward @() -PassThru).PortForward | Should -BeNullOrEmpty
        Get-ToyVmNetworkAdapter web | Set-ToyVmNetworkAdapter -Connected $false
        (Get-ToyVmNetworkAdapter web).Connected | Should -Be $false, $false
        Add-ToyVmNetworkAdapter User web -WhatIf
        Set-ToyVmNetworkAdapter 0 web -Mtu 1400 -WhatIf
        Get-ToyVmNetworkAdapter web | Remove-ToyVmNetworkAdapter -WhatIf
        (Get-ToyVmNetworkAdapter web).Mtu | Should -Be 0, 9000
        $adapters = Get-ToyVmNetworkAdapter web
        $adapters | Remove-ToyVmNetworkAdapter
        Get-ToyVmNetworkAdapter web | Should -BeNullOrEmpty
        (Get-FailureOf { $adapters[0] | Remove-ToyVmNetworkAdapter }).FullyQualifiedErrorId | Should -Be 'NetworkAdapterNotFound,PSToyVmm.RemoveToyVmNetworkAdapterCommand'
        (Get-FailureOf { Set-ToyVmNetworkAdapter 0 web -Connected $true }).FullyQualifiedErrorId | Should -Be 'NetworkAdapterNotFound,PSToyVmm.SetToyVmNetworkAdapterCommand'
        (Get-FailureOf { Add-ToyVmNetworkAdapter User web -TapName tap7 }).FullyQualifiedErrorId | Should -Be 'NetworkOptionInvalid,PSToyVmm.AddToyVmNetworkAdapterCommand'
    }

    It 'adds and sets every option, removes by number' {
        $null = New-ToyVm (New-TinyKernel) -Name web
        $adapter = Add-ToyVmNetworkAdapter Tap web -TapName tap7 -Bridge br0 -Mtu 1400 -PassThru
        $adapter.TapName, $adapter.Bridge, $adapter.Mtu | Should -Be tap7, br0, 1400
        (Add-ToyVmNetworkAdapter Tap web -HostAddress 192.0.2.1/24 -PassThru).HostAddress | Should -Be 192.0.2.1/24
        $adapter = Set-ToyVmNetworkAdapter 0 web -TapName tap8 -Bridge br1 -MacAddress 52:54:00:00:00:07 -PassThru
        $adapter.TapName, $adapter.Bridge, $adapter.MacAddress | Should -Be tap8, br1, '52:54:00:00:00:07'
        (Set-ToyVmNetworkAdapter 1 web -HostAddress 192.0.2.9/24 -PassThru).HostAddress | Should -Be 192.0.2.9/24
        Remove-ToyVmNetworkAdapter 0 web
        (Get-ToyVmNetworkAdapter web).HostAddress | Should -Be 192.0.2.9/24
        (Get-FailureOf { Remove-ToyVmNetworkAdapter 1 web }).FullyQualifiedErrorId | Should -Be 'NetworkAdapterNotFound,PSToyVmm.RemoveToyVmNetworkAdapterCommand'
    }

    It 'are shown as a table for each machine' {
        New-ToyVm (New-TinyKernel) -Name web -Network @{ PortForward = '8080:80', '22'; MacAddress = '52:54:00:12:34:56'; Mtu = 1400 } | Out-Null
        $lines = Get-ToyVmNetworkAdapter web | Get-Rendering
        $lines[0] | Should -Match 'Virtual machine: web$'
        $lines[-1] | Should -Match '0 eth0 +User +True +52:54:00:12:34:56 +MTU 1400, 8080:80, 22$'
    }

    It 'has a tap while the machine runs, whose cable can be pulled out' -Tag Tap -Skip:$NoTap {
        New-ToyVm (New-TinyKernel -Then Halt) -Name web -Memory 64MB -Network Tap | Start-ToyVm
        $tap = (Get-ToyVmNetworkAdapter web).TapName
        $tap | Should -Match '^toy-web\d+$'
        (Get-ToyVmDevice web).Backend | Should -Be "tap $tap"
        Get-Content "/sys/class/net/$tap/carrier" | Should -Be 1
        Set-ToyVmNetworkAdapter 0 web -Connected $false
        Get-Content "/sys/class/net/$tap/carrier" | Should -Be 0
        (Get-FailureOf { Set-ToyVmNetworkAdapter 0 web -Mtu 1400 }).FullyQualifiedErrorId | Should -Be 'VmRunning,PSToyVmm.SetToyVmNetworkAdapterCommand'
        Stop-ToyVm web -TurnOff
        "/sys/class/net/$tap" | Should -Not -Exist
        (Get-ToyVmNetworkAdapter web).TapName | Should -BeNullOrEmpty
    }

    It 'has a passt while the machine runs, and names a port that somebody has' -Tag Passt -Skip:$NoPasst {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Any, 0)
        $listener.Start()
        try {
            $port = $listener.LocalEndpoint.Port
            New-ToyVm (New-TinyKernel -Then Halt) -Name web -Memory 64MB -Network "User:${port}:80" | Out-Null
            $failure = Get-FailureOf { Start-ToyVm web }
            $failure.FullyQualifiedErrorId | Should -Be 'PortInUse,PSToyVmm.StartToyVmCommand'
            "$failure" | Should -Match "TCP port $port"
        }
        finally { $listener.Stop() }
        Start-ToyVm web
        (Get-ToyVmDevice web).Backend | Should -Be passt
    }

    It 'says what to install where passt is absent' -Tag Kvm -Skip:$NoKvm {
        New-ToyVm (New-TinyKernel) -Name web -Network User | Out-Null
        $path = $env:PATH
        try {
            $env:PATH = '/nonexistent'
            $failure = Get-FailureOf { Start-ToyVm web }
        }
        finally { $env:PATH = $path }
        $failure.FullyQualifiedErrorId | Should -Be 'PasstNotFound,PSToyVmm.StartToyVmCommand'
        "$failure" | Should -Match 'apt-get install passt'
    }
}
