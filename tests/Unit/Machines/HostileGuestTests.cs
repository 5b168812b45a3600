using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>A real guest that does nonsense to its ports, of all sizes, and then wants to go on.</summary>
public class HostileGuestTests
{
    const uint Anything = 0xffff_ffff;

    // With each port a mask of what may be written: nothing that ends the machine, for then nothing could be seen.
    static readonly (ushort Port, uint Mask)[] s_ports =
    [
        (0x60, Anything), (0x64, 0xffff_ff7f), (0x60, Anything), (0x64, 0xffff_ff7f), // no pulse of the reset line, no output port
        (0x70, Anything), (0x71, Anything), (0x70, 0x0f), (0x71, Anything), (0x70, 0x0b), (0x71, Anything),
        (0x80, Anything), (0xe9, Anything), (0xe9, Anything), (0x61, Anything),
        (0x3f8, Anything), (0x3f9, Anything), (0x3fa, Anything), (0x3fb, Anything), (0x3fc, Anything), (0x3fd, Anything), (0x3fe, Anything), (0x3ff, Anything),
        (0x510, Anything), (0x510, 0x3f), (0x511, Anything), (0x511, Anything), (0x600, 0xffff_ffde), (0x601, Anything), (0x700, Anything),
        (0xcf8, 0xffff_fbff), (0xcf9, 0xffff_fffb), (0xf8, Anything),
    ];

    [KvmTheory, InlineData(1u), InlineData(20261122u), InlineData(0xdead_beefu)]
    public void Nonsense_at_every_port_leaves_a_machine_that_goes_on(uint seed)
    {
        byte[] program = Program(seed, accesses: 5000);
        using GuestMachine guest = new GuestMachine(program, configure: it => it with
        {
            DebugConsole = true,
            PostPort = true,
            FirmwareConfig = new Dictionary<string, FirmwareFile> { ["opt/a"] = new([1, 2, 3]) },
        }).Start();
        Assert.Equal(StopReason.GuestReset, guest.End().StopReason);
        Assert.EndsWith("alive", guest.Output());
        Assert.InRange(guest.Vm.ExitCount, 4000, 6000);
        Assert.Contains(guest.Vm.Log.Read(), entry => entry.Text.StartsWith("POST", StringComparison.Ordinal));
    }

    static byte[] Program(uint seed, uint accesses)
    {
        Assert.Equal(32, s_ports.Length);
        byte[] table = [.. s_ports.SelectMany(port => (byte[])[.. BitConverter.GetBytes((uint)port.Port), .. BitConverter.GetBytes(port.Mask)])];
        byte[] loop =
        [
            0x69, 0xdb, .. BitConverter.GetBytes(1664525u), // imul ebx, ebx, 1664525: a generator of Numerical Recipes
            0x81, 0xc3, .. BitConverter.GetBytes(1013904223u), // add ebx, 1013904223
            0x89, 0xd9, 0xc1, 0xe9, 27, // mov ecx, ebx; shr ecx, 27: which port
            0x8b, 0x14, 0xcf, // mov edx, [rdi + rcx * 8]
            0x89, 0xd8, 0xc1, 0xe8, 3, // mov eax, ebx; shr eax, 3: which value
            0x23, 0x44, 0xcf, 4, // and eax, [rdi + rcx * 8 + 4]
            0x89, 0xd9, 0xc1, 0xe9, 19, 0x83, 0xe1, 7, // mov ecx, ebx; shr ecx, 19; and ecx, 7: which instruction
            .. If(1, 0xec, 0x90), // in al, dx; nop
            .. If(2, 0x66, 0xed), // in ax, dx
            .. If(3, 0xed, 0x90), // in eax, dx
            .. If(4, 0xee, 0x90), // out dx, al
            .. If(5, 0xee, 0x90),
            .. If(6, 0x66, 0xef), // out dx, ax
            .. If(7, 0xef, 0x90), // out dx, eax
        ];
        byte[] end =
        [
            0xff, 0xcd, // dec ebp
            0x0f, 0x85, .. BitConverter.GetBytes(-(loop.Length + 8)), // jnz loop
            .. Out(0x3fb, 0x03), .. Out(0x3fc, 0x00), .. Out(0x3f9, 0x00), // 8 bits, no loopback, no interrupts
            .. TinyGuest.Print("alive"),
            .. TinyGuest.Reset,
        ];
        const int StartLength = 15;
        uint at = (uint)TinyGuest.Base + StartLength + (uint)(loop.Length + end.Length);
        return
        [
            0xbb, .. BitConverter.GetBytes(seed), // mov ebx, seed
            0xbd, .. BitConverter.GetBytes(accesses), // mov ebp, accesses
            0xbf, .. BitConverter.GetBytes(at), // mov edi, table
            .. loop, .. end, .. table,
        ];
    }

    // cmp cl, number; jne over it; the two bytes. Of eight numbers one does nothing.
    static byte[] If(byte number, byte first, byte second) => [0x80, 0xf9, number, 0x75, 2, first, second];

    static byte[] Out(ushort port, byte value) => [0x66, 0xba, (byte)port, (byte)(port >> 8), 0xb0, value, 0xee];
}
