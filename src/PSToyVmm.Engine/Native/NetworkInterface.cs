using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PSToyVmm.Engine.Native;

/// <summary>A network interface of the host by its name (netdevice(7)). What changes it returns 0 or the error number.</summary>
static unsafe class NetworkInterface
{
    /// <summary>Characters of a name, at the most (IFNAMSIZ less its end).</summary>
    public const int LongestName = 15;

    const nuint GetFlags = 0x8913, SetFlags = 0x8914, SetAddress = 0x8916, SetMask = 0x891c, GetMtu = 0x8921, SetMtu = 0x8922, GetIndex = 0x8933, AddToBridge = 0x89a2;
    const short Up = 1;

    /// <summary>Its number; 0 where there is no such interface.</summary>
    public static int IndexOf(string name) => Call(name, GetIndex, default, out InterfaceRequest answer) == 0 ? answer.Number : 0;

    /// <summary>Bytes of a frame behind its Ethernet header; 0 where there is no such interface.</summary>
    public static int MtuOf(string name) => Call(name, GetMtu, default, out InterfaceRequest answer) == 0 ? answer.Number : 0;

    public static int ChangeMtu(string name, int mtu) => Call(name, SetMtu, new() { Number = mtu }, out _);

    /// <summary>Switches it on, unless it is.</summary>
    public static int BringUp(string name)
    {
        int error = Call(name, GetFlags, default, out InterfaceRequest answer);
        if (error != 0 || (answer.Flags & Up) != 0) return error;
        answer.Flags |= Up;
        return Call(name, SetFlags, answer, out _);
    }

    /// <summary>Makes it a port of a bridge.</summary>
    public static int JoinBridge(string name, string bridge) => Call(bridge, AddToBridge, new() { Number = IndexOf(name) }, out _);

    /// <summary>Gives it an address, and with it the route to its network.</summary>
    public static int SetAddressOf(string name, IPAddress address, int prefix)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Ipv6Request request = new() { Prefix = (uint)prefix, Index = IndexOf(name) };
            address.TryWriteBytes(new(request.Address, 16), out _);
            return Call(Libc.AF_INET6, SetAddress, &request);
        }
        int error = Call(name, SetAddress, Of(address.GetAddressBytes()), out _);
        return error != 0 ? error : Call(name, SetMask, Of(BitConverter.GetBytes(IPAddress.HostToNetworkOrder((int)(prefix == 0 ? 0 : uint.MaxValue << (32 - prefix))))), out _);

        static InterfaceRequest Of(byte[] bytes) => new() { Family = Libc.AF_INET, Address = BitConverter.ToUInt32(bytes) };
    }

    /// <summary>
    /// Frames that the host had for an interface and that it lost, as nobody took them: the second number of what it sent, of
    /// /proc/net/dev, which tells of the same interfaces as this process has.
    /// </summary>
    public static long SendDropsOf(string name)
    {
        const int SentDrops = 11;
        try
        {
            foreach (string line in File.ReadLines("/proc/thread-self/net/dev"))
                if (line.AsSpan().TrimStart().StartsWith($"{name}:", StringComparison.Ordinal))
                    return long.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[SentDrops], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // No procfs: then nobody knows.
        }
        return 0;
    }

    static int Call(string name, nuint request, InterfaceRequest argument, out InterfaceRequest answer)
    {
        argument.Name = name;
        int error = Call(Libc.AF_INET, request, &argument);
        answer = argument;
        return error;
    }

    static int Call(int family, nuint request, void* argument)
    {
        int descriptor = Libc.socket(family, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (descriptor < 0) return Errno.Last;
        using SafeFileHandle socket = new(descriptor, ownsHandle: true);
        return Libc.ioctl(socket, request, (nint)argument) == 0 ? 0 : Errno.Last;
    }
}

/// <summary>What most requests about interfaces take; which of the second half is meant, each knows.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40), NativeName("struct ifreq", "net/if.h")]
unsafe struct InterfaceRequest
{
    [FieldOffset(0)] fixed byte _name[16];
    [FieldOffset(16), NativeField("ifr_flags")] public short Flags;
    [FieldOffset(16), NativeField("ifr_ifindex")] public int Number;
    [FieldOffset(16), NativeField("ifr_addr.sa_family")] public ushort Family;
    [FieldOffset(20)] uint _address; // struct sockaddr_in's, in the bytes of struct sockaddr

    public uint Address
    {
        readonly get => _address;
        set => _address = value;
    }

    public string Name
    {
        get
        {
            fixed (byte* name = _name) return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        }
        set
        {
            fixed (byte* name = _name) Encoding.UTF8.GetBytes(value.AsSpan(), new(name, NetworkInterface.LongestName));
        }
    }
}

/// <summary>The request that gives an interface an IPv6 address.</summary>
[NativeName("struct in6_ifreq", "linux/ipv6.h")]
unsafe struct Ipv6Request
{
    [NativeField("ifr6_addr")] public fixed byte Address[16];
    [NativeField("ifr6_prefixlen")] public uint Prefix;
    [NativeField("ifr6_ifindex")] public int Index;
}
