using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Unpacking;

/// <summary>The vmlinux that was in a bzImage.</summary>
sealed class UnpackedKernel(BootFile file, byte[] bytes) : IKernelSource
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public long Length => bytes.Length;

    public void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);

    public void Read(long offset, long length, GuestMemory memory, GuestAddress at) => memory.Write(at, bytes.AsSpan((int)offset, (int)length));

    // Whatever is wrong with it: the bzImage was packed from a kernel that boots.
    public VmException Fault(string id, string sentence, Exception? inner = null) =>
        file.Fault(VmErrorId.KernelPayloadDamaged, $"unpacks to a kernel that {sentence}", inner);
}
