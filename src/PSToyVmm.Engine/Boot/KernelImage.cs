using PSToyVmm.Engine.Boot.Multiboot;
using PSToyVmm.Engine.Boot.Unpacking;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// A kernel file whose headers make sense, recognised by its bytes and never by its name. It holds the file open; whoever
/// opened it disposes it, as soon as it is loaded.
/// </summary>
public sealed class KernelImage : IDisposable
{
    // Headers of all formats and every signature lie in it.
    const int HeadLength = MultibootHeader.SearchLength;

    readonly BootFile _file;
    readonly KernelSegment[] _segments;
    readonly KernelPayload? _payload;
    bool _unpack;

    internal KernelImage(BootFile file, KernelFormat format, KernelPlacement placement, KernelSegment[] segments, KernelPayload? payload = null) =>
        (_file, Format, Placement, _segments, _payload) = (file, format, placement, segments, payload);

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>What it was recognised as.</summary>
    public KernelFormat Format { get; }

    /// <summary>Where it goes. The same in every guest that is large enough.</summary>
    public KernelPlacement Placement { get; }

    /// <summary>Whether it is a bzImage whose kernel <see cref="Load"/> could unpack.</summary>
    public bool CanUnpack => _payload?.Format is { IsKnown: true };

    /// <summary>
    /// Lets <see cref="Load"/> unpack the kernel in a bzImage and place that, in the same memory; does nothing for others.
    /// </summary>
    /// <exception cref="VmException"><see cref="VmErrorId.KernelPayloadUnsupported"/>.</exception>
    public void UnpackAtLoad()
    {
        _payload?.RequireKnown();
        _unpack = _payload is not null;
    }

    /// <summary>Opens a kernel and checks all that can be checked without a guest. Reads its headers only.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="protocol">By which it is to be entered.</param>
    /// <exception cref="VmException">With the id of what is wrong with the file.</exception>
    public static KernelImage Open(string path, BootProtocol protocol = BootProtocol.Auto)
    {
        BootFile file = BootFile.Open(path, "kernel", VmErrorId.KernelTruncated);
        try
        {
            byte[] head = new byte[Math.Min(file.Length, HeadLength)];
            file.Read(0, head);
            return Recognize(file, head, protocol);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static KernelImage Recognize(BootFile file, byte[] head, BootProtocol protocol)
    {
        bool isBzImage = BzImage.Matches(head);
        string? nearMiss = null;
        if (protocol == BootProtocol.Multiboot || (protocol == BootProtocol.Auto && !isBzImage))
        {
            if (MultibootHeader.Find(head, out nearMiss) is { } header) return MultibootImage.Parse(file, head, header);
            if (protocol == BootProtocol.Multiboot && nearMiss is null)
                throw file.Fault(VmErrorId.BootProtocolUnavailable, $"has no Multiboot header in its first {MultibootHeader.SearchLength} bytes; leave out -BootProtocol.");
            if (protocol == BootProtocol.Multiboot) throw MultibootImage.Invalid(file, nearMiss!);
        }
        if (isBzImage)
            return protocol != BootProtocol.Pvh ? BzImage.Parse(file, head)
                : throw file.Fault(VmErrorId.BootProtocolUnavailable, "is a bzImage, whose PVH entry point is in the compressed kernel; give the vmlinux, or leave out -BootProtocol.");
        try
        {
            return ElfImage.Matches(head) ? ElfImage.Parse(file, head, protocol) : throw NotAKernel(file, head);
        }
        catch (VmException e) when (nearMiss is not null && e.Id is VmErrorId.KernelNot64Bit or VmErrorId.KernelNotRecognized)
        {
            // Four bytes may look like a header by chance; in a file that nothing else boots they are one that went wrong.
            throw MultibootImage.Invalid(file, nearMiss!);
        }
    }

    /// <summary>Checks that the kernel fits into a guest of that much memory.</summary>
    /// <exception cref="VmException"><see cref="VmErrorId.MemoryTooSmall"/> with the number of bytes needed.</exception>
    public void RequireMemory(ulong memoryBytes)
    {
        // The first MiB is never dispensable: boot structures, firmware tables, the reset vector.
        ulong end = Math.Max(Placement.End, BootLayout.KernelMinimum.Value);
        if (end <= BootLayout.LowMemory(memoryBytes)) return;
        ulong needed = (end + GuestMemory.PageSize - 1) & ~(ulong)(GuestMemory.PageSize - 1);
        throw new VmException(VmErrorId.MemoryTooSmall, VmErrorKind.InvalidArgument,
            $"'{Path}' needs {needed} bytes of memory to start and more to run; the machine has {memoryBytes}. Give it at least {(needed + 0xf_ffff) >> 20} MiB.");
    }

    /// <summary>Reads the kernel straight into guest memory and zeroes what its segments want zeroed.</summary>
    /// <exception cref="VmException">It does not fit, or its file changed since it was opened.</exception>
    public KernelPlacement Load(GuestMemory memory)
    {
        RequireMemory(memory.Size);
        if (!_unpack)
        {
            Copy(_file, _segments, memory);
            return Placement;
        }
        UnpackedKernel kernel = _payload!.Unpack();
        ElfFile? elf = ElfImage.Matches(kernel.Bytes) ? ElfFile.Read(kernel, kernel.Bytes) : null;
        if (elf is not { Is64Bit: true }) throw kernel.Fault(VmErrorId.KernelPayloadDamaged, elf is null ? "is no ELF file." : "is a 32-bit one.");
        KernelPlacement inside = ElfImage.Place(kernel, elf, BootProtocol.Linux, elf.Entry, out KernelSegment[] segments);
        if (inside.Start < Placement.Start || inside.End > Placement.End)
            throw kernel.Fault(VmErrorId.KernelPayloadDamaged, $"wants {inside.Start} to 0x{inside.End:x}; its bzImage sets aside {Placement.Start} to 0x{Placement.End:x}.");
        Copy(kernel, segments, memory);
        // The rest stays as the bzImage said, its setup header too: the kernel reads from it what the loader filled in.
        return Placement with { Entry = inside.Entry };
    }

    static void Copy(IKernelSource source, KernelSegment[] segments, GuestMemory memory)
    {
        foreach (KernelSegment segment in segments)
        {
            source.Read(segment.FileOffset, segment.FileSize, memory, segment.Start);
            Clear(memory, segment.Start + (ulong)segment.FileSize, segment.Size - (ulong)segment.FileSize);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    // In steps, because a span counts by int and a segment may have up to 3 GiB.
    static void Clear(GuestMemory memory, GuestAddress at, ulong length)
    {
        for (int step; length > 0; (at, length) = (at + (ulong)step, length - (ulong)step))
            memory.Slice(at, step = (int)Math.Min(length, 1 << 30)).Clear();
    }

    static VmException NotAKernel(BootFile file, ReadOnlySpan<byte> head)
    {
        if (FileSignature.Recognize(head) is not { } found)
            return file.Fault(VmErrorId.KernelNotRecognized, $"is not a kernel; {FileSignature.WhatBoots}.");
        string id = found.IsForeignKernel ? VmErrorId.KernelArchitectureUnsupported : VmErrorId.KernelNotRecognized;
        return file.Fault(id, $"is {found.Name}; {FileSignature.WhatBoots}.{(found.Advice is null ? "" : " " + found.Advice)}");
    }
}
