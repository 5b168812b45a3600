using System.Runtime.InteropServices;
using PSToyVmm.Engine.Boot.Structs;
using PSToyVmm.Engine.Boot.Unpacking;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// bzImage: real-mode setup code, of which only the header is of use here, then protected-mode code with a 64-bit entry
/// that unpacks the kernel (Linux: Documentation/arch/x86/boot.rst, protocol 2.12 and later).
/// </summary>
static class BzImage
{
    const int SectorSize = 512;
    const int ParagraphSize = 16;
    const ushort OldestProtocol = 0x20c;

    // boot.rst, "64-bit boot protocol": the entry lies 0x200 past the load address of the protected-mode code.
    const uint Entry64 = 0x200;

    // The header's end is told by the byte at 0x201, as an offset from 0x202 (boot.rst, "Details of Header Fields").
    const int HeaderMagicOffset = 0x202, HeaderLengthOffset = 0x201;
    const int HandoverOffsetEnd = 0x268;

    public static bool Matches(ReadOnlySpan<byte> head) => head.Length >= HeaderMagicOffset + 4 && head[HeaderMagicOffset..].StartsWith("HdrS"u8)
        && head[0x1fe] == 0x55 && head[0x1ff] == 0xaa;

    public static KernelImage Parse(BootFile file, ReadOnlySpan<byte> head)
    {
        if (!MemoryMarshal.TryRead(head[SetupHeader.Offset..], out SetupHeader header))
            throw file.Fault(VmErrorId.KernelTruncated, $"ends inside its setup header ({head.Length} bytes); copy or download it again.");
        RequireProtocol(file, header);
        int headerEnd = HeaderMagicOffset + head[HeaderLengthOffset];
        if (headerEnd < HandoverOffsetEnd)
            throw file.Fault(VmErrorId.KernelMalformed, $"has a setup header that ends at 0x{headerEnd:x}; protocol 2.12 has fields up to 0x{HandoverOffsetEnd:x}.");

        // Zero means four, for the sake of boot loaders older than the field.
        uint setupSize = ((header.SetupSects == 0 ? 4u : header.SetupSects) + 1) * SectorSize;
        ulong codeSize = (ulong)header.Syssize * ParagraphSize;
        if (setupSize + codeSize > (ulong)file.Length)
            throw file.Fault(VmErrorId.KernelTruncated, $"has {file.Length} bytes of the {setupSize + codeSize} that its header tells of; copy or download it again.");
        if (codeSize <= Entry64 || (ulong)header.PayloadOffset + header.PayloadLength > codeSize)
            throw file.Fault(VmErrorId.KernelMalformed,
                $"has 0x{codeSize:x} bytes of code, too few for its entry at 0x{Entry64:x} or its payload (0x{header.PayloadLength:x} bytes at 0x{header.PayloadOffset:x}).");

        ulong start = RuntimeStart(file, header);
        ulong size = Math.Max(header.InitSize, codeSize);
        if (start > GuestMemory.HoleStart || size > GuestMemory.HoleStart - start)
            throw file.Fault(VmErrorId.KernelSegmentOutsideMemory,
                $"wants 0x{size:x} bytes at 0x{start:x} (init_size, pref_address); RAM for a kernel ends at 0x{GuestMemory.HoleStart:x} in every machine.");

        // Past the room in the zero page nothing may be copied; past the file's first page nothing was read.
        byte[] setupHeader = head[SetupHeader.Offset..Math.Min(Math.Min(headerEnd, ZeroPage.SetupHeaderEnd), head.Length)].ToArray();
        KernelPlacement placement = new(new(start + Entry64), new(start), start + size, setupHeader, header.InitrdAddrMax, header.CmdlineSize);
        // What init_size asks for beyond the code is scratch space: the kernel clears itself what it wants clear.
        KernelPayload payload = new(file, setupSize + header.PayloadOffset, header.PayloadLength, size);
        return new(file, KernelFormat.BzImage, placement, [new(new(start), codeSize, setupSize, (long)codeSize)], payload);
    }

    static void RequireProtocol(BootFile file, in SetupHeader header)
    {
        if (header.Version < OldestProtocol)
            throw file.Fault(VmErrorId.KernelProtocolTooOld,
                $"is a kernel of boot protocol {header.Version >> 8}.{header.Version & 0xff:00}; PSToyVmm needs 2.12 (Linux 3.8) or later.");
        if ((header.Loadflags & SetupHeader.LoadedHigh) == 0)
            throw file.Fault(VmErrorId.KernelProtocolTooOld, $"is a zImage; {FileSignature.WhatBoots}.");
        if ((header.Xloadflags & SetupHeader.Kernel64) == 0)
            throw file.Fault(VmErrorId.KernelNot64Bit, $"is a bzImage without a 64-bit entry point, a 32-bit kernel; {FileSignature.WhatBoots}.");
    }

    /// <summary>
    /// The runtime start address as boot.rst computes it under init_size. Where a relocatable kernel is loaded below
    /// pref_address it moves itself up to it, so that to load it lower would not make it run in less memory.
    /// </summary>
    static ulong RuntimeStart(BootFile file, in SetupHeader header)
    {
        ulong start = header.PrefAddress;
        if (header.RelocatableKernel != 0)
        {
            if (!ulong.IsPow2(header.KernelAlignment))
                throw file.Fault(VmErrorId.KernelMalformed, $"wants an alignment of 0x{header.KernelAlignment:x} bytes (kernel_alignment), which is no power of two.");
            ulong mask = header.KernelAlignment - 1ul;
            start = Math.Max(start, BootLayout.KernelMinimum.Value);
            // Leaves an address at the very top as it is: it is refused as outside memory next.
            if (start <= ulong.MaxValue - mask) start = (start + mask) & ~mask;
        }
        if (start < BootLayout.KernelMinimum.Value)
            throw file.Fault(VmErrorId.KernelSegmentInLowMemory,
                $"runs at 0x{start:x} only (pref_address); below {BootLayout.KernelMinimum} lie the boot structures and the PC's legacy hole.");
        return start;
    }
}
