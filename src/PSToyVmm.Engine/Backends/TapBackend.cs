using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio.Net;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A tap: an interface of the host, whose kernel routes or bridges the frames. One that was not there is made, and goes with this,
/// however the process ends. Frames are read and written straight between the kernel and guest memory.
/// </summary>
sealed class TapBackend : INetBackend
{
    readonly SafeFileHandle _tun;
    readonly int _descriptor; // its number: the device closes it after the last frame
    readonly string _name;
    readonly long _dropsBefore;

    TapBackend(SafeFileHandle tun, TapSettings settings)
    {
        (_tun, _descriptor, _name) = (tun, (int)tun.DangerousGetHandle(), settings.Name);
        bool isNew = settings.Name.Contains('%', StringComparison.Ordinal) || NetworkInterface.IndexOf(settings.Name) == 0;
        int error = TapDevice.Attach(tun, ref _name, isMultiQueue: false);
        if (error == Libc.EINVAL && !isNew) error = TapDevice.Attach(tun, ref _name, isMultiQueue: true); // an interface of the other sort
        if (error != 0) throw AttachFailed(settings.Name, isNew, error);
        Require(TapDevice.UseHeader(tun, NetHeader.Size), "be given virtio's header");
        Offloads = FindOffloads(tun);
        if (settings.Mtu != 0) Require(NetworkInterface.ChangeMtu(_name, settings.Mtu), $"have an MTU of {settings.Mtu}");
        Mtu = (ushort)Math.Min(NetworkInterface.MtuOf(_name), ushort.MaxValue);
        if (settings.HostAddress is { } address) Require(NetworkInterface.SetAddressOf(_name, address, settings.HostPrefix), $"have the address {address}/{settings.HostPrefix}");
        if (settings.Bridge.Length > 0)
        {
            if (NetworkInterface.IndexOf(settings.Bridge) == 0)
                throw new VmException(VmErrorId.NetworkInterfaceFailed, VmErrorKind.NotFound, $"There is no bridge '{settings.Bridge}'; make it with: ip link add {settings.Bridge} type bridge");
            int joined = NetworkInterface.JoinBridge(_name, settings.Bridge);
            // A tap that its owner had put there is where it should be.
            if (joined != Libc.EBUSY) Require(joined, $"join the bridge {settings.Bridge}");
        }
        Require(NetworkInterface.BringUp(_name), "be switched on");
        _dropsBefore = NetworkInterface.SendDropsOf(_name);
    }

    public string Engine => $"tap {_name}";

    public SafeHandle Handle => _tun;

    public ulong Offloads { get; }

    public ushort Mtu { get; }

    public bool HasFrames => false;

    public bool IsSending => false;

    public string? Failure { get; private set; }

    public long HostDropped => Math.Max(0, NetworkInterface.SendDropsOf(_name) - _dropsBefore);

