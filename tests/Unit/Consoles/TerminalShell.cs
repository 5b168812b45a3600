using System.Diagnostics;
using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Tests.Unit.Consoles;

/// <summary>A real shell at a real terminal of the kernel's, as a console would have it: what it writes goes into a log, what it reads comes from an input.</summary>
sealed class TerminalShell : IDisposable
{
    readonly Process _process;
    readonly Thread _reader;

    /// <summary>Starts one. script(1) makes the terminal.</summary>
    public TerminalShell(string command)
    {
        // Who is started in the background by a shell, as these tests may be, ignores INT and QUIT, and so do its children.
        _process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT,QUIT", "script", "-qfc", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["PS1"] = "prompt> ", ["TERM"] = "vt100" },
        })!;
        Input.Arrived += Deliver;
        _reader = new(Read) { IsBackground = true };
        _reader.Start();
    }

    public static bool IsThere(string program) => File.Exists($"/bin/{program}") && File.Exists("/usr/bin/script");

    public SerialLog Log { get; } = new();
    public SerialInput Input { get; } = new();

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _reader.Join();
        Log.Dispose();
    }

    void Deliver()
    {
        lock (_process)
        {
            while (Input.TryDequeue(out byte value)) _process.StandardInput.BaseStream.WriteByte(value);
            _process.StandardInput.BaseStream.Flush();
        }
    }

    void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (_process.StandardOutput.BaseStream.Read(buffer) is > 0 and var count) Log.Append(buffer.AsSpan(0, count));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
        Log.Complete();
    }
}
