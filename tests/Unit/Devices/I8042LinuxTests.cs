using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

/// <summary>
/// The probe of Linux's drivers/input/serio/i8042.c and drivers/input/keyboard/atkbd.c, with their polling loops, counting
/// every access: an answer that is missing costs 10,000 of them.
/// </summary>
public class I8042LinuxTests
{
    readonly LatchedLine _irq = new();
    readonly I8042 _controller;
    readonly List<byte> _interrupted = [];
    int _accesses;
    byte _ctr;

    public I8042LinuxTests() => _controller = new(_irq, () => { });

    byte Status()
    {
        _accesses++;
        return _controller.CommandPort.In();
    }

    byte ReadData()
    {
        _accesses++;
        return _controller.DataPort.In();
    }

    void Write(Engine.Bus.IBusDevice port, byte value)
    {
        for (int i = 0; (Status() & 2) != 0; i++) Assert.True(i < 10_000, "input buffer stays full");
        _accesses++;
        port.Out(0, value);
    }

    void WaitRead()
    {
        for (int i = 0; (Status() & 1) == 0; i++) Assert.True(i < 10_000, "no answer");
    }

    byte Ask(byte command)
    {
        Write(_controller.CommandPort, command);
        WaitRead();
        return ReadData();
    }

    void WriteControl()
    {
        Write(_controller.CommandPort, 0x60);
        Write(_controller.DataPort, _ctr);
    }

    int Flush()
    {
        int count = 0;
        for (; (Status() & 1) != 0; count++) ReadData();
        return count;
    }

    /// <summary>ps2_command: each byte is answered through interrupts.</summary>
    byte[] Keyboard(params ReadOnlySpan<byte> bytes)
    {
        _interrupted.Clear();
        foreach (byte value in bytes)
        {
            Write(_controller.DataPort, value);
            while (_irq.Take())
                if ((Status() & 1) != 0) _interrupted.Add(ReadData());
        }
        return [.. _interrupted];
    }

    [Fact]
    public void The_probe_finds_a_keyboard_and_no_mouse_in_few_accesses()
    {
        Assert.Equal(0, Flush());                                      // i8042_controller_check
        Assert.Equal(0x55, Ask(0xaa));                                 // i8042_controller_selftest
        _ctr = Ask(0x20);                                              // i8042_controller_init: twice the same
        Assert.Equal(_ctr, Ask(0x20));
        Assert.NotEqual(0, Status() & 0x10);                           // keylock
        Assert.NotEqual(0, _ctr & 0x40);                               // translated: atkbd asks less
        _ctr = (byte)(_ctr & ~0x01 | 0x10);
        WriteControl();
        Assert.Equal(0, Flush());

        Assert.False(FindAux());

        _ctr = (byte)(_ctr & ~0x10 | 0x01);                            // i8042_enable_kbd_port
        WriteControl();
        Assert.Equal([0xfa, 0xab, 0x41], Keyboard(0xf2));              // atkbd_probe: 0xab83, translated
        Assert.Equal([0xfa], Keyboard(0xf5));
        Assert.Equal([0xfa, 0xfa], Keyboard(0xed, 0x00));              // atkbd_reset_state
        Assert.Equal([0xfa, 0xfa], Keyboard(0xf3, 0x00));
        Assert.Equal([0xfa], Keyboard(0xf4));                          // atkbd_activate
        Assert.True(_accesses <= 75, $"{_accesses} accesses");
        Assert.True(_controller.TryPressCtrlAltDelete());
    }

    /// <summary>i8042_check_aux, as far as it gets.</summary>
    bool FindAux()
    {
        Flush();
        Write(_controller.CommandPort, 0xd3);
        Write(_controller.DataPort, 0x5a);
        WaitRead();
        if ((Status() & 0x20) != 0) return true;                       // else "auxerr", and the answer stays where it is
        byte test = Ask(0xa9);
        return test is 0 or 0xfa or 0xff;
    }

    [Fact]
    public void A_reboot_by_the_keyboard_controller_waits_for_nothing()
    {
        int resets = 0;
        I8042 controller = new(_irq, () => resets++);
        Assert.Equal(0, controller.CommandPort.In() & 2);              // kb_wait
        controller.CommandPort.Out(0, 0xfe);
        Assert.Equal(1, resets);
    }
}
