namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>The two sorts of device node.</summary>
public enum DeviceKind
{
    /// <summary>A stream of bytes, such as a terminal (mknod's <c>c</c>).</summary>
    Character,
    /// <summary>Blocks that can be read in any order, such as a disk (mknod's <c>b</c>).</summary>
    Block,
}
