using System.Buffers.Binary;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Bench;

/// <summary>A machine whose kernel is a few instructions, which the peer in C runs too, and the folder with both files.</summary>
sealed class Guest : IDisposable
{
    /// <summary>Resets the machine by the i8042.</summary>
    public static readonly byte[] Reset = [0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]; // mov al, 0xfe; out 0x64, al; jmp $

    /// <summary>Sleeps for ever.</summary>
    public static readonly byte[] Halt = [0xfa, 0xf4, 0xeb, 0xfd]; // cli; hlt; jmp to the hlt

    const ulong LoadAddress = 0x10_0000;
    const int HeaderSize = 0x1000;

    readonly string _folder = Directory.CreateTempSubdirectory("pstoyvmm-bench-").FullName;

    /// <summary>Makes a machine with this code at 1 MiB.</summary>
    /// <param name="code">Entered at its first byte, in long mode.</param>
    /// <param name="memory">Guest RAM in bytes.</param>
    /// <param name="size">The code is padded to so many bytes.</param>
    /// <param name="host">Gives the vCPU its thread.</param>
    public Guest(byte[] code, ulong memory = 16 << 20, int size = 0, IVcpuHost? host = null)
    {
        byte[] image = [.. code, .. new byte[Math.Max(0, size - code.Length)]];
        Flat = Path.Combine(_folder, "flat");
        File.WriteAllBytes(Flat, image);
        string kernel = Path.Combine(_folder, "kernel");
        File.WriteAllBytes(kernel, [.. ElfHeader((ulong)image.Length), .. image]);
        Vm = new(new() { Name = "bench", KernelPath = kernel, MemoryBytes = memory, RebootAction = RebootAction.Stop }, host);
    }

    public VirtualMachine Vm { get; }

    /// <summary>The same code without a header, for the peer.</summary>
    public string Flat { get; }

    /// <summary>Starts it and waits for its own end.</summary>
    /// <param name="started">What to do to it as soon as it runs.</param>
    public VirtualMachine RunToEnd(Action<VirtualMachine>? started = null)
    {
        Vm.Start();
        started?.Invoke(Vm);
        if (!Vm.WaitFor(MachineState.Off, TimeSpan.FromMinutes(2), CancellationToken.None) || Vm.StopReason != StopReason.GuestReset)
            throw new InvalidOperationException($"The guest did not come to its end: {Vm.Status}");
        return Vm;
    }

    public void Dispose()
    {
        Vm.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // An executable with one PT_LOAD segment; elf(5).
    static byte[] ElfHeader(ulong length)
    {
        byte[] header = new byte[HeaderSize];
        Span<byte> elf = header, segment = elf[64..];
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(elf[18..], 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(elf[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(elf[32..], 64); // the program header follows
        BinaryPrimitives.WriteUInt16LittleEndian(elf[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf[56..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 7);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);
        return header;
    }
}
