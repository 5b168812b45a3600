using Xunit;

namespace PSToyVmm.Tests.Linux;

public class ConsoleTests
{
    [LinuxFact]
    public void Ctrl_C_interrupts_a_program()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        // Not before the shell has given the terminal back: while it reads a line, Ctrl+C is a character like others.
        guest.Type("echo started; sleep 1000\r");
        guest.Expect("(?m)^started");
        guest.Type("\x03");
        guest.Expect("# "); // what is typed before the prompt is there is flushed with the interrupt
        guest.Run("true");
    }

    [LinuxFact]
    public void A_long_paste_arrives_whole()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        guest.Run("stty -echo");
        guest.Type("cat > /tmp/paste\r");
        string line = new('x', 60);
        for (int i = 0; i < 100; i++) guest.Type($"{i:000} {line}\r");
        guest.Type("\x04");
        guest.Type("wc -lc < /tmp/paste; stty echo\r");
        guest.Expect(@"100 +6500\b");
    }

    [LinuxFact]
    public void Vi_writes_a_file()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        guest.Type("vi /tmp/note\r");
        // It asks how large the screen is, and takes what comes next for the answer.
        guest.Expect(@"\x1b\[999;999H\x1b\[6n");
        guest.Type("\x1b[24;80R");
        guest.Expect("/tmp/note 1/1");
        guest.Type("ihello from vi");
        guest.Expect("hello from vi");
        guest.Type("\x1b");
        guest.Expect(@"- /tmp/note \[Modified\]");
        guest.Type(":wq\r");
        guest.Expect("# ");
        Assert.Equal("hello from vi", guest.Run("cat /tmp/note").Trim());
    }

    [LinuxFact]
    public void Long_output_loses_nothing()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        guest.Type("seq 1 4000; echo done\r");
        guest.Expect("seq 1 4000; echo done");
        string[] lines = [.. guest.Expect("(?m)^done").Before.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        Assert.Equal(Enumerable.Range(1, 4000).Select(n => $"{n}"), lines);
    }
}
