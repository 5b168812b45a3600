using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <content>
/// Alarm, periodic and update-ended interrupts. Register C's flags are worked out when somebody looks, from the time that
/// has passed since the last look; a timer of the host runs only while an enabled interrupt is awaited.
/// </content>
/// <remarks>
/// Between a rising interrupt and the guest's read of register C the line is high and nothing new can raise it, so no
/// timer runs then: a guest that does not answer costs nothing, and periodic ticks that it missed become one. The host's
/// timers count milliseconds, so of rates above 1 kHz a guest gets about a thousand interrupts a second, and the flag of
/// the others when it polls.
/// </remarks>
public sealed partial class CmosRtc
{
    const int SecondsAlarm = 1, MinutesAlarm = 3, HoursAlarm = 5;
    const byte Requested = 1 << 7;                                     // register C
    const byte Periodic = 1 << 6, Alarm = 1 << 5, UpdateEnded = 1 << 4; // flags in register C, enabled in B
    const byte Sources = Periodic | Alarm | UpdateEnded;
    const byte AnyValue = 0b1100_0000;                                 // in an alarm register
    const byte RateMask = 0x0f, DividerReset = 0x60;                   // register A
    const long Crystal = 32_768;
    const int SecondsPerMinute = 60, SecondsPerHour = 60 * 60, SecondsPerDay = 24 * SecondsPerHour;

    // Timers do not see the host's clock being set, nor its sleep; so none waits longer.
    const long LongestWait = TimeSpan.TicksPerMinute;
    const long LastUpdate = 3_155_378_975_990_000_000;                 // DateTime.MaxValue's second: after it time stands

    readonly IInterruptLine _irq;
    readonly ITimer _timer;
    readonly long _started;                                            // where the crystal's cycles are counted from
    long _seen, _seenCycles;                                           // the guest's time, and cycles, up to which the flags are right
    bool _armed, _disposed;

    /// <summary>Stops its timer. After this returns, its interrupt line is not touched any more.</summary>
    public void Dispose()
    {
        lock (Gate) _disposed = true;
        _timer.Dispose();
    }

    // Data sheet, table 5, with a 32.768 kHz crystal; 0 for no periodic interrupt.
    long PeriodCycles => (_ram[RegisterA] & RateMask) switch
    {
        0 => 0,
        int rate and < 3 => 1 << (rate + 6),                           // 256 and 128 Hz
        int rate => 1 << (rate - 1),                                   // 8192 Hz down to 2 Hz
    };

    bool IsDividerReset => (_ram[RegisterA] & DividerReset) == DividerReset;

    long Cycles => (long)((Int128)_time.GetElapsedTime(_started).Ticks * Crystal / TimeSpan.TicksPerSecond);

    byte TakeFlags()
    {
        CatchUp();
        byte flags = _ram[RegisterC];
        if ((flags & _ram[RegisterB] & Sources) != 0) flags |= Requested;
        _ram[RegisterC] = 0;
        Arm();
        return flags;
    }

    void OnTimer()
    {
        lock (Gate)
        {
            _armed = false;
            CatchUp();
            Update();
        }
    }

    /// <summary>Sets the flags of what has happened since the last time.</summary>
    void CatchUp()
    {
        long now = Now.Ticks, cycles = Cycles;
        if (!IsDividerReset)
        {
            if (PeriodCycles is > 0 and long period && cycles / period > _seenCycles / period) _ram[RegisterC] |= Periodic;
            if (!IsHalted && now / TimeSpan.TicksPerSecond > _seen / TimeSpan.TicksPerSecond)
            {
                _ram[RegisterC] |= UpdateEnded;
                if (NextAlarm(_seen) <= now) _ram[RegisterC] |= Alarm;
            }
        }
        (_seen, _seenCycles) = (now, cycles);
    }

    /// <summary>Raises the interrupt if an enabled flag is set and none was before, and waits for the next one.</summary>
    void Update()
    {
        bool wasRequested = (_ram[RegisterC] & Requested) != 0, isRequested = (_ram[RegisterC] & _ram[RegisterB] & Sources) != 0;
        _ram[RegisterC] = (byte)(isRequested ? _ram[RegisterC] | Requested : _ram[RegisterC] & ~Requested);
        if (isRequested && !wasRequested && !_disposed) _irq.Pulse();
        Arm();
    }

    void Arm()
    {
        long? due = (_ram[RegisterC] & Requested) != 0 || IsDividerReset || _disposed ? null : NextInterrupt();
        if (due is null && !_armed) return;
        _armed = due is not null;
        // Up to whole milliseconds: a timer that came early would have to be set again.
        TimeSpan wait = due is { } ticks ? TimeSpan.FromTicks(Math.Clamp(ticks, 1, LongestWait) + (TimeSpan.TicksPerMillisecond - 1)) : Timeout.InfiniteTimeSpan;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long it is to the first of the interrupts that are enabled; null where none will come.</summary>
    long? NextInterrupt()
    {
        byte enabled = _ram[RegisterB];
        long? next = null;
        if ((enabled & Periodic) != 0 && PeriodCycles is > 0 and long period)
            next = (period - _seenCycles % period) * TimeSpan.TicksPerSecond / Crystal;
        if (IsHalted || _seen >= LastUpdate) return next;
        if ((enabled & UpdateEnded) != 0) next = Sooner(next, TimeSpan.TicksPerSecond - _seen % TimeSpan.TicksPerSecond);
        else if ((enabled & Alarm) != 0 && NextAlarm(_seen) is { } alarm) next = Sooner(next, alarm - _seen);
        return next;
    }

    static long Sooner(long? one, long other) => one < other ? one.Value : other;

    /// <summary>The first update after <paramref name="time"/> at which the alarm matches; null where it names no time of day.</summary>
    long? NextAlarm(long time)
    {
        if (!TryAlarm(HoursAlarm, 23, out int hour) || !TryAlarm(MinutesAlarm, 59, out int minute) || !TryAlarm(SecondsAlarm, 59, out int second))
            return null;
        long at = time / TimeSpan.TicksPerSecond + 1;
        for (long end = at + SecondsPerDay; at <= end;)                // some two hundred steps at most
        {
            int ofDay = (int)(at % SecondsPerDay);
            if (hour >= 0 && hour != ofDay / SecondsPerHour) at += SecondsPerHour - ofDay % SecondsPerHour;
            else if (minute >= 0 && minute != ofDay / SecondsPerMinute % 60) at += SecondsPerMinute - ofDay % SecondsPerMinute;
            else if (second >= 0 && second != ofDay % SecondsPerMinute) at++;
            else return at * TimeSpan.TicksPerSecond;
        }
        return null;
    }

    /// <summary>What an alarm register asks for, -1 for any value; false if it is none that comes.</summary>
    bool TryAlarm(int register, int maximum, out int value)
    {
        byte encoded = _ram[register];
        value = (encoded & AnyValue) == AnyValue ? -1 : register == HoursAlarm ? DecodeHour(encoded) : Decode(encoded);
        return (encoded & AnyValue) == AnyValue || value >= 0 && value <= maximum;
    }
}
