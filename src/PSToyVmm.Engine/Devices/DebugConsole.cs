namespace PSToyVmm.Engine.Devices;

/// <summary>
/// The debug console of Bochs and QEMU (isa-debugcon), a one-byte port: what a guest writes is text, and it is known to be
/// there by its reading as its own usual address, 0xe9.
/// </summary>
/// <param name="onByte">Told each byte; only to keep it.</param>
public sealed class DebugConsole(Action<byte> onByte) : ByteWideDevice("debug-console", 1)
{
    const byte Present = 0xe9;

    private protected override byte ReadRegister(int register) => Present;

    private protected override void WriteRegister(int register, byte value) => onByte(value);
}
