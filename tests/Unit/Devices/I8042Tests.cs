using PSToyVmm.Engine.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Devices;

public class I8042Tests
{
    readonly CountingLine _irq = new();
    readonly I8042 _controller;
    int _resets;

    public I8042Tests() => _controller = new(_irq, () => _resets++);

    byte Status => _controller.CommandPort.In();

    void Command(byte command) => _controller.CommandPort.Out(0, command);

    void Data(byte value) => _controller.DataPort.Out(0, value);

    byte Answer()
    {
        Assert.Equal(1, Status & 1);
        return _controller.DataPort.In();
    }

    List<byte> Answers()
    {
        List<byte> answers = [];
        while ((Status & 1) != 0) answers.Add(_controller.DataPort.In());
        return answers;
    }

    /// <summary>What Linux's i8042 driver does last: interrupt on, keyboard on; bit 6 is translation.</summary>
    void Enable(byte commandByte = 0x45)
    {
        Command(0x60);
        Data(commandByte);
    }

    [Fact]
    public void At_rest_it_is_unlocked_passed_its_test_and_has_nothing_to_say() => Assert.Equal(0x14, Status);

    [Fact]
    public void Self_test_and_line_test_pass()
    {
        Command(0xaa);
        Assert.Equal(0x55, Answer());
        Command(0xab);
        Assert.Equal(0x00, Answer());
        Assert.Equal(0, Status & 1);
    }

    [Fact]
    public void The_command_byte_reads_back_with_aux_always_off()
    {
        Enable(0x45);
        Command(0x20);
        Assert.Equal(0x65, Answer());
        Command(0xad);
        Command(0x20);
        Assert.Equal(0x75, Answer());
        Command(0xae);
        Command(0x20);
        Assert.Equal(0x65, Answer());
    }

    [Fact]
    public void There_is_no_mouse()
    {
        Command(0xd3);
        Data(0x5a);
        Assert.Equal(0x01, Status & 0x21);                             // an answer, but not from aux
        Command(0xa9);                                                 // Linux leaves that answer unread
        Assert.InRange(Answer(), 0x01, 0x04);
        Assert.Equal(0, Status & 1);
        Command(0xa8);
        Command(0x20);
        Assert.Equal(0x20, Answer() & 0x20);
    }

    [Fact]
    public void An_answer_that_nobody_read_is_dropped_by_the_next_command()
    {
        Command(0xaa);
        Command(0x60);
        Data(0x64);
        Assert.Equal(0, Status & 1);
    }

    [Theory, InlineData(0xfe), InlineData(0xf0)]
    public void Pulsing_the_reset_line_resets(byte command)
    {
        Command(command);
        Assert.Equal(1, _resets);
    }

    [Fact]
    public void Other_pulses_do_not_reset()
    {
        foreach (byte command in new byte[] { 0xff, 0xfd, 0xef }) Command(command);
        Assert.Equal(0, _resets);
    }

    [Theory, InlineData(0xfe, 1), InlineData(0xdf, 0)]
    public void The_output_port_drives_the_reset_line(byte value, int resets)
    {
        Command(0xd1);
        Data(value);
        Assert.Equal(resets, _resets);
    }

    [Theory]
    [InlineData(new byte[] { 0xff }, new byte[] { 0xfa, 0xaa })]
    [InlineData(new byte[] { 0xf2 }, new byte[] { 0xfa, 0xab, 0x83 })]
    [InlineData(new byte[] { 0xed, 0x07 }, new byte[] { 0xfa, 0xfa })]
    [InlineData(new byte[] { 0xf3, 0x20 }, new byte[] { 0xfa, 0xfa })]
    [InlineData(new byte[] { 0xf0, 0x00 }, new byte[] { 0xfa, 0xfa, 0x02 })]
    [InlineData(new byte[] { 0xf0, 0x02 }, new byte[] { 0xfa, 0xfa })]
    [InlineData(new byte[] { 0xf0, 0x03 }, new byte[] { 0xfa, 0xfe })]
    [InlineData(new byte[] { 0xed, 0xf4 }, new byte[] { 0xfa })]       // enabling clears the buffer
    [InlineData(new byte[] { 0xf5 }, new byte[] { 0xfa })]
    [InlineData(new byte[] { 0xf6 }, new byte[] { 0xfa })]
    [InlineData(new byte[] { 0xee }, new byte[] { 0xee })]
    [InlineData(new byte[] { 0x71 }, new byte[] { 0xfe })]
    public void The_keyboard_answers(byte[] command, byte[] answer)
    {
        Enable(0x04);                                                  // no translation
        foreach (byte value in command) Data(value);
        // What reached the controller's output before an enable is not the keyboard's to clear.
        List<byte> answers = Answers();
        Assert.Equal(answer, answers[^answer.Length..]);
    }

    [Fact]
    public void Resend_repeats_the_last_byte()
    {
        Enable(0x04);
        Data(0xf2);
        Answers();
        Data(0xfe);
        Assert.Equal([0x83], Answers());
    }

    [Fact]
    public void Ctrl_Alt_Del_is_refused_until_a_driver_listens()
    {
        Assert.False(_controller.TryPressCtrlAltDelete());             // interrupt off
        Enable(0x55);
        Assert.False(_controller.TryPressCtrlAltDelete());             // keyboard off
        Enable();
        Data(0xf5);
        Answers();
        Assert.False(_controller.TryPressCtrlAltDelete());             // not scanning
        Data(0xf4);
        Answers();
        Assert.True(_controller.TryPressCtrlAltDelete());
    }

    [Fact]
    public void Ctrl_Alt_Del_in_set_2()
    {
        Enable(0x05);
        Assert.True(_controller.TryPressCtrlAltDelete());
        Assert.Equal([0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14], Answers());
    }

    [Fact]
    public void Ctrl_Alt_Del_translated_to_set_1_interrupts_for_every_byte()
    {
        Enable();
        _irq.Take();
        Assert.True(_controller.TryPressCtrlAltDelete());
        List<byte> codes = [];
        while (_irq.Take() == 1)                                       // as a driver does that reads one byte per interrupt
            codes.Add(_controller.DataPort.In());
        Assert.Equal([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d], codes);
        Assert.Equal(0, Status & 1);
    }

    [Fact]
    public void Keys_that_nobody_reads_do_not_pile_up()
    {
        Enable();
        int pressed = 0;
        while (_controller.TryPressCtrlAltDelete() && pressed < 100) pressed++;
        Assert.InRange(pressed, 1, 3);
        Assert.Equal(8 * pressed, Answers().Count);
    }

    [Fact]
    public void Enabling_the_interrupt_with_a_byte_waiting_raises_it()
    {
        Data(0xf4);
        Assert.Equal(0, _irq.Take());
        Enable();
        Assert.Equal(1, _irq.Take());
    }

    [Fact]
    public void A_restored_controller_answers_as_the_saved_one_did()
    {
        Enable();
        Assert.True(_controller.TryPressCtrlAltDelete());
        _controller.DataPort.In();
        Command(0xd3);
        I8042 restored = new(_irq, () => { }, _controller.Save());
        Assert.Equivalent(_controller.Save(), restored.Save());
        foreach (I8042 each in new[] { _controller, restored })
        {
            each.DataPort.Out(0, 0x77);
            Assert.Equal(0x77, each.DataPort.In());
            Assert.Equal(0x38, each.DataPort.In());
        }
    }
}
