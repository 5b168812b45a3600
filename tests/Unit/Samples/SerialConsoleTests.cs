using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using PSToyVmm.Tests.Unit.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Samples;

public sealed partial class SerialConsoleTests : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    readonly string _directory = Directory.CreateTempSubdirectory("pstoyvmm-test-").FullName;
    readonly StringBuilder _shown = new();

    string Kernel => Path.Combine(_directory, "kernel");

    string CommandLine => $"'{Environment.ProcessPath}' '{Path.Combine(AppContext.BaseDirectory, "SerialConsole.dll")}' --kernel '{Kernel}' --memory 16";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [KvmFact]
    public async Task A_pipe_feeds_the_guest_and_receives_what_it_writes()
    {
        Write(TinyGuest.Print("hello\n"), EchoUntil('q'));
        using Process sample = Run("sh", "-c", CommandLine);
        using ProcessTree all = new(sample);
        sample.StandardInput.Write("\x03 \x1d ü€q");
        sample.StandardInput.Close();
        await sample.WaitForExitAsync().WaitAsync(s_patience);
        Assert.Equal("hello\n\x03 \x1d ü€", _shown.ToString());
        Assert.Equal(0, sample.ExitCode);
    }

    [KvmFact]
    public async Task A_guest_that_ends_badly_is_told_on_standard_error()
    {
        Write(TinyGuest.TripleFault);
        using Process sample = Run("sh", "-c", $"{CommandLine} 2>&1");
        await sample.WaitForExitAsync().WaitAsync(s_patience);
        Assert.StartsWith("TripleFault: ", _shown.ToString());
        Assert.Equal(1, sample.ExitCode);
    }

    [KvmFact]
    public async Task A_missing_kernel_is_told_with_its_error_id()
    {
        using Process sample = Run("sh", "-c", $"{CommandLine} 2>&1");
        await sample.WaitForExitAsync().WaitAsync(s_patience);
        Assert.StartsWith("FileNotFound: ", _shown.ToString());
        Assert.Equal(1, sample.ExitCode);
    }

    [KvmTheory]
    [InlineData("")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    public async Task The_terminal_is_given_back_as_it_was(string signal)
    {
        if (!File.Exists("/usr/bin/script")) return; // util-linux; on every Debian
        Write(TinyGuest.Print("hello\n"), TinyGuest.Echo);
        // Who is started in the background by a shell, as these tests may be, ignores INT and QUIT, and so do its children.
        string sample = $"sh -c \"echo pid=\\$\\$; exec env --default-signal=INT,QUIT {CommandLine}\"";
        using Process script = Run("script", "-qec", $"stty -g; {sample}; stty -g; echo over", "/dev/null");
        using ProcessTree all = new(script);
        await Shows("hello");
        script.StandardInput.Write("keys");
        await Shows("keys");
        if (signal.Length == 0) script.StandardInput.Write('\x1d');
        else Process.Start("kill", [$"-{signal}", PidLine().Match(_shown.ToString()).Groups[1].Value]).WaitForExit();
        await Shows("over");
        MatchCollection settings = SettingsLine().Matches(_shown.ToString());
        Assert.Equal(2, settings.Count);
        Assert.Equal(settings[0].Value, settings[1].Value);
    }

    /// <summary>A process and its children, which end with the test, however it ends.</summary>
    sealed class ProcessTree(Process root) : IDisposable
    {
        public void Dispose() => root.Kill(entireProcessTree: true);
    }

    static byte[] EchoUntil(char end) =>
    [
        0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb, // as TinyGuest.Echo
        0x66, 0xba, 0xf8, 0x03, 0xec, 0x3c, (byte)end, 0x74, 0x03, // in al, dx; cmp al, end; je past the jmp
        0xee, 0xeb, 0xeb, .. TinyGuest.Reset, // out dx, al; jmp to the start
    ];

    void Write(params byte[][] code) => File.WriteAllBytes(Kernel, TinyGuest.Elf([.. code.SelectMany(c => c)]));

    Process Run(string program, params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        })!;
        process.StandardInput.AutoFlush = true;
        _ = Task.Run(() =>
        {
            for (int next; (next = process.StandardOutput.Read()) >= 0;)
                lock (_shown) _shown.Append((char)next);
        });
        return process;
    }

    async Task Shows(string text)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < s_patience; await Task.Delay(20))
            lock (_shown)
                if (_shown.ToString().Contains(text)) return;
        Assert.Fail($"'{text}' is not in '{_shown}'");
    }

    [GeneratedRegex("pid=([0-9]+)")]
    private static partial Regex PidLine();

    [GeneratedRegex("[0-9a-f]+(:[0-9a-f]+){10,}")]
    private static partial Regex SettingsLine();
}
