using CsCheck;
using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public sealed partial class CmosRtcTests : IDisposable
{
    const byte RegisterA = 0x0a, RegisterB = 0x0b, RegisterC = 0x0c, RegisterD = 0x0d;
    static readonly DateTimeOffset s_start = new(2026, 11, 22, 15, 4, 59, TimeSpan.Zero);   // a Sunday

    readonly FakeTime _time = new(s_start);
    readonly CountingLine _irq = new();
    readonly CmosRtc _rtc;

    public CmosRtcTests() => _rtc = new(_irq, _time);

    public void Dispose() => _rtc.Dispose();

    byte this[byte register]
    {
        get
        {
            _rtc.Out(0, register);
            return _rtc.In(1);
        }
        set
        {
            _rtc.Out(0, register);
            _rtc.Out(1, value);
        }
    }

    /// <summary>Century, year, month, day, weekday, hours, minutes, seconds.</summary>
    byte[] Time => [this[0x32], this[9], this[8], this[7], this[6], this[4], this[2], this[0]];

    void SetTime(byte century, byte year, byte month, byte day, byte hours, byte minutes, byte seconds)
    {
        byte control = this[RegisterB];
        this[RegisterB] = (byte)(control | 0x80);
        (this[0x32], this[9], this[8], this[7]) = (century, year, month, day);
        (this[4], this[2], this[0]) = (hours, minutes, seconds);
        this[RegisterB] = control;
    }

    [Fact]
    public void It_shows_UTC_in_BCD_and_24_hours() =>
        Assert.Equal([0x20, 0x26, 0x11, 0x22, 0x01, 0x15, 0x04, 0x59], Time);

    [Fact]
    public void It_shows_UTC_whatever_the_offset_of_the_clock_it_is_given()
    {
        _time.Now = s_start.ToOffset(TimeSpan.FromHours(5));
        Assert.Equal([0x20, 0x26, 0x11, 0x22, 0x01, 0x15, 0x04, 0x59], Time);
    }

    [Fact]
    public void It_shows_binary_when_asked()
    {
        this[RegisterB] = 0x06;
        Assert.Equal([20, 26, 11, 22, 1, 15, 4, 59], Time);
    }

    [Theory, InlineData(0, 0x12), InlineData(1, 0x01), InlineData(11, 0x11), InlineData(12, 0x92), InlineData(13, 0x81), InlineData(23, 0x91)]
    public void Twelve_hours_have_a_PM_bit(int hour, byte expected)
    {
        this[RegisterB] = 0x00;
        _time.Now = new(2026, 1, 1, hour, 0, 0, TimeSpan.Zero);
        Assert.Equal(expected, this[4]);
    }

    [Fact]
    public void It_goes_on_with_the_host()
    {
        _time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal((0x00, 0x05), (this[0], this[2]));
    }

    [Fact]
    public void A_time_that_is_set_goes_on_from_there()
    {
        SetTime(0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x58);
        Assert.Equal([0x19, 0x99, 0x12, 0x31, 0x06, 0x23, 0x59, 0x58], Time);
        _time.Now += TimeSpan.FromSeconds(3);
        Assert.Equal([0x20, 0x00, 0x01, 0x01, 0x07, 0x00, 0x00, 0x01], Time);
    }

    [Fact]
    public void While_SET_is_on_the_time_stands_and_then_goes_on_as_if_it_had_not()
    {
        this[RegisterB] = 0x82;
        _time.Now += TimeSpan.FromSeconds(10);
        Assert.Equal(0x59, this[0]);
        this[RegisterB] = 0x02;
        Assert.Equal(0x09, this[0]);
    }

    [Fact]
    public void A_single_register_counts_without_SET()
    {
        this[9] = 0x30;
        Assert.Equal([0x20, 0x30, 0x11, 0x22, 0x06, 0x15, 0x04, 0x59], Time);
    }

    [Theory]
    [InlineData(0x20, 0x26, 0x02, 0x30, 0x00, 0x00, 0x00)]             // 30 February
    [InlineData(0x20, 0x26, 0x13, 0x01, 0x00, 0x00, 0x00)]
    [InlineData(0x20, 0x26, 0x00, 0x01, 0x00, 0x00, 0x00)]
    [InlineData(0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00)]             // there is no year 0
    [InlineData(0xff, 0xff, 0x01, 0x01, 0x00, 0x00, 0x00)]
    [InlineData(0x20, 0x26, 0x01, 0x01, 0x24, 0x00, 0x00)]
    [InlineData(0x20, 0x26, 0x01, 0x01, 0x00, 0x60, 0x00)]
    [InlineData(0x20, 0x26, 0x01, 0x01, 0x00, 0x00, 0xff)]
    public void A_time_that_does_not_exist_changes_nothing(byte century, byte year, byte month, byte day, byte hours, byte minutes, byte seconds)
    {
        SetTime(century, year, month, day, hours, minutes, seconds);
        Assert.Equal([0x20, 0x26, 0x11, 0x22, 0x01, 0x15, 0x04, 0x59], Time);
    }

    [Fact]
    public void The_end_of_time_is_survived()
    {
        SetTime(0x99, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59);
        _time.Now += TimeSpan.FromDays(1);
        Assert.Equal([0x99, 0x99, 0x12, 0x31, 0x06, 0x23, 0x59, 0x59], Time);
    }

    [Theory, InlineData(0, 0x26), InlineData(500_000, 0x26), InlineData(997_700, 0x26), InlineData(997_800, 0xa6), InlineData(999_999, 0xa6)]
    public void An_update_is_in_progress_just_before_the_second_ends(int microsecond, byte registerA)
    {
        _time.Now = s_start + TimeSpan.FromMicroseconds(microsecond);
        Assert.Equal(registerA, this[RegisterA]);
        this[RegisterB] = 0x82;
        Assert.Equal(0x26, this[RegisterA]);                           // none while SET is on
    }

    [Fact]
    public void Update_in_progress_cannot_be_written_so_it_never_sticks()
    {
        this[RegisterA] = 0xff;
        Assert.Equal(0x7f, this[RegisterA]);
    }

    [Fact]
    public void Status_says_battery_good_and_no_interrupt_pending()
    {
        this[RegisterC] = 0xff;
        this[RegisterD] = 0x00;
        Assert.Equal((0x00, 0x80), (this[RegisterC], this[RegisterD]));
    }

    [Fact]
    public void Alarms_and_RAM_read_back_and_the_NMI_mask_is_ignored()
    {
        foreach (byte register in new byte[] { 1, 3, 5, 0x0e, 0x31, 0x33, 0x7f })
            this[(byte)(register | 0x80)] = (byte)(register ^ 0x5a);
        foreach (byte register in new byte[] { 1, 3, 5, 0x0e, 0x31, 0x33, 0x7f })
            Assert.Equal(register ^ 0x5a, this[register]);
        Assert.Equal(0xff, _rtc.In(0));
    }

    [Fact]
    public void Any_time_that_exists_is_shown_as_it_was_set() =>
        Gen.Select(Gen.DateTime[new(1, 1, 1), new(9999, 12, 31)], Gen.Int[0, 3]).Sample((when, mode) =>
        {
            FakeTime time = new(s_start);
            CmosRtc rtc = new(new CountingLine(), time);
            bool binary = (mode & 1) != 0, twentyFour = (mode & 2) != 0;
            int hour = twentyFour ? when.Hour : when.Hour % 12 == 0 ? 12 : when.Hour % 12;
            byte pm = !twentyFour && when.Hour >= 12 ? (byte)0x80 : (byte)0;
            (byte Register, int Value)[] values = [(0x32, when.Year / 100), (9, when.Year % 100), (8, when.Month), (7, when.Day), (4, hour), (2, when.Minute), (0, when.Second)];
            byte Encode(int value) => (byte)(binary ? value : Convert.ToInt32(value.ToString(System.Globalization.CultureInfo.InvariantCulture), 16));

            byte control = (byte)((binary ? 4 : 0) | (twentyFour ? 2 : 0));
            rtc.Write(0, [RegisterB, (byte)(control | 0x80)]);
            foreach ((byte register, int value) in values)
                rtc.Write(0, [register, (byte)(Encode(value) | (register == 4 ? pm : 0))]);
            rtc.Write(0, [RegisterB, control]);
            foreach ((byte register, int value) in values)
            {
                rtc.Out(0, register);
                Assert.Equal(Encode(value) | (register == 4 ? pm : 0), rtc.In(1));
            }
        });

    [Fact]
    public void A_restored_clock_shows_what_the_saved_one_did()
    {
        SetTime(0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x58);
        this[0x40] = 0x42;
        CmosRtc restored = new(_irq, _time, _rtc.Save());
        Assert.Equivalent(_rtc.Save(), restored.Save());
        Assert.Equal(0x42, restored.In(1));                            // the index too
        restored.Out(0, 9);
        Assert.Equal(0x99, restored.In(1));
    }
}
