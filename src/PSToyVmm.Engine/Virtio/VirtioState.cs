namespace PSToyVmm.Engine.Virtio;

/// <summary>What a driver and its device have agreed on, whatever the transport.</summary>
/// <param name="Status">How far they are.</param>
/// <param name="DriverFeatures">Accepted by the driver.</param>
/// <param name="ConfigGeneration">Times that the configuration space changed.</param>
/// <param name="Queues">Each queue.</param>
sealed record VirtioState(VirtioStatus Status, ulong DriverFeatures, uint ConfigGeneration, IReadOnlyList<VirtqueueState> Queues);
