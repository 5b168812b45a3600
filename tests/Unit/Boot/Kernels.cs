using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot;

/// <summary>What the tests of both kernel formats share.</summary>
static class Kernels
{
    public const ulong MiB = 1 << 20;

    public static KernelPlacement Placement(byte[] content)
    {
        using TempFile file = new(content);
        using KernelImage kernel = KernelImage.Open(file.Path);
        return kernel.Placement;
    }

    public static KernelPlacement Load(byte[] content, GuestMemory memory)
    {
        using TempFile file = new(content);
        using KernelImage kernel = KernelImage.Open(file.Path);
        return kernel.Load(memory);
    }

    /// <summary>Opens what must be refused, and returns the refusal.</summary>
    public static VmException Refusal(byte[] content)
    {
        using TempFile file = new(content);
        VmException refusal = Assert.Throws<VmException>(() => KernelImage.Open(file.Path).Dispose());
        Assert.Contains(file.Path, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    public static void Refuses(string id, byte[] content, string says = "")
    {
        VmException refusal = Refusal(content);
        Assert.Equal(id, refusal.Id);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }
}
