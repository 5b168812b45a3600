namespace PSToyVmm.Engine.Virtio;

/// <summary>The registers of <see cref="MmioTransport"/>, and what is behind them.</summary>
/// <param name="Control">What any transport has.</param>
/// <param name="DeviceFeaturesHalf">DeviceFeaturesSel.</param>
/// <param name="DriverFeaturesHalf">DriverFeaturesSel.</param>
/// <param name="Queue">QueueSel.</param>
/// <param name="InterruptStatus">Not yet acknowledged.</param>
sealed record MmioTransportState(VirtioState Control, uint DeviceFeaturesHalf, uint DriverFeaturesHalf, uint Queue, uint InterruptStatus);
