using System.Buffers.Binary;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// A program for the guest that writes one byte to one I/O port. Debian's cloud kernel has no /dev/port (CONFIG_DEVPORT)
/// to do this from a shell; without ACPI it is how a guest switches the power off, when its kernel could only halt.
/// </summary>
static class PortWriteProgram
{
    const ulong LoadAddress = 0x400000;
    const int HeaderSize = 64, ProgramHeaderSize = 56;

    /// <summary>A static x86-64 ELF executable with one segment.</summary>
    public static byte[] Build(ushort port, byte value)
    {
        const ushort Executable = 2, X86_64 = 62;
        const uint Load = 1, ReadAndRun = 5;

        byte[] image = [.. new byte[HeaderSize + ProgramHeaderSize], .. Code(port, value)];
        Span<byte> header = image.AsSpan(0, HeaderSize), segment = image.AsSpan(HeaderSize, ProgramHeaderSize);

        ReadOnlySpan<byte> ident = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], Executable);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], X86_64);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);                                            // e_version
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], LoadAddress + HeaderSize + ProgramHeaderSize); // e_entry
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderSize);                                   // e_phoff
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);                                   // e_ehsize
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeaderSize);                            // e_phentsize
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], 1);                                            // e_phnum

        BinaryPrimitives.WriteUInt32LittleEndian(segment, Load);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], ReadAndRun);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], LoadAddress);                                 // p_vaddr
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], LoadAddress);                                 // p_paddr
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)image.Length);                         // p_filesz
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)image.Length);                         // p_memsz
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);                                      // p_align
        return image;
    }

    static byte[] Code(ushort port, byte value)
    {
        byte low = (byte)port, high = (byte)(port >> 8);
        return
        [
            0xb8, 173, 0, 0, 0,     //       mov eax, SYS_ioperm
            0xbf, low, high, 0, 0,  //       mov edi, port
            0xbe, 1, 0, 0, 0,       //       mov esi, 1
            0x89, 0xf2,             //       mov edx, esi
            0x0f, 0x05,             //       syscall             ; ioperm(port, 1, 1)
            0x85, 0xc0,             //       test eax, eax
            0x75, 7,                //       jnz exit
            0x66, 0xba, low, high,  //       mov dx, port
            0xb0, value,            //       mov al, value
            0xee,                   //       out dx, al
            0xb8, 60, 0, 0, 0,      // exit: mov eax, SYS_exit
            0x31, 0xff,             //       xor edi, edi
            0x0f, 0x05,             //       syscall             ; exit(0)
        ];
    }
}
