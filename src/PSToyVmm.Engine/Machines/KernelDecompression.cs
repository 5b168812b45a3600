namespace PSToyVmm.Engine.Machines;

/// <summary>Who unpacks the kernel in a bzImage.</summary>
public enum KernelDecompression
{
    /// <summary>The guest, unless its kernel mode was measured to be so slow here that the host is faster by far.</summary>
    Auto,
    /// <summary>The host, before the guest starts. Linux's own decompressor does not run, so it places itself at no random address.</summary>
    Always,
    /// <summary>The guest.</summary>
    Never,
}
