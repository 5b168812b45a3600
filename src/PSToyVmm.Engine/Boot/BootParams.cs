using PSToyVmm.Engine.Boot.Structs;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>Writes the zero page: all that the kernel is told about the machine and about its own neighbours.</summary>
static class BootParams
{
    // What vmlinux is told of itself; a bzImage brings its own header.
    const ushort ProtocolVersion = 0x20c;
    const uint DefaultKernelAlignment = 0x100_0000;

    public static void Write(GuestMemory memory, KernelPlacement kernel, InitrdPlacement? initrd, GuestAddress? acpiRsdp)
    {
        Span<byte> bytes = memory.Slice(BootLayout.BootParams, GuestMemory.PageSize);
        bytes.Clear();
        ref ZeroPage page = ref memory.Ref<ZeroPage>(BootLayout.BootParams);
        if (kernel.SetupHeader is { } own) own.Span.CopyTo(bytes[SetupHeader.Offset..]);
        else page.Header = HeaderForElf(kernel);

        ref SetupHeader header = ref page.Header;
        header.TypeOfLoader = SetupHeader.UnknownLoader;
        header.Code32Start = (uint)kernel.Start.Value;
        header.CmdLinePtr = (uint)BootLayout.CommandLine.Value;
        if (initrd is { } disk)
        {
            (header.RamdiskImage, page.ExtRamdiskImage) = Split(disk.Start.Value);
            (header.RamdiskSize, page.ExtRamdiskSize) = Split(disk.Size);
        }
        if (acpiRsdp is { } rsdp) page.AcpiRsdpAddr = rsdp.Value;

        IReadOnlyList<MemoryRange> map = MemoryMap.Describe(memory);
        for (int i = 0; i < map.Count; i++)
            page.E820Table[i] = new() { Addr = map[i].Start.Value, Size = map[i].Size, Type = map[i].Kind };
        page.E820Entries = (byte)map.Count;
    }

    static SetupHeader HeaderForElf(KernelPlacement kernel) => new()
    {
        BootFlag = SetupHeader.BootFlagMagic,
        Header = SetupHeader.HeaderMagic,
        Version = ProtocolVersion,
        Loadflags = SetupHeader.LoadedHigh,
        KernelAlignment = DefaultKernelAlignment,
        InitrdAddrMax = kernel.InitrdAddressMax,
        CmdlineSize = kernel.CommandLineMax,
    };

    static (uint Low, uint High) Split(ulong value) => ((uint)value, (uint)(value >> 32));
}
