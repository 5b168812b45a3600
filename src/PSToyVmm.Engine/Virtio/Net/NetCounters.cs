namespace PSToyVmm.Engine.Virtio.Net;

/// <summary>
/// What a network device has done since it was made, from its guest's side: received is what the guest was given. Written by its
/// thread alone; others read whole numbers.
/// </summary>
sealed class NetCounters
{
    public long RxPackets, RxBytes, TxPackets, TxBytes;

    /// <summary>Frames that the guest did not get: its link was down, or its buffers were too few or too small.</summary>
    public long RxDropped;

    /// <summary>Frames that the guest sent while its link was down, or the host's end of it was.</summary>
    public long TxDropped;

    /// <summary>Times that reading a frame failed on the host.</summary>
    public long RxErrors;

    /// <summary>Frames that the guest sent and that cannot be, or that the host refused.</summary>
    public long TxErrors;

    /// <summary>The host's error number of the last error.</summary>
    public int LastError;

    /// <summary>A reading, by the names that users see: those of <c>ip -s link</c>.</summary>
    /// <param name="hostDropped">Frames that were lost before the device had them.</param>
    public IReadOnlyList<(string Name, long Value)> Read(long hostDropped) =>
    [
        ("RxPackets", RxPackets), ("RxBytes", RxBytes), ("RxDropped", RxDropped + hostDropped), ("RxErrors", RxErrors),
        ("TxPackets", TxPackets), ("TxBytes", TxBytes), ("TxDropped", TxDropped), ("TxErrors", TxErrors), ("LastErrno", LastError),
    ];
}
