using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Backends;

/// <summary>
/// A passt(1) of a network adapter's own, and the socket to it. It goes into the background, into a session of its own, so that
/// no Ctrl+C at the user's terminal reaches it, and drops all rights; it ends when the socket is closed, by us or by our end.
/// </summary>
sealed class PasstProcess : IDisposable
{
    const uint Nobody = 65534;

    static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(20), s_endTime = TimeSpan.FromSeconds(2);
    static readonly Lock s_starting = new();

    readonly ProcessDescriptor? _process;

    PasstProcess(SafeFileHandle socket, ProcessDescriptor? process) => (Socket, _process) = (socket, process);

    /// <summary>Our end: frames as <see cref="FrameStream"/> has them.</summary>
    public SafeFileHandle Socket { get; }

    /// <summary>Starts it. Returns when it is ready.</summary>
    /// <exception cref="VmException">PasstNotFound, PasstFailed, PortInUse, NetworkAccessDenied or NetworkOptionInvalid.</exception>
    public static PasstProcess Start(int mtu, IReadOnlyList<PortForward> forwards)
    {
        string program = Find();
        foreach (PortForward forward in forwards) forward.RequireFree();
        SafeFileHandle? own = null;
        DirectoryInfo directory = MakeDirectory();
        try
        {
            string numberPath = Path.Combine(directory.FullName, "pid");
            // One at a time: a passt that inherited another's end would keep that from noticing its own.
            lock (s_starting)
            {
                (own, SafeFileHandle other) = SocketPair.Create();
                using (other) Run(program, ["--quiet", "--fd", Text((int)other.DangerousGetHandle()), "--pid", numberPath, "--mtu", Text(mtu), .. Ports(forwards)]);
            }
            PasstProcess passt = new(own, TryOpen(numberPath));
            try
            {
                foreach (PortForward forward in forwards) forward.RequireTaken();
                return passt;
            }
            catch
            {
                passt.Dispose();
                throw;
            }
        }
        catch
        {
            own?.Dispose();
            throw;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Ends it, and returns when it has. Idempotent.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        if (_process is null or { IsClosed: true }) return;
        _process.End(s_endTime);
        _process.Dispose();
    }

    static IEnumerable<string> Ports(IReadOnlyList<PortForward> forwards) =>
        forwards.SelectMany(forward => new[] { forward.IsUdp ? "--udp-ports" : "--tcp-ports", forward.Specification });

    static void Run(string program, IEnumerable<string> arguments)
    {
        // All three redirected, or .NET would set the terminal as it is for child processes, under a user who is attached to a console.
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        using StreamReader words = process.StandardOutput, complaints = process.StandardError; // Process closes only what nobody has asked for
        Task<string> output = words.ReadToEndAsync(), errors = complaints.ReadToEndAsync();
        if (!process.WaitForExit(s_startTime))
        {
            process.Kill();
            throw Failed($"passt was not ready within {s_startTime.TotalSeconds} seconds");
        }
        // The one that the user started has ended; the one that works has closed these.
        if (process.ExitCode != 0) throw Failed($"passt could not start: {Meaning($"{output.GetAwaiter().GetResult()}\n{errors.GetAwaiter().GetResult()}")}");
    }

    // It complains of a system without a log before it says what is the matter.
    static string Meaning(string words) => string.Join("; ", words.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.Contains("to syslog", StringComparison.Ordinal) && !line.StartsWith("Don't run as root", StringComparison.Ordinal)));

    // Where the passt that root started, which is nobody then, can write its number, too, and nobody else.
    static DirectoryInfo MakeDirectory()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pstoyvmm-passt-");
        if (Environment.IsPrivilegedProcess) _ = Libc.chown(directory.FullName, Nobody, Nobody);
        return directory;
    }

    static ProcessDescriptor? TryOpen(string numberPath)
    {
        try
        {
            return int.TryParse(File.ReadAllText(numberPath), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int number) ? ProcessDescriptor.TryOpen(number) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // then the end of the socket is all that ends it
        }
    }

    static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, "passt")).FirstOrDefault(File.Exists)
        ?? throw new VmException(VmErrorId.PasstNotFound, VmErrorKind.NotSupported,
            "A network of the kind User needs passt, which is not on the PATH; install it (apt-get install passt), or use a tap.");

    static VmException Failed(string sentence) => new(VmErrorId.PasstFailed, VmErrorKind.DeviceError, $"{sentence}.");

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
