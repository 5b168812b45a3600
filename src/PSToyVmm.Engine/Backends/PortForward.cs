using System.Net;
using System.Net.Sockets;

namespace PSToyVmm.Engine.Backends;

/// <summary>A port of the host that leads into the guest.</summary>
/// <param name="Address">The host's address; null for all of them.</param>
/// <param name="HostPort">The host's port.</param>
/// <param name="GuestPort">The guest's.</param>
/// <param name="IsUdp">UDP, not TCP.</param>
sealed record PortForward(IPAddress? Address, ushort HostPort, ushort GuestPort, bool IsUdp)
{
    /// <summary>As passt's -t and -u take it.</summary>
    public string Specification => $"{(Address is null ? "" : $"{Address}/")}{HostPort}:{GuestPort}";

    string Description => $"{(IsUdp ? "UDP" : "TCP")} port {HostPort}{(Address is null ? "" : $" of {Address}")}";

    /// <summary>Whether the host gives the port to whoever asks first.</summary>
    /// <exception cref="VmException">PortInUse, NetworkAccessDenied or NetworkOptionInvalid.</exception>
    public void RequireFree()
    {
        if (TryBind() is not { } error) return;
        throw error switch
        {
            SocketError.AddressAlreadyInUse => new VmException(VmErrorId.PortInUse, VmErrorKind.ResourceUnavailable,
                $"{Description} is used by another program on the host; stop that, or forward another port to the guest's {GuestPort}."),
            SocketError.AccessDenied => new VmException(VmErrorId.NetworkAccessDenied, VmErrorKind.PermissionDenied,
                $"{Description} is for administrators, as those below net.ipv4.ip_unprivileged_port_start are; forward one above."),
            SocketError.AddressNotAvailable => new VmException(VmErrorId.NetworkOptionInvalid, VmErrorKind.InvalidArgument,
                $"{Address} is no address of this host, so nothing can be forwarded from it."),
            _ => new VmException(VmErrorId.PortInUse, VmErrorKind.ResourceUnavailable, $"{Description} cannot be forwarded: {new SocketException((int)error).Message}."),
        };
    }

    /// <summary>Whether somebody has it now: passt says nothing of a port that it did not get.</summary>
    /// <exception cref="VmException">PortInUse.</exception>
    public void RequireTaken()
    {
        if (TryBind() is SocketError.AddressAlreadyInUse) return;
        throw new VmException(VmErrorId.PortInUse, VmErrorKind.ResourceUnavailable,
            $"{Description} could not be taken by passt, which has no rights on this host{(HostPort < 1024 ? "; forward one from 1024 on" : "")}.");
    }

    SocketError? TryBind()
    {
        IPAddress address = Address ?? IPAddress.Any;
        try
        {
            using Socket socket = IsUdp ? new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) : new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, HostPort));
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }
}
