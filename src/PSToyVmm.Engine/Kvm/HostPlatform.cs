using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Kvm;

/// <summary>Where KVM for x86-64 guests exists at all.</summary>
static class HostPlatform
{
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <exception cref="VmException">PlatformNotSupported.</exception>
    public static void ThrowUnlessSupported()
    {
        if (!IsSupported)
            throw new VmException(VmErrorId.PlatformNotSupported, VmErrorKind.NotSupported,
                $"PSToyVmm runs guests through KVM on Linux x86-64; this is {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}. The module can be imported here, machines cannot be started.");
    }
}
