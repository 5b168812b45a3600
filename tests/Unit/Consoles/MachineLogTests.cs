using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Tests.Unit.Bus;
using PSToyVmm.Tests.Unit.Devices;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class MachineLogTests
{
    static readonly DateTimeOffset s_start = new(2026, 11, 22, 15, 4, 59, TimeSpan.Zero);

    readonly FakeTime _time = new(s_start);
    readonly MachineLog _log;

    public MachineLogTests() => _log = new(_time);

    IEnumerable<string> Texts => _log.Read().Select(entry => entry.Text);

    static void Print(LogLine line, string text)
    {
        foreach (byte value in Encoding.UTF8.GetBytes(text)) line.Write(value);
    }

    [Fact]
    public void Entries_of_all_sources_come_in_the_order_in_which_they_were_written()
    {
        _log.Note("Running.");
        _log.OpenPostCodes()(0x42);
        _time.Now += TimeSpan.FromSeconds(2);
        Print(_log.OpenDebugConsole(), "hello\n");
        _log.Note("Off.");
        Assert.Equal(
        [
            new(s_start, MachineLogSource.Vmm, "Running."),
            new(s_start, MachineLogSource.Post, "POST 0x42"),
            new(s_start + TimeSpan.FromSeconds(2), MachineLogSource.DebugConsole, "hello"),
            new(s_start + TimeSpan.FromSeconds(2), MachineLogSource.Vmm, "Off."),
        ], _log.Read());
    }

    [Fact]
    public void Bytes_become_lines_without_carriage_returns_and_the_rest_one_at_the_end()
    {
        LogLine line = _log.OpenDebugConsole();
        Print(line, "one\r\ntwo\n\nthr\ree");
        Assert.Equal(["one", "two", ""], Texts);
        line.Flush();
        line.Flush();
        Assert.Equal(["one", "two", "", "thr␍ee"], Texts);
    }

    [Fact]
    public void A_long_line_is_broken_between_two_characters()
    {
        LogLine line = _log.OpenDebugConsole();
        string text = string.Concat(Enumerable.Repeat("äö€😀", 1000));
        Print(line, text + "\n");
        Assert.Equal(text, string.Concat(Texts));
        Assert.All(_log.Read().SkipLast(1), entry => Assert.InRange(Encoding.UTF8.GetByteCount(entry.Text), MachineLog.LongestLine - 3, MachineLog.LongestLine));
    }

    [Fact]
    public void What_is_no_UTF8_is_survived_and_no_escape_sequence_comes_through()
    {
        LogLine line = _log.OpenDebugConsole();
        foreach (byte value in (byte[])[0x1b, (byte)'[', (byte)'3', (byte)'1', (byte)'m', 0xff, 0xc3, (byte)'\t', 0x7f, 0xc2, 0x9b, 0, (byte)'\n']) line.Write(value);
        Assert.Equal(["␛[31m\ufffd\ufffd\t␡\ufffd␀"], Texts);
        for (int i = 0; i < 3000; i++) line.Write(0x80);
        Assert.Equal(3, _log.Read().Count);
    }

    [Fact]
    public void A_guest_that_writes_without_end_pushes_out_its_own_lines_only()
    {
        Action<byte> post = _log.OpenPostCodes();
        LogLine line = _log.OpenDebugConsole();
        _log.Note("Running.");
        for (int i = 0; i < 100_000; i++)
        {
            post((byte)i);
            Print(line, $"line {i}\n");
        }
        IReadOnlyList<MachineLogEntry> entries = _log.Read();
        Assert.Equal("Running.", Assert.Single(entries, entry => entry.Source == MachineLogSource.Vmm).Text);
        Assert.Equal(4096, entries.Count(entry => entry.Source == MachineLogSource.Post));
        Assert.Equal(4096, entries.Count(entry => entry.Source == MachineLogSource.DebugConsole));
        Assert.Equal("line 99999", entries[^1].Text);
        Assert.Equal(200_000 - 2 * 4096, _log.Forgotten);
    }

    [Fact]
    public void Long_lines_are_held_up_to_their_bytes_and_read_back_whole()
    {
        LogLine line = _log.OpenDebugConsole();
        for (int i = 0; i < 2000; i++) Print(line, new string((char)('a' + i % 26), 700 + i % 300) + "\n");
        IReadOnlyList<MachineLogEntry> entries = _log.Read();
        Assert.InRange(entries.Count, 256, 375);
        for (int i = 0; i < entries.Count; i++)
        {
            int number = 2000 - entries.Count + i;
            Assert.Equal(new string((char)('a' + number % 26), 700 + number % 300), entries[i].Text);
        }
    }

    [Fact]
    public void A_guests_writes_allocate_nothing()
    {
        Action<byte> post = _log.OpenPostCodes();
        LogLine line = _log.OpenDebugConsole();
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                post((byte)i);
                line.Write((byte)(i % 50 == 0 ? '\n' : 'x'));
            }
        }));
    }

    [Fact]
    public void An_event_of_any_length_is_noted()
    {
        _log.Note(new string('€', 10_000));
        for (int i = 0; i < 300; i++) _log.Note($"event {i}");
        Assert.Equal("event 299", Texts.Last());
        Assert.Equal(256, Texts.Count());
    }
}