    /// <summary>Makes a tap, or opens one that is there.</summary>
    /// <exception cref="VmException">NetworkTapUnavailable, NetworkAccessDenied, NetworkTapInUse or NetworkInterfaceFailed.</exception>
    public static TapBackend Open(TapSettings settings)
    {
        int descriptor = Libc.open(TapDevice.Path, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (descriptor < 0) throw OpenFailed(Errno.Last);
        SafeFileHandle tun = new(descriptor, ownsHandle: true);
        try
        {
            return new(tun, settings);
        }
        catch
        {
            tun.Dispose(); // and an interface that was made goes with it
            throw;
        }
    }

    public void UseOffloads(ulong features)
    {
        uint offloads = 0;
        foreach ((ulong feature, uint offload) in s_guestOffloads)
            if ((features & feature) == feature)
                offloads |= offload;
        // A sum that the kernel does not know is an offer that was not made; whole frames are always right.
        if (TapDevice.UseOffloads(_tun, offloads) != 0) TapDevice.UseOffloads(_tun, 0);
    }

    public void SetCarrier(bool isUp) => TapDevice.UseCarrier(_tun, isUp);

    public int Receive(nint vectors, int count)
    {
        nint length = Libc.readv(_descriptor, vectors, count);
        return length >= 0 ? (int)length : -Failed(Errno.Last);
    }

    public int Send(nint vectors, int count)
    {
        if (Libc.writev(_descriptor, vectors, count) >= 0) return 0;
        int error = Errno.Last;
        return error is Libc.EAGAIN or Libc.EINTR ? INetBackend.WouldBlock : Failed(error);
    }

    public void Flush()
    {
        // Each frame goes in one call.
    }

    public void Dispose() => _tun.Dispose();

    static readonly (ulong Feature, uint Offload)[] s_guestOffloads =
    [
        (NetFeature.GuestChecksum, TapDevice.Checksum),
        (NetFeature.GuestTcp4, TapDevice.Tcp4),
        (NetFeature.GuestTcp6, TapDevice.Tcp6),
        (NetFeature.GuestCongestion, TapDevice.Congestion),
        (NetFeature.GuestUdp4 | NetFeature.GuestUdp6, TapDevice.Udp4 | TapDevice.Udp6), // the kernel knows them together
    ];

    // What it takes from a guest is what it can be asked to give one.
    static ulong FindOffloads(SafeFileHandle tun)
    {
        const uint Tcp = TapDevice.Checksum | TapDevice.Tcp4 | TapDevice.Tcp6 | TapDevice.Congestion, Udp = TapDevice.Udp4 | TapDevice.Udp6;
        ulong found = 0;
        if (TapDevice.UseOffloads(tun, Tcp) == 0)
            found = NetFeature.GuestChecksum | NetFeature.HostChecksum | NetFeature.GuestTcp4 | NetFeature.GuestTcp6 | NetFeature.GuestCongestion
                | NetFeature.HostTcp4 | NetFeature.HostTcp6 | NetFeature.HostCongestion;
        if (found != 0 && TapDevice.UseOffloads(tun, Tcp | Udp) == 0) found |= NetFeature.GuestUdp4 | NetFeature.GuestUdp6 | NetFeature.HostUdp;
        TapDevice.UseOffloads(tun, 0);
        return found;
    }

    int Failed(int error)
    {
        if (error is Libc.EAGAIN or Libc.EINTR) return 0;
        if (error == Libc.EBADFD) Failure = $"the tap '{_name}' was deleted on the host";
        return error;
    }

    void Require(int error, string what)
    {
        if (error == 0) return;
        throw error is Libc.EPERM or Libc.EACCES
            ? Denied($"The tap '{_name}' cannot {what}")
            : new(VmErrorId.NetworkInterfaceFailed, VmErrorKind.InvalidArgument, $"The tap '{_name}' cannot {what}: {Errno.Describe(error)}.");
    }

    static VmException OpenFailed(int error) => error switch
    {
        Libc.EACCES or Libc.EPERM => Denied($"{TapDevice.Path} cannot be opened ({FileOwner.Describe(TapDevice.Path)})"),
        _ => new(VmErrorId.NetworkTapUnavailable, VmErrorKind.NotSupported,
            $"{TapDevice.Path} cannot be opened: {Errno.Describe(error)}. Load the kernel's module tun, pass the device into the container, or use the network of the kind User, which needs none."),
    };

    static VmException AttachFailed(string name, bool isNew, int error) => error switch
    {
        Libc.EPERM or Libc.EACCES => Denied(isNew ? "A tap cannot be made" : $"The tap '{name}' is another user's"),
        Libc.EBUSY => new(VmErrorId.NetworkTapInUse, VmErrorKind.ResourceUnavailable, $"The tap '{name}' is used by another program or machine; stop that first, or give another name."),
        Libc.EINVAL when !isNew => new(VmErrorId.NetworkInterfaceFailed, VmErrorKind.InvalidArgument, $"The interface '{name}' is no tap; give the name of a tap, or one that is free."),
        _ => new(VmErrorId.NetworkInterfaceFailed, VmErrorKind.InvalidArgument, $"The tap '{name}' cannot be {(isNew ? "made" : "used")}: {Errno.Describe(error)}."),
    };

    static VmException Denied(string what) => new(VmErrorId.NetworkAccessDenied, VmErrorKind.PermissionDenied,
        $"{what}: that needs CAP_NET_ADMIN. An administrator can make a tap for you once (ip tuntap add tap0 mode tap user $USER; ip link set tap0 up), or use the network of the kind User, which needs no rights.");
}
