using PSToyVmm.Engine.Bus;

namespace PSToyVmm.Engine.Devices;

/// <summary>
/// An MC146818 real-time clock with 128 bytes of CMOS RAM, at an index port (offset 0) and a data port (offset 1). It
/// shows the host's UTC; a time that the guest sets is kept as an offset to it. It interrupts at an alarm, periodically
/// and after each update. The index port's NMI mask (bit 7) is ignored and, as on a PC, cannot be read.
/// </summary>
/// <remarks>
/// As the data sheet asks, a guest sets the time with register B's SET on; single registers written without it count at
/// once if what results is a date. A date that does not exist changes nothing.
/// </remarks>
public sealed partial class CmosRtc : ByteWideDevice, IDisposable
{
    const int IndexPort = 0, RamSize = 128, IndexMask = RamSize - 1;
    const int Seconds = 0, Minutes = 2, Hours = 4, Weekday = 6, Day = 7, Month = 8, Year = 9, Century = 0x32;
    const int RegisterA = 0x0a, RegisterB = 0x0b, RegisterC = 0x0c, RegisterD = 0x0d;
    const byte UpdateInProgress = 1 << 7;                              // register A
    const byte Set = 1 << 7, Binary = 1 << 2, TwentyFourHours = 1 << 1; // register B
    const byte ValidRamAndTime = 1 << 7;                               // register D
    const byte Afternoon = 1 << 7;                                     // hours, in 12-hour mode

    // Data sheet, table 5: UIP rises 244 us before an update, which takes 1984 us. Our registers are right all the time.
    const long UpdateTicks = (244 + 1984) * TimeSpan.TicksPerMicrosecond;

    readonly TimeProvider _time;
    readonly byte[] _ram = new byte[RamSize];
    byte _index;
    long _offset;
    bool _timeWritten;

    /// <summary>Makes a clock that shows <paramref name="time"/>, or one as <paramref name="state"/> was.</summary>
    public CmosRtc(IInterruptLine irq, TimeProvider time, CmosRtcState? state = null) : base("rtc", 2)
    {
        (_irq, _time, _started) = (irq, time, time.GetTimestamp());
        _timer = time.CreateTimer(static clock => ((CmosRtc)clock!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (state is null)
        {
            (_ram[RegisterA], _ram[RegisterB]) = (0x26, TwentyFourHours);   // 32.768 kHz crystal, 1024 Hz; BCD
            _seen = Now.Ticks;
            return;
        }
        (_index, _offset, _timeWritten, _seen) = ((byte)(state.Index & IndexMask), state.OffsetTicks, state.TimeWritten, Math.Clamp(state.SeenTicks, 0, DateTime.MaxValue.Ticks));
        state.Ram.AsSpan(0, Math.Min(state.Ram.Length, RamSize)).CopyTo(_ram);
        CatchUp();
        Update();
    }

    bool IsHalted => (_ram[RegisterB] & Set) != 0;

    // A guest may set its clock to the last second there is: time stands still then, rather than overflow.
    DateTime Now => new(Math.Clamp(_time.GetUtcNow().UtcTicks + _offset, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);

    /// <summary>A copy of its state.</summary>
    public CmosRtcState Save()
    {
        lock (Gate)
        {
            CatchUp();
            return new(_index, [.. _ram], _offset, _timeWritten, _seen);
        }
    }

    private protected override byte ReadRegister(int register) => register == IndexPort ? (byte)0xff : ReadRam(_index);

    private protected override void WriteRegister(int register, byte value)
    {
        if (register == IndexPort) _index = (byte)(value & IndexMask);
        else WriteRam(_index, value);
    }

    byte ReadRam(int index)
    {
        switch (index)
        {
            case RegisterA: return (byte)(_ram[RegisterA] | (IsUpdating() ? UpdateInProgress : 0));
            case RegisterC: return TakeFlags();
            case RegisterD: return ValidRamAndTime;
        }
        if (IsTime(index) && !IsHalted) ShowTime();
        return _ram[index];
    }

    void WriteRam(int index, byte value)
    {
        switch (index)
        {
            case RegisterA:
                CatchUp();                                             // by the rate that there was
                _ram[RegisterA] = (byte)(value & ~UpdateInProgress);
                Update();
                break;
            case RegisterB: ControlClock(value); break;
            case RegisterC or RegisterD: break;
            case SecondsAlarm or MinutesAlarm or HoursAlarm:
                CatchUp();                                             // by the alarm that there was
                _ram[index] = value;
                Update();
                break;
            default:
                if (IsTime(index) && !IsHalted) ShowTime();            // what was not written keeps its present value
                _ram[index] = value;
                if (!IsTime(index)) break;
                _timeWritten = true;
                if (!IsHalted) TakeTime();
                break;
        }
    }

    void ControlClock(byte value)
    {
        if (!IsHalted) ShowTime();                                     // SET freezes the registers as they are
        CatchUp();
        _ram[RegisterB] = (value & Set) != 0 ? (byte)(value & ~UpdateEnded) : value;   // and no update ends then
        if (!IsHalted) TakeTime();
        Update();
    }

    static bool IsTime(int index) => index is Seconds or Minutes or Hours or Weekday or Day or Month or Year or Century;

    bool IsUpdating() => !IsHalted && Now.Ticks % TimeSpan.TicksPerSecond >= TimeSpan.TicksPerSecond - UpdateTicks;

    void ShowTime()
    {
        DateTime now = Now;
        _ram[Seconds] = Encode(now.Second);
        _ram[Minutes] = Encode(now.Minute);
        _ram[Hours] = EncodeHour(now.Hour);
        _ram[Weekday] = Encode((int)now.DayOfWeek + 1);
        _ram[Day] = Encode(now.Day);
        _ram[Month] = Encode(now.Month);
        _ram[Year] = Encode(now.Year % 100);
        _ram[Century] = Encode(now.Year / 100);
    }

    void TakeTime()
    {
        if (!_timeWritten) return;
        _timeWritten = false;
        int year = Decode(_ram[Century]) * 100 + Decode(_ram[Year]), month = Decode(_ram[Month]), day = Decode(_ram[Day]);
        int hour = DecodeHour(_ram[Hours]), minute = Decode(_ram[Minutes]), second = Decode(_ram[Seconds]);
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return;
        if (hour is < 0 or > 23 || minute > 59 || second > 59) return;
        CatchUp();
        _offset = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks - _time.GetUtcNow().UtcTicks;
        _seen = Now.Ticks;                                             // what was skipped did not happen
        Update();
    }

    byte Encode(int value) => (byte)((_ram[RegisterB] & Binary) != 0 ? value : value / 10 << 4 | value % 10);

    // Of hostile nibbles this makes some number up to 165; the caller checks the range.
    int Decode(byte value) => (_ram[RegisterB] & Binary) != 0 ? value : (value >> 4) * 10 + (value & 0xf);

    byte EncodeHour(int hour)
    {
        if ((_ram[RegisterB] & TwentyFourHours) != 0) return Encode(hour);
        byte twelve = Encode(hour % 12 == 0 ? 12 : hour % 12);
        return hour < 12 ? twelve : (byte)(twelve | Afternoon);
    }

    int DecodeHour(byte value)
    {
        if ((_ram[RegisterB] & TwentyFourHours) != 0) return Decode(value);
        int hour = Decode((byte)(value & ~Afternoon));
        if (hour is < 1 or > 12) return -1;
        return hour % 12 + ((value & Afternoon) != 0 ? 12 : 0);
    }
}
