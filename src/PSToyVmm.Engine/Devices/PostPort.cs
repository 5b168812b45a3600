namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The port where a PC's firmware shows how far it has come, and cards with two digits show it to people. Drivers write it
/// for a delay as well, mostly the same value: only a change counts. It reads as it was written: on a PC it is a spare
/// page register of the DMA controller.
/// </summary>
/// <param name="onCode">Told each code that differs from the one before; only to keep it.</param>
public sealed class PostPort(Action<byte> onCode) : ByteWideDevice("post", 1)
{
    byte _code;
    bool _written;

    private protected override byte ReadRegister(int register) => _code;

    private protected override void WriteRegister(int register, byte value)
    {
        bool isNew = !_written || value != _code;
        (_code, _written) = (value, true);
        if (isNew) onCode(value);
    }
}
