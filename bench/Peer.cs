using System.Diagnostics;
using System.Globalization;

namespace PSToyVmm.Bench;

/// <summary>peer.c, compiled for this run: asked by a line, it answers with numbers.</summary>
sealed class Peer : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("pstoyvmm-peer-").FullName;
    readonly Process _process;

    public Peer()
    {
        string program = Path.Combine(_folder, "peer");
        using (Process compiler = Process.Start("cc", ["-O2", "-Wall", "-o", program, Path.Combine(AppContext.BaseDirectory, "peer.c")]))
        {
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new InvalidOperationException("cc does not compile peer.c");
        }
        _process = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Nanoseconds, as many as the command has.</summary>
    public TimeSpan[] Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"The peer failed at: {command}");
        return [.. answer.Split(' ').Select(word => TimeSpan.FromMicroseconds(long.Parse(word, CultureInfo.InvariantCulture) / 1e3))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
