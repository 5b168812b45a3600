using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Machines;

/// <summary>Joins one run's virtio console to the console that outlives it, as <see cref="SerialConnector"/> does for a serial port.</summary>
sealed class ConsoleConnector(MachineConsole console) : IConsolePort
{
    readonly Lock _attaching = new();
    ConsoleDevice? _device;

    /// <inheritdoc/>
    public (ushort Columns, ushort Rows) Size => ((ushort)console.Size.Columns, (ushort)console.Size.Rows);

    /// <inheritdoc/>
    public int Waiting => console.Input.Count;

    /// <summary>Makes the device, which from now on hears of input and size.</summary>
    public ConsoleDevice Open()
    {
        ConsoleDevice device = new(this);
        lock (_attaching) _device = device;
        console.Input.Arrived += NotifyInput;
        console.Resized += NotifySize;
        return device;
    }

    /// <summary>After this returns, no thread of the host is inside the device or will be, but its own.</summary>
    public void Detach()
    {
        console.Input.Arrived -= NotifyInput;
        console.Resized -= NotifySize;
        lock (_attaching) _device = null;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> into) => console.Input.Dequeue(into);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => console.Log.Append(bytes);

    void NotifyInput()
    {
        lock (_attaching) _device?.NotifyInput();
    }

    void NotifySize()
    {
        lock (_attaching) _device?.NotifySize();
    }
}
