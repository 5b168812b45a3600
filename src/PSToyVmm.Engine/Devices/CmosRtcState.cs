namespace PSToyVmm.Engine.Devices;

/// <summary>Everything that a guest can find out about a <see cref="CmosRtc"/>.</summary>
/// <param name="Index">The register selected at the index port.</param>
/// <param name="Ram">All 128 bytes, the registers among them, with register C's flags.</param>
/// <param name="OffsetTicks">How far the guest has set the clock ahead of the host's, in units of 100 ns.</param>
/// <param name="TimeWritten">The guest has written a time but not let the clock run again.</param>
/// <param name="SeenTicks">The guest's time up to which the flags are right: an alarm between it and a restore is not missed.</param>
public sealed record CmosRtcState(byte Index, byte[] Ram, long OffsetTicks, bool TimeWritten, long SeenTicks);
