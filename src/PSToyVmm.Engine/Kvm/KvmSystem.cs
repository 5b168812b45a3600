using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>/dev/kvm itself: what KVM can do, and new machines.</summary>
sealed unsafe class KvmSystem : KvmHandle
{
    public const string DefaultDevice = "/dev/kvm";
    public const int StableApiVersion = 12;

    /// <summary>KVM_MAX_CPUID_ENTRIES of every kernel so far.</summary>
    public const int MostCpuidEntries = 256;

    KvmSystem(int descriptor) : base(descriptor)
    {
    }

    /// <summary>Opens the device.</summary>
    /// <exception cref="VmException">PlatformNotSupported, KvmNotPresent or KvmAccessDenied, each with its remedy.</exception>
    public static KvmSystem Open(string device = DefaultDevice)
    {
        HostPlatform.ThrowUnlessSupported();
        int descriptor = Libc.open(device, Libc.O_RDWR | Libc.O_CLOEXEC);
        if (descriptor >= 0) return new(descriptor);
        throw Errno.Last switch
        {
            Libc.ENOENT or Libc.ENODEV => new VmException(VmErrorId.KvmNotPresent, VmErrorKind.NotFound,
                $"{device} is not there. Switch on hardware virtualization (in the firmware, or nested virtualization of the machine you are in) and load the module: modprobe kvm-amd or kvm-intel."),
            Libc.EACCES or Libc.EPERM => new VmException(VmErrorId.KvmAccessDenied, VmErrorKind.PermissionDenied,
                $"This user may not open {device}. Join its group (sudo usermod -aG kvm $USER, then log in again) or give access (sudo setfacl -m u:$USER:rw {device})."),
            int errno => new VmException(VmErrorId.KvmNotPresent, VmErrorKind.DeviceError, $"{device} cannot be opened: {Errno.Describe(errno)}."),
        };
    }

    public int ApiVersion => Call(Ioctl.Plain(0x00));

    /// <summary>Bytes of the page run that a vCPU shares: struct kvm_run, its I/O data, and more.</summary>
    public int VcpuMappingSize => Call(Ioctl.Plain(0x04));

    /// <summary>0 where KVM lacks it; the number that it reports otherwise.</summary>
    public int Check(KvmCapability capability) => Call(Ioctl.Plain(0x03), (nint)capability);

    /// <summary>Makes a machine. A signal that comes meanwhile, as the runtime sends them to its threads, breaks that off: then again.</summary>
    public VmHandle CreateVm()
    {
        while (true)
        {
            try { return new(Call(Ioctl.Plain(0x01))); }
            catch (KvmException e) when (e.Errno == Libc.EINTR) { }
        }
    }

    /// <summary>The leaves of CPUID that KVM and this processor can give a guest (KVM_GET_SUPPORTED_CPUID).</summary>
    public KvmCpuidEntry[] GetSupportedCpuid()
    {
        // E2BIG would say that the number has grown.
        for (int room = MostCpuidEntries; ; room *= 2)
        {
            byte[] buffer = new byte[sizeof(KvmCpuidHeader) + (room * sizeof(KvmCpuidEntry))];
            fixed (byte* pointer = buffer)
            {
                KvmCpuidHeader* header = (KvmCpuidHeader*)pointer;
                header->Count = (uint)room;
                try
                {
                    Call(Ioctl.Exchanges<KvmCpuidHeader>(0x05), (nint)pointer);
                }
                catch (KvmException e) when (e.IsTooSmall && room < 4096)
                {
                    continue;
                }
                return new ReadOnlySpan<KvmCpuidEntry>(header + 1, (int)header->Count).ToArray();
            }
        }
    }
}
