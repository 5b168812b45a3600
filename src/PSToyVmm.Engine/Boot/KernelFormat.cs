namespace PSToyVmm.Engine.Boot;

/// <summary>The file formats of a kernel that the engine boots.</summary>
public enum KernelFormat
{
    /// <summary>An ELF executable: vmlinux, or a kernel with a Multiboot header or a PVH note.</summary>
    Elf,
    /// <summary>bzImage: self-extracting, as distributions install it (vmlinuz).</summary>
    BzImage,
    /// <summary>Any file whose Multiboot header says where it goes.</summary>
    Flat,
}
