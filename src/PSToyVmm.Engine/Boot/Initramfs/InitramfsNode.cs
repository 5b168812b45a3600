namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>What stands at one path of an initramfs; it knows how to write itself.</summary>
abstract record InitramfsNode
{
    public abstract void Write(CpioWriter cpio, string name);
}

sealed record DirectoryNode(UnixFileMode Mode) : InitramfsNode
{
    public override void Write(CpioWriter cpio, string name) => cpio.AddDirectory(name, Mode);
}

abstract record FileNode(UnixFileMode Mode) : InitramfsNode
{
    public bool IsExecutable => Mode.HasFlag(UnixFileMode.UserExecute);

    public abstract Stream Open();

    public override void Write(CpioWriter cpio, string name)
    {
        using var content = Open();
        cpio.AddFile(name, Mode, content, content.Length);
    }
}

sealed record BytesNode(UnixFileMode Mode, byte[] Content) : FileNode(Mode)
{
    public override Stream Open() => new MemoryStream(Content, writable: false);
}

sealed record HostFileNode(UnixFileMode Mode, string HostPath) : FileNode(Mode)
{
    public override Stream Open() => HostFile.Open(HostPath);
}

sealed record SymlinkNode(string Target) : InitramfsNode
{
    public override void Write(CpioWriter cpio, string name) => cpio.AddSymlink(name, Target);
}

sealed record DeviceNode(UnixFileMode Mode, DeviceKind Kind, uint Major, uint Minor) : InitramfsNode
{
    public override void Write(CpioWriter cpio, string name) => cpio.AddDevice(name, Mode, Kind, Major, Minor);
}

sealed record FifoNode(UnixFileMode Mode) : InitramfsNode
{
    public override void Write(CpioWriter cpio, string name) => cpio.AddFifo(name, Mode);
}
