using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>Counts edges.</summary>
sealed class CountingLine : IInterruptLine
{
    public int Count { get; private set; }

    public void Pulse() => Count++;

    /// <summary>Edges since the last call.</summary>
    public int Take()
    {
        int count = Count;
        Count = 0;
        return count;
    }
}

/// <summary>An edge-triggered input of an interrupt controller: remembers one edge until the processor takes it.</summary>
sealed class LatchedLine : IInterruptLine
{
    bool _latched;

    public void Pulse() => _latched = true;

    public bool Take()
    {
        bool latched = _latched;
        _latched = false;
        return latched;
    }
}

/// <summary>A serial cable: what the guest sent, and what it is to receive.</summary>
sealed class FakeCable : ISerialOutput, ISerialInput
{
    // Room for a million, so that tests of the device's allocations see none of the list's.
    public List<byte> Sent { get; } = new(1 << 20);

    public Queue<byte> Waiting { get; } = [];

    public void Write(byte value) => Sent.Add(value);

    public bool TryRead(out byte value) => Waiting.TryDequeue(out value);
}

/// <summary>A clock that stands until it is moved.</summary>
sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
}

static class DeviceAccess
{
    public static byte In(this IBusDevice device, ulong offset = 0)
    {
        byte value = 0x55;
        device.Read(offset, new(ref value));
        return value;
    }

    public static void Out(this IBusDevice device, ulong offset, byte value) => device.Write(offset, new(in value));
}
