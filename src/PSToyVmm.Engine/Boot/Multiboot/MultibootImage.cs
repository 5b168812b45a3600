using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Multiboot;

/// <summary>
/// A kernel with a Multiboot header: an ELF executable of either class, or any file whose header says where it goes
/// (Multiboot Specification 0.6.96, 3.1). Where the header has addresses they count, also for an ELF file.
/// </summary>
static class MultibootImage
{
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static KernelImage Parse(BootFile file, ReadOnlySpan<byte> head, MultibootHeader header)
    {
        if (header.Unsupported is { } feature)
            throw file.Fault(VmErrorId.MultibootFeatureUnsupported, $"requires by its Multiboot header {feature}.");
        if (header.Addresses is { } addresses)
        {
            KernelSegment segment = ToSegment(file, header.Offset, addresses);
            return new(file, KernelFormat.Flat, Placement(file, new(addresses.Entry), segment.Start, segment.End), [segment]);
        }
        if (!ElfImage.Matches(head))
            throw Invalid(file, "gives no addresses (bit 16), and the file is no ELF executable either; set the bit and fill them in");
        ElfFile elf = ElfFile.Read(file, head);
        KernelPlacement placement = ElfImage.Place(file, elf, BootProtocol.Multiboot, elf.Entry, out KernelSegment[] segments);
        return new(file, KernelFormat.Elf, Placement(file, placement.Entry, placement.Start, placement.End), segments);
    }

    /// <summary>An error about the header; the sentence goes on after "its Multiboot header".</summary>
    public static VmException Invalid(BootFile file, string sentence) => file.Fault(VmErrorId.MultibootHeaderInvalid, $"cannot be booted: its Multiboot header {sentence}.");

    static KernelSegment ToSegment(BootFile file, int headerOffset, in MultibootAddresses a)
    {
        if (a.Load > a.Header) throw Invalid(file, $"wants to be at 0x{a.Header:x} and the kernel from 0x{a.Load:x} on: load_addr may not be above header_addr");
        if (a.Header - a.Load > headerOffset)
            throw Invalid(file, $"lies at 0x{headerOffset:x} in the file, less than the 0x{a.Header - a.Load:x} bytes between load_addr and header_addr");
        if (a.LoadEnd != 0 && a.LoadEnd <= a.Load) throw Invalid(file, $"loads nothing: load_end_addr 0x{a.LoadEnd:x} is not above load_addr 0x{a.Load:x}");

        long offset = headerOffset - (a.Header - a.Load), available = file.Length - offset;
        long size = a.LoadEnd == 0 ? available : a.LoadEnd - a.Load;
        if (size > available)
            throw file.Fault(VmErrorId.KernelTruncated, $"has 0x{available:x} of the 0x{size:x} bytes that its Multiboot header wants loaded; copy or build it again.");
        ulong end = a.Load + (ulong)size;
        if (a.BssEnd != 0 && a.BssEnd < end) throw Invalid(file, $"ends its zeros at 0x{a.BssEnd:x} (bss_end_addr), before what is loaded ends at 0x{end:x}");

        ulong memorySize = Math.Max(end, a.BssEnd) - a.Load;
        KernelSegment.RequireRoom(file, "a part", a.Load, memorySize, BootProtocol.Multiboot);
        if (a.Entry < a.Load || a.Entry >= end)
            throw file.Fault(VmErrorId.KernelEntryOutsideSegments, $"enters at 0x{a.Entry:x} (entry_addr); its Multiboot header loads 0x{a.Load:x} to 0x{end:x}.");
        return new(new(a.Load), memorySize, offset, size);
    }

    // The specification knows no limit; ours is the room, which the kernel's own name shares.
    static KernelPlacement Placement(BootFile file, GuestAddress entry, GuestAddress start, ulong end) =>
        new(entry, start, end, SetupHeader: null, InitrdAddressMax: uint.MaxValue, BootLayout.CommandLineRoom - 1)
        {
            Protocol = BootProtocol.Multiboot,
            CommandLinePrefix = BootModules.NameOf(file.Path),
        };
}
