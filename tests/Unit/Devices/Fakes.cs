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

    /// <summary>Breaks, which come before the bytes.</summary>
    public int Breaks { get; set; }

    public void Write(byte value) => Sent.Add(value);

    public bool TryRead(out byte value, out bool isBreak)
    {
        (value, isBreak) = (0, Breaks > 0);
        if (isBreak) Breaks--;
        return isBreak || Waiting.TryDequeue(out value);
    }
}

/// <summary>A clock that stands until it is moved, with timers that fire when it is.</summary>
sealed class FakeTime(DateTimeOffset now) : TimeProvider
{
    readonly List<FakeTimer> _timers = [];
    DateTimeOffset _now = now;

    /// <summary>Setting it is a jump: a timer that is due fires once, late.</summary>
    public DateTimeOffset Now
    {
        get => _now;
        set
        {
            _now = value;
            foreach (FakeTimer timer in _timers)
                if (timer.Due <= value)
                    timer.Fire();
        }
    }

    /// <summary>Timers that wait for something.</summary>
    public int Waiting => _timers.Count(timer => timer.Due is not null);

    /// <summary>How often a timer has fired.</summary>
    public int Fired { get; private set; }

    /// <summary>Lets the time pass: every timer fires when it is due.</summary>
    public void Pass(TimeSpan span)
    {
        for (DateTimeOffset end = _now + span; ;)
        {
            DateTimeOffset next = _timers.Min(timer => timer.Due) is { } due && due < end ? due : end;
            Now = next;
            if (next == end) return;
        }
    }

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        FakeTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset? Due { get; private set; }

        public void Fire()
        {
            Due = null;
            time.Fired++;
            callback(state);
        }

        // As the system's: it counts whole milliseconds, and of the rest it comes early.
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + TimeSpan.FromMilliseconds((long)dueTime.TotalMilliseconds);
            return true;
        }

        public void Dispose() => Due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }

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
