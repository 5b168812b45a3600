namespace PSToyVmm.Engine.Virtio.Block;

/// <summary>What a block device asks of its backend.</summary>
enum BlockOperation : byte
{
    Read,
    Write,

    /// <summary>All writes completed so far are to survive the host.</summary>
    Flush,

    /// <summary>Nobody needs the range any more: a hint.</summary>
    Discard,

    /// <summary>The range is to read as zeroes, and stays reserved.</summary>
    WriteZeroes,

    /// <summary>The range is to read as zeroes, and its room may be given back.</summary>
    WriteZeroesUnmap,
}
