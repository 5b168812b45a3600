namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The reset control register of Intel's chipsets (port 0xcf9; ICH data sheet, 13.7.5): a rising RST_CPU resets the
/// machine, whatever SYS_RST and FULL_RST say about how thoroughly.
/// </summary>
/// <param name="onReset">RST_CPU rose; only to signal.</param>
public sealed class ResetControl(Action onReset) : ByteWideDevice("reset-control", 1)
{
    const byte ResetProcessor = 1 << 2, Implemented = 0b1110;
    byte _value;

    private protected override byte ReadRegister(int register) => _value;

    private protected override void WriteRegister(int register, byte value)
    {
        bool rises = (value & ~_value & ResetProcessor) != 0;
        _value = (byte)(value & Implemented);
        if (rises) onReset();
    }
}
