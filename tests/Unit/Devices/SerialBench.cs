using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>A port with everything around it, and its registers by name.</summary>
sealed class SerialBench
{
    public const int Rbr = 0, Thr = 0, Dll = 0, Ier = 1, Dlm = 1, Iir = 2, Fcr = 2, Lcr = 3, Mcr = 4, Lsr = 5, Msr = 6, Scr = 7;
    public const byte Erbfi = 1, Etbei = 2, Elsi = 4, Edssi = 8;
    public const byte Loop = 0x10;

    public SerialBench(SerialState? state = null) => Port = new(Irq, Cable, Cable, state);

    public CountingLine Irq { get; } = new();

    public FakeCable Cable { get; } = new();

    public Serial Port { get; }

    public byte In(int register) => Port.In((ulong)register);

    public void Out(int register, int value) => Port.Out((ulong)register, (byte)value);

    public void Type(params ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) Cable.Waiting.Enqueue(value);
        Port.NotifyInput();
    }

    /// <summary>Types 1, 2, 3, ...</summary>
    public void TypeCount(int count) => Type([.. Enumerable.Range(1, count).Select(i => (byte)i)]);

    /// <summary>Reads while LSR says there is something.</summary>
    public List<byte> Drain()
    {
        List<byte> read = [];
        while ((In(Lsr) & 1) != 0) read.Add(In(Rbr));
        return read;
    }
}
