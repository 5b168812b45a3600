using System.Buffers.Binary;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>
/// Guests of a few machine instructions in an ELF image: real on any /dev/kvm, also one that cannot run Linux. They start
/// in 64-bit mode at 1 MiB with a stack, and may use in, out, mov, jmp, hlt.
/// </summary>
static class TinyGuest
{
    public const ulong Base = 0x10_0000;

    /// <summary>A PT_LOAD segment of this code at 1 MiB, entered at its first byte.</summary>
    public static byte[] Elf(ReadOnlySpan<byte> code, ulong at = Base)
    {
        byte[] image = new byte[0x1000 + code.Length];
        Span<byte> e = image;
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(e);
        BinaryPrimitives.WriteUInt16LittleEndian(e[16..], 2); // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(e[18..], 62); // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(e[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(e[24..], at);
        BinaryPrimitives.WriteUInt64LittleEndian(e[32..], 64); // program headers follow
        BinaryPrimitives.WriteUInt16LittleEndian(e[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(e[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(e[56..], 1);
        Span<byte> p = e[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(p, 1); // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(p[4..], 5);
        BinaryPrimitives.WriteUInt64LittleEndian(p[8..], 0x1000);
        BinaryPrimitives.WriteUInt64LittleEndian(p[16..], at);
        BinaryPrimitives.WriteUInt64LittleEndian(p[24..], at);
        BinaryPrimitives.WriteUInt64LittleEndian(p[32..], (ulong)code.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(p[40..], (ulong)code.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(p[48..], 0x1000);
        code.CopyTo(e[0x1000..]);
        return image;
    }

    /// <summary>out to the serial port, byte by byte.</summary>
    public static byte[] Print(string text) =>
        [0x66, 0xba, 0xf8, 0x03, .. text.SelectMany(c => new byte[] { 0xb0, (byte)c, 0xee })]; // mov dx, 0x3f8; (mov al, c; out dx, al)*

    /// <summary>Pulses the i8042's reset line: the end of most tests.</summary>
    public static readonly byte[] Reset = [0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]; // mov al, 0xfe; out 0x64, al; jmp $

    public static readonly byte[] Spin = [0xeb, 0xfe]; // jmp $

    public static readonly byte[] Halt = [0xfa, 0xf4, 0xeb, 0xfd]; // cli; hlt; jmp hlt

    public static readonly byte[] TripleFault = [0x0f, 0x0b]; // ud2 without an interrupt table

    /// <summary>Polls the serial port and sends back what comes.</summary>
    public static readonly byte[] Echo =
    [
        0x66, 0xba, 0xfd, 0x03, // mov dx, 0x3fd
        0xec, // in al, dx
        0xa8, 0x01, // test al, 1
        0x74, 0xfb, // jz to the in
        0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
        0xec, // in al, dx
        0xee, // out dx, al
        0xeb, 0xef, // jmp to the start
    ];

    /// <summary>A machine with this code as its kernel; the file lives as long as the machine.</summary>
    public static GuestMachine Machine(params byte[][] code) => new([.. code.SelectMany(c => c)]);
}

/// <summary>A machine and the file of its kernel.</summary>
sealed class GuestMachine : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("pstoyvmm-test-").FullName;

    public GuestMachine(byte[] code, ulong memory = 16 << 20, Func<MachineConfiguration, MachineConfiguration>? configure = null, IVcpuHost? host = null)
    {
        string kernel = Path.Combine(_directory, "kernel");
        File.WriteAllBytes(kernel, TinyGuest.Elf(code));
        MachineConfiguration plain = new() { Name = "tiny", KernelPath = kernel, MemoryBytes = memory, RebootAction = RebootAction.Stop };
        Vm = new(configure is null ? plain : configure(plain), host);
    }

    public VirtualMachine Vm { get; }

    public GuestMachine Start()
    {
        Vm.Start();
        return this;
    }

    /// <summary>Waits for the guest's own end; fails the test when it does not come.</summary>
    public VirtualMachine End()
    {
        Xunit.Assert.True(Vm.WaitFor(MachineState.Off, TimeSpan.FromSeconds(30), CancellationToken.None), $"still {Vm.State}: {Vm.Status}");
        return Vm;
    }

    public string Output()
    {
        byte[] buffer = new byte[1 << 16];
        long position = 0;
        int count = Vm.SerialLog.Read(ref position, buffer);
        return System.Text.Encoding.Latin1.GetString(buffer, 0, count);
    }

    public void Dispose()
    {
        Vm.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
