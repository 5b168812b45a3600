using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// The consoles of a machine: the serial port, which all have, and the virtio console, which is here though its machine may have
/// none, for that can change; it costs nothing before a guest writes to it.
/// </summary>
sealed class MachineConsoles : IDisposable
{
    /// <summary>Linux's names for them.</summary>
    public const string SerialPort = "ttyS0", VirtioPort = "hvc0";

    readonly MachineConsole[] _all;

    /// <summary>Makes them, and begins their files.</summary>
    /// <exception cref="VmException">FileUnwritable.</exception>
    public MachineConsoles(MachineConfiguration configuration)
    {
        Serial = new(SerialPort, MachineConfiguration.OpenLog(configuration.SerialLogPath), isSerialPort: true);
        try
        {
            Virtio = new(VirtioPort, MachineConfiguration.OpenLog(configuration.VirtioConsoleLogPath));
        }
        catch
        {
            Serial.Dispose();
            throw;
        }
        _all = [Serial, Virtio];
    }

    /// <summary>COM1.</summary>
    public MachineConsole Serial { get; }

    /// <summary>The virtio console's.</summary>
    public MachineConsole Virtio { get; }

    /// <summary>Both.</summary>
    public IReadOnlyList<MachineConsole> All => _all;

    /// <summary>Those that a machine has.</summary>
    public IReadOnlyList<MachineConsole> Of(MachineConfiguration configuration) => configuration.VirtioConsole ? _all : [Serial];

    /// <summary>The machine starts.</summary>
    public void Reopen() => Array.ForEach(_all, console => console.Log.Reopen());

    /// <summary>The machine is off: whoever waits for more is told.</summary>
    public void Complete() => Array.ForEach(_all, console => console.Log.Complete());

    /// <summary>What was typed for one run is not for the next.</summary>
    public void ForgetInput() => Array.ForEach(_all, console => console.Input.Clear());

    /// <summary>Closes their files.</summary>
    public void Dispose() => Array.ForEach(_all, console => console.Dispose());
}
