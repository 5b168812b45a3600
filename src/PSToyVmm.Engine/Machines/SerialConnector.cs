using System.Diagnostics;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// Joins one run's serial device to the console that outlives it: output to the log, input from the queue, and the
/// moments of the boot timeline: the first byte, the kernel's banner, a login prompt.
/// </summary>
/// <param name="log">The output.</param>
/// <param name="input">The queue.</param>
/// <param name="crashed">Called on a vCPU's thread when <see cref="Crash"/> has changed.</param>
sealed class SerialConnector(SerialLog log, SerialInput input, Action? crashed = null) : ISerialOutput, ISerialInput
{
    readonly TextMoment _linuxVersion = new("Linux version"), _loginPrompt = new("login: ");
    readonly CrashWatch _crash = new(crashed);
    readonly Lock _attaching = new();
    Serial? _device;

    /// <summary>Stopwatch timestamps, 0 before the moment.</summary>
    public long FirstByte { get; private set; }

    /// <inheritdoc cref="FirstByte"/>
    public long LinuxVersion => _linuxVersion.Timestamp;

    /// <inheritdoc cref="FirstByte"/>
    public long LoginPrompt => _loginPrompt.Timestamp;

    /// <summary>What the guest's kernel said when it crashed; null where it did not.</summary>
    public string? Crash => _crash.Text;

    /// <summary>From now on what the user types reaches this device, what is waiting already included.</summary>
    public void Attach(Serial device)
    {
        _device = device;
        input.Arrived += Notify;
        Notify();
    }

    /// <summary>After this returns, no thread of the host is inside the device or will be.</summary>
    public void Detach()
    {
        input.Arrived -= Notify;
        lock (_attaching) _device = null;
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        if (FirstByte == 0) FirstByte = Stopwatch.GetTimestamp();
        _linuxVersion.Add(value);
        _loginPrompt.Add(value);
        _crash.Add(value);
        log.Append([value]);
    }

    /// <inheritdoc/>
    public bool TryRead(out byte value, out bool isBreak) => input.TryDequeue(out value, out isBreak);

    void Notify()
    {
        lock (_attaching) _device?.NotifyInput();
    }
}
