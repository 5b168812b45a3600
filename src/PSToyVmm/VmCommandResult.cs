using PSToyVmm.Engine.Consoles;

namespace PSToyVmm;

/// <summary>What a command in a guest came to, as Invoke-ToyVmCommand emits it.</summary>
public sealed class VmCommandResult
{
    internal VmCommandResult(string vmName, ShellResult result)
    {
        VmName = vmName;
        Output = [.. result.Output];
        (ExitCode, Duration) = (result.ExitCode, result.Duration);
    }

    /// <summary>The machine's name.</summary>
    public string VmName { get; }

    /// <summary>The exit status, 0 to 255; 128 and more for a signal.</summary>
    public int ExitCode { get; }

    /// <summary>From the command's beginning to its end.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The lines that it wrote, those to standard error too.</summary>
    public string[] Output { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Output);
}
