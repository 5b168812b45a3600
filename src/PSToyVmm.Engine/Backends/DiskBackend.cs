using PSToyVmm.Engine.Virtio.Block;

namespace PSToyVmm.Engine.Backends;

/// <summary>What a disk may do to its image.</summary>
enum DiskAccess
{
    /// <summary>Read and write it; nobody else uses it meanwhile.</summary>
    ReadWrite,
    /// <summary>Read it, as others may.</summary>
    ReadOnly,
    /// <summary>Read it, and keep changes elsewhere until the machine is off.</summary>
    Snapshot,
}

/// <summary>Opens an image with the best backend that the host allows.</summary>
static class DiskBackend
{
    /// <summary>Opens and locks it.</summary>
    /// <param name="path">Full path of a raw image or a block device.</param>
    /// <param name="access">What may be done to it.</param>
    /// <param name="raw">Whether bytes that look like another format are the guest's.</param>
    /// <param name="queueDepth">Requests at a time.</param>
    /// <param name="allowRing">False to do without io_uring where it is there, too.</param>
    /// <exception cref="VmException">With the id of what is wrong with the file.</exception>
    public static IBlockBackend Open(string path, DiskAccess access, bool raw, int queueDepth, bool allowRing = true)
    {
        DiskImage image = DiskImage.Open(path, readOnly: access != DiskAccess.ReadWrite, raw);
        try
        {
            if (access == DiskAccess.Snapshot) return new SnapshotDisk(image, queueDepth);
            return (allowRing ? UringDisk.TryCreate(image, queueDepth, out _) : null) ?? (IBlockBackend)new SynchronousDisk(image, queueDepth);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }
}
