using System.Buffers.Binary;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Unpacking;

/// <summary>
/// The compressed kernel in a bzImage: a vmlinux, perhaps with relocations behind it, and its size in the last four bytes
/// (Linux: Documentation/arch/x86/boot.rst, payload_offset and payload_length; scripts/Makefile.lib, size_append).
/// </summary>
/// <param name="file">The bzImage.</param>
/// <param name="offset">Of the payload in the file; the header's fields have been checked.</param>
/// <param name="length">Of the payload, the size at its end included.</param>
/// <param name="room">Bytes of memory that the kernel has to itself: init_size, which no kernel exceeds.</param>
sealed class KernelPayload(BootFile file, long offset, uint length, ulong room)
{
    const int SizeLength = sizeof(uint);

    /// <summary>Null where the payload begins with none that Linux knows.</summary>
    public PayloadFormat? Format { get; } = ReadFormat(file, offset, length);

    /// <summary>Throws where it cannot be unpacked here, whatever its content.</summary>
    public void RequireKnown()
    {
        if (Format is { IsKnown: true }) return;
        throw file.Fault(VmErrorId.KernelPayloadUnsupported,
            $"has a kernel compressed by {Format?.Name ?? "nothing known"}; gzip, xz, lz4, zstd, bzip2 and lzma can be unpacked. Let the guest do it: -DecompressKernel Never.");
    }

    /// <summary>Unpacks the kernel into the host's memory.</summary>
    /// <exception cref="VmException">KernelPayloadUnsupported or KernelPayloadDamaged.</exception>
    public UnpackedKernel Unpack()
    {
        RequireKnown();
        byte[] packed = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, (uint)Array.MaxLength));
        file.Read(offset, packed);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(packed.Length - SizeLength));
        if (size == 0 || size > room || size > Array.MaxLength)
            throw Damaged($"says of itself that it has {size} bytes, where the header sets aside {room}");
        byte[] kernel = GC.AllocateUninitializedArray<byte>((int)size);
        int unpacked = Decode(packed, kernel);
        return unpacked == kernel.Length ? new(file, kernel) : throw Damaged($"ends after {unpacked} of {size} bytes");
    }

    int Decode(byte[] packed, byte[] kernel)
    {
        try
        {
            return Format!.Value.Decode(packed, kernel);
        }
        catch (FileNotFoundException e)
        {
            throw file.Fault(VmErrorId.KernelPayloadUnsupported, $"cannot be unpacked: '{e.FileName}', a part of this module, is missing. Install it again, or let the guest do it: -DecompressKernel Never.", e);
        }
        catch (Exception e) // a decoder meets a damaged file with whatever exception its author did not think of
        {
            throw Damaged($"is damaged: {e.Message}", e);
        }
    }

    VmException Damaged(string sentence, Exception? inner = null) => file.Fault(VmErrorId.KernelPayloadDamaged,
        $"has a compressed kernel ({Format?.Name}) that {sentence.TrimEnd('.')}. Copy or download it again.", inner);

    static PayloadFormat? ReadFormat(BootFile file, long offset, uint length)
    {
        if (length <= PayloadFormat.MagicLength + SizeLength) return null;
        Span<byte> magic = stackalloc byte[PayloadFormat.MagicLength];
        file.Read(offset, magic);
        return PayloadFormat.Recognize(magic);
    }
}
