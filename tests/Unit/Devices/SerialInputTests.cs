using CsCheck;
using PSToyVmm.Engine.Devices;
using Xunit;
using static PSToyVmm.Tests.Unit.Devices.SerialBench;

namespace PSToyVmm.Tests.Unit.Devices;

public class SerialInputTests
{
    enum Step { Type, ReadIfReady, Drain, Trigger, Identify, ReadStatus, Loopback, Restore }

    [Fact]
    public void Input_arrives_exactly_once_and_in_order_however_it_is_drained() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Byte).Array[1, 100].Select(Gen.Bool).Sample((steps, fifos) =>
        {
            CountingLine irq = new();
            FakeCable cable = new();
            Serial port = new(irq, cable, cable);
            if (fifos) port.Out(Fcr, 0x01);
            port.Out(Ier, 0x0f);
            List<byte> typed = [], read = [];
            byte next = 0;
            foreach ((Step step, byte value) in steps)
                switch (step)
                {
                    case Step.Type:
                        for (int i = value % 50; i >= 0; i--)
                        {
                            cable.Waiting.Enqueue(next);
                            typed.Add(next++);
                        }
                        port.NotifyInput();
                        break;
                    case Step.ReadIfReady:
                        if ((port.In(Lsr) & 1) != 0) read.Add(port.In(Rbr));
                        break;
                    case Step.Drain: Drain(); break;
                    case Step.Trigger:
                        if (fifos) port.Out(Fcr, (byte)(value & 0xc0 | 0x05));
                        break;
                    case Step.Identify: port.In(Iir); break;
                    case Step.ReadStatus: port.In(Msr); break;
                    case Step.Loopback:
                        port.Out(Mcr, Loop);
                        port.Out(Mcr, value is < 128 ? (byte)0x0b : (byte)0);
                        break;
                    case Step.Restore:
                        port = new(irq, cable, cable, port.Save());
                        port.NotifyInput();
                        break;
                }
            Drain();
            Assert.Equal(typed, read);

            void Drain()
            {
                for (byte status; ((status = port.In(Lsr)) & 1) != 0;)
                {
                    Assert.Equal(0x61, status);                        // no overrun, ever
                    read.Add(port.In(Rbr));
                }
            }
        }, iter: 2000);
}
