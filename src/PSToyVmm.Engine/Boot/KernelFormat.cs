namespace PSToyVmm.Engine.Boot;

/// <summary>The file formats of a kernel that the engine boots.</summary>
public enum KernelFormat
{
    /// <summary>vmlinux: an uncompressed 64-bit ELF executable.</summary>
    Elf,
    /// <summary>bzImage: self-extracting, as distributions install it (vmlinuz).</summary>
    BzImage,
}
