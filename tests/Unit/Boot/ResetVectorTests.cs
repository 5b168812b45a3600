using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

public sealed class ResetVectorTests
{
    [Fact]
    public void Where_a_BIOS_begins_a_byte_goes_to_a_port_and_the_processor_waits()
    {
        using GuestMemory memory = new(2 * Kernels.MiB);

        ResetVector.Write(memory, 0x1234, 0x56);

        byte[] code =
        [
            0xba, 0x34, 0x12, // mov dx, 0x1234
            0xb0, 0x56,       // mov al, 0x56
            0xee,             // out dx, al
            0xf4,             // hlt
            0xeb, 0xfd,       // jmp to the hlt
        ];
        Assert.Equal(code, memory.Slice(new(0xf_fff0), code.Length).ToArray());
        Assert.Equal(0, memory.Slice(new(Kernels.MiB), 1)[0]);
    }
}
