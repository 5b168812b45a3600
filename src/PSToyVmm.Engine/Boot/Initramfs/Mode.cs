namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>The usual permissions, by the numbers that everybody knows.</summary>
static class Mode
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;                  // 0600
    public const UnixFileMode Plain = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;         // 0644
    public const UnixFileMode Shared = Plain | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;        // 0666
    public const UnixFileMode Home = Private | UnixFileMode.UserExecute;                                 // 0700
    public const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute; // 0755
    public const UnixFileMode Temporary = Executable | Shared | UnixFileMode.StickyBit;                  // 01777
}
