namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>One descriptor of a buffer that a driver offers: read by the device, or written.</summary>
readonly record struct GuestBuffer(ulong Address, uint Length, bool IsWritable)
{
    public static GuestBuffer ToRead(ulong address, uint length) => new(address, length, false);

    public static GuestBuffer ToWrite(ulong address, uint length) => new(address, length, true);
}
