using System.Diagnostics;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// Joins one run's serial device to the console that outlives it: output to the log, input from the queue, and two
/// moments for the boot timeline, the first byte and the kernel's banner.
/// </summary>
sealed class SerialConnector(SerialLog log, SerialInput input) : ISerialOutput, ISerialInput
{
    static ReadOnlySpan<byte> Banner => "Linux version"u8;

    readonly CrashWatch _crash = new();
    readonly Lock _attaching = new();
    Serial? _device;
    int _matched;

    /// <summary>Stopwatch timestamps, 0 before the moment.</summary>
    public long FirstByte { get; private set; }

    /// <inheritdoc cref="FirstByte"/>
    public long LinuxVersion { get; private set; }

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
        if (LinuxVersion == 0) LookForBanner(value);
        _crash.Add(value);
        log.Append([value]);
    }

    /// <inheritdoc/>
    public bool TryRead(out byte value, out bool isBreak) => input.TryDequeue(out value, out isBreak);

    void Notify()
    {
        lock (_attaching) _device?.NotifyInput();
    }

    // No prefix of the banner is also a suffix of it but for the empty one, so a mismatch starts over at this byte.
    void LookForBanner(byte value)
    {
        _matched = value == Banner[_matched] ? _matched + 1 : value == Banner[0] ? 1 : 0;
        if (_matched == Banner.Length) (LinuxVersion, _matched) = (Stopwatch.GetTimestamp(), 0);
    }
}
