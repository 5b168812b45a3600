using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>An initial RAM disk: a file of any content, placed at the highest page that kernel and memory allow.</summary>
public static class Initrd
{
    const ulong PageMask = GuestMemory.PageSize - 1;

    /// <summary>Checks that the file is there and fits, without a guest.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static void Check(string path, KernelPlacement kernel, ulong memoryBytes)
    {
        using BootFile file = Open(path);
        Place(file, kernel, memoryBytes);
    }

    /// <summary>Reads the file straight into guest memory.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static InitrdPlacement Load(GuestMemory memory, string path, KernelPlacement kernel)
    {
        using BootFile file = Open(path);
        InitrdPlacement placement = Place(file, kernel, memory.Size);
        file.Read(0, file.Length, memory, placement.Start);
        return placement;
    }

    static BootFile Open(string path) => BootFile.Open(path, "initrd", VmErrorId.FileUnreadable);

    /// <summary>Where an open file is to lie.</summary>
    internal static InitrdPlacement Place(BootFile file, KernelPlacement kernel, ulong memoryBytes)
    {
        ulong size = (ulong)file.Length;
        ulong lowest = (Math.Max(kernel.End, BootLayout.KernelMinimum.Value) + PageMask) & ~PageMask;
        ulong kernelLimit = kernel.InitrdAddressMax + 1ul;
        ulong limit = Math.Min(kernelLimit, BootLayout.LowMemory(memoryBytes));
        if (size <= limit && ((limit - size) & ~PageMask) is ulong start && start >= lowest) return new(new(start), size);

        // Whole pages at both ends, so that the advice holds whatever the size.
        ulong needed = lowest + ((size + PageMask) & ~PageMask);
        string advice = needed <= Math.Min(kernelLimit, GuestMemory.HoleStart)
            ? $"Give the machine at least {(needed + 0xf_ffff) >> 20} MiB of memory."
            : "No amount of memory makes room: use a smaller initrd.";
        throw new VmException(VmErrorId.InitrdDoesNotFit, VmErrorKind.InvalidArgument,
            $"The initrd '{file.Path}' has {size} bytes; between the kernel's end at 0x{kernel.End:x} and 0x{limit:x} there are {(limit > lowest ? limit - lowest : 0)}. {advice}");
    }
}
