using PSToyVmm.Engine.Devices;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public partial class CmosRtcTests
{
    const byte PF = 0x40, AF = 0x20, UF = 0x10, IRQF = 0x80;
    const byte PIE = 0x40, AIE = 0x20, UIE = 0x10, TwentyFour = 0x02;

    void SetAlarm(byte hours, byte minutes, byte seconds) => (this[5], this[3], this[1]) = (hours, minutes, seconds);

    void Pass(double seconds) => _time.Pass(TimeSpan.FromMilliseconds((long)Math.Round(seconds * 1000)));

    /// <summary>Interrupts in a time, by a guest that reads register C after each.</summary>
    int Serve(double seconds)
    {
        int count = 0;
        for (int millisecond = 0; millisecond < seconds * 1000; millisecond++)
        {
            _time.Pass(TimeSpan.FromMilliseconds(1));
            if (_irq.Take() == 0) continue;
            count++;
            Assert.NotEqual(0, this[RegisterC] & IRQF);
        }
        return count;
    }

    [Fact]
    public void Flags_come_without_interrupts_and_are_cleared_by_a_read()
    {
        Pass(1);
        Assert.Equal(PF | UF, this[RegisterC]);
        Assert.Equal(0, this[RegisterC]);
        Pass(0.5);
        Assert.Equal(PF, this[RegisterC]);
        Assert.Equal(0, _irq.Count);
    }

    [Fact]
    public void No_timer_runs_while_no_interrupt_is_enabled()
    {
        SetAlarm(0x16, 0x00, 0x00);
        Assert.Equal(0, _time.Waiting);
        this[RegisterB] = TwentyFour | AIE;
        Assert.Equal(1, _time.Waiting);
        this[RegisterB] = TwentyFour;
        Assert.Equal(0, _time.Waiting);
    }

    [Fact]
    public void The_end_of_an_update_interrupts_once_until_it_is_read()
    {
        this[RegisterB] = TwentyFour | UIE;
        Pass(0.999);
        Assert.Equal(0, _irq.Take());
        Pass(10);
        Assert.Equal(1, _irq.Take());
        Assert.Equal(0, _time.Waiting);                                // an unanswered interrupt costs nothing
        Assert.Equal(IRQF | PF | UF, this[RegisterC]);
        Assert.Equal(5, Serve(5));
    }

    [Theory]
    [InlineData(0x15, 0x05, 0x10, 11)]                                 // it is 15:04:59
    [InlineData(0x15, 0x04, 0x58, 24 * 3600 - 1)]                      // tomorrow
    [InlineData(0x00, 0x00, 0x00, 8 * 3600 + 55 * 60 + 1)]
    [InlineData(0xff, 0x00, 0x00, 55 * 60 + 1)]                        // every hour
    [InlineData(0xff, 0xc0, 0x30, 31)]
    [InlineData(0xff, 0x04, 0xc7, 59 * 60 + 1)]                        // the first second of the next minute 4
    [InlineData(0x16, 0xff, 0xff, 55 * 60 + 1)]
    [InlineData(0xc0, 0xff, 0xff, 1)]
    public void An_alarm_comes_when_its_time_does(byte hours, byte minutes, byte seconds, int after)
    {
        SetAlarm(hours, minutes, seconds);
        this[RegisterB] = TwentyFour | AIE;
        Pass(after - 0.01);
        Assert.Equal(0, _irq.Count);
        Assert.Equal(0, this[RegisterC] & AF);
        Pass(0.01);
        Assert.Equal(1, _irq.Count);
        Assert.Equal(IRQF | AF | UF, this[RegisterC] & ~PF);
    }

    [Theory]
    [InlineData(0x24, 0x00, 0x00), InlineData(0x00, 0x60, 0x00), InlineData(0x00, 0x00, 0x99), InlineData(0xff, 0xff, 0xbf)]
    public void An_alarm_at_no_time_of_day_never_comes_and_needs_no_timer(byte hours, byte minutes, byte seconds)
    {
        SetAlarm(hours, minutes, seconds);
        this[RegisterB] = TwentyFour | AIE;
        Assert.Equal(0, _time.Waiting);
        Pass(86_400 * 2);
        Assert.Equal(0, this[RegisterC] & AF);
    }

    [Fact]
    public void An_alarm_may_be_binary_and_in_twelve_hours()
    {
        this[RegisterB] = 0x04;
        SetAlarm(0x83, 5, 10);                                         // 3 PM
        this[RegisterB] = 0x04 | AIE;
        Pass(11);
        Assert.Equal(1, _irq.Count);
    }

    [Fact]
    public void An_alarm_follows_the_guests_clock_and_the_hosts()
    {
        SetAlarm(0x12, 0x00, 0x00);
        this[RegisterB] = TwentyFour | AIE;
        SetTime(0x20, 0x30, 0x01, 0x01, 0x11, 0x59, 0x30);
        Pass(29);
        Assert.Equal(0, _irq.Count);
        Pass(1);
        Assert.Equal(1, _irq.Take());
        Assert.NotEqual(0, this[RegisterC] & AF);
        _time.Now += TimeSpan.FromDays(1.5);                           // the host slept through it
        Assert.Equal(1, _irq.Take());
    }

    [Fact]
    public void Setting_the_clock_past_an_alarm_does_not_ring_it()
    {
        SetAlarm(0x18, 0x00, 0x00);
        this[RegisterB] = TwentyFour | AIE;
        SetTime(0x20, 0x26, 0x11, 0x22, 0x19, 0x00, 0x00);
        Assert.Equal((0, 0), (_irq.Count, this[RegisterC] & (AF | UF)));
    }

    [Theory]
    [InlineData(15, 2), InlineData(14, 4), InlineData(9, 128), InlineData(2, 128), InlineData(8, 256), InlineData(1, 256)]
    public void Periodic_interrupts_keep_their_rate(byte rate, int hertz)
    {
        this[RegisterA] = (byte)(0x20 | rate);
        this[RegisterB] = TwentyFour | PIE;
        Assert.InRange(Serve(2), hertz * 2 - 1, hertz * 2);
    }

    [Theory, InlineData(6), InlineData(5), InlineData(3)]
    public void Fast_rates_come_a_thousand_times_a_second_at_most(byte rate)
    {
        this[RegisterA] = (byte)(0x20 | rate);
        this[RegisterB] = TwentyFour | PIE;
        Assert.InRange(Serve(1), 500, 1000);
        Assert.InRange(_time.Fired, 500, 1001);
    }

    [Theory, InlineData(0x20), InlineData(0x66), InlineData(0x7f)]
    public void There_is_no_periodic_interrupt_without_a_rate_or_a_divider(byte registerA)
    {
        this[RegisterA] = registerA;
        this[RegisterB] = TwentyFour | PIE;
        Pass(2);
        Assert.Equal((0, 0), (_irq.Count, this[RegisterC] & PF));
    }

    [Fact]
    public void A_flag_that_is_already_there_interrupts_when_it_is_enabled()
    {
        Pass(1);
        this[RegisterB] = TwentyFour | UIE;
        Assert.Equal(1, _irq.Count);
        Assert.NotEqual(0, this[RegisterC] & IRQF);
    }

    [Fact]
    public void Another_source_does_not_interrupt_again_before_register_C_is_read()
    {
        this[RegisterB] = TwentyFour | PIE | UIE;
        Pass(2);
        this[RegisterB] = TwentyFour | PIE | UIE | AIE;
        Assert.Equal(1, _irq.Count);
    }

    [Fact]
    public void SET_switches_updates_off_and_UIE_for_good()
    {
        this[RegisterB] = TwentyFour | UIE | 0x80;
        Assert.Equal(TwentyFour | 0x80, this[RegisterB]);
        Pass(3);
        Assert.Equal(0, this[RegisterC] & UF);
    }

    [Fact]
    public void Setting_the_hosts_timer_allocates_nothing()
    {
        using CmosRtc rtc = new(_irq, TimeProvider.System);
        rtc.Write(0, [RegisterA, 0x2f]);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                rtc.Write(0, [RegisterB, TwentyFour | PIE | UIE | AIE]);
                rtc.Out(0, RegisterC);
                rtc.In(1);
                rtc.Write(0, [RegisterB, TwentyFour]);
            }
        }));
    }

    [Fact]
    public void After_disposal_nothing_interrupts()
    {
        this[RegisterB] = TwentyFour | UIE;
        _rtc.Dispose();
        Assert.Equal(0, _time.Waiting);
        Pass(2);
        this[RegisterB] = TwentyFour | UIE | PIE;
        Assert.Equal((0, 0), (_irq.Count, _time.Waiting));
    }

    [Fact]
    public void An_alarm_between_save_and_restore_rings_at_once()
    {
        SetAlarm(0x15, 0x05, 0x30);
        this[RegisterB] = TwentyFour | AIE;
        CmosRtcState state = _rtc.Save();
        _rtc.Dispose();
        _time.Now += TimeSpan.FromMinutes(5);
        CountingLine irq = new();
        using CmosRtc restored = new(irq, _time, state);
        Assert.Equal(1, irq.Count);
        restored.Out(0, RegisterC);
        Assert.NotEqual(0, restored.In(1) & AF);
    }

    [Fact]
    public void An_unanswered_interrupt_is_restored_without_another_edge()
    {
        this[RegisterB] = TwentyFour | UIE;
        Pass(1);
        CountingLine irq = new();
        using CmosRtc restored = new(irq, _time, _rtc.Save());
        Assert.Equal(0, irq.Count);
        restored.Out(0, RegisterC);
        Assert.Equal(IRQF | PF | UF, restored.In(1));
    }
}
