using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>The bytes of a kernel: a file, or what was unpacked from one.</summary>
interface IKernelSource
{
    long Length { get; }

    /// <summary>Fills the span from the offset on.</summary>
    void Read(long offset, Span<byte> bytes);

    /// <summary>Fills guest memory from the offset on.</summary>
    void Read(long offset, long length, GuestMemory memory, GuestAddress at);

    /// <summary>An error about the content; the sentence goes on after the path.</summary>
    VmException Fault(string id, string sentence, Exception? inner = null);
}
