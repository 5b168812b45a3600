using System.Runtime.InteropServices;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>A device for tests of what is around devices: it copies each buffer's readable part into its writable one.</summary>
sealed class EchoDevice(params IReadOnlyList<ushort> queueSizes) : VirtioDevice
{
    readonly DescriptorChain _chain = new();
    readonly byte[] _bytes = new byte[4096];

    public const ulong Feature = 1 << 5;

    public byte[] Config { get; } = [1, 2, 3, 4, 5, 6];
    public int Starts { get; private set; }
    public int Resets { get; private set; }
    public int Quiesces { get; private set; }
    public int Turns { get; private set; }
    public int SourceTurns { get; private set; }
    public int TimerTurns { get; private set; }
    public bool IsDisposed { get; private set; }

    /// <summary>Buffers that it takes and keeps.</summary>
    public int Keeps { get; set; }

    /// <summary>Shows each buffer to the driver at once, which may offer it again in the same turn.</summary>
    public bool FlushesEach { get; set; }

    /// <summary>Thrown in the next turn.</summary>
    public Exception? Throws { get; set; }

    /// <summary>When the timer's turn is due.</summary>
    public TimeSpan? Timer { get; set; }

    public List<SafeHandle> Handles { get; } = [];

    /// <summary>What to do when a handle is ready.</summary>
    public Action SourceReady { get; set; } = () => { };

    public override string Label => "echo";
    public override uint DeviceId => 42;
    public override ulong Features => Feature;
    public override IReadOnlyList<ushort> QueueSizes => queueSizes;
    public override IReadOnlyList<SafeHandle> Sources => Handles;

    public override void ReadConfig(ulong offset, Span<byte> data) => CopyConfig(Config, offset, data);

    public override void WriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length && offset < (ulong)Config.Length; i++, offset++) Config[offset] = data[i];
    }

    public override void Start() => Starts++;

    public override void OnQueue(int queue)
    {
        Turns++;
        if (Throws is { } e) throw e;
        if (Queues[queue] is not { } requests) return;
        while (requests.TryPop(_chain))
        {
            if (requests.InFlight <= Keeps) continue;
            int length = _chain.Read(0, _bytes);
            requests.Push(_chain.Head, (uint)_chain.Write(0, _bytes.AsSpan(0, length)));
            if (FlushesEach) requests.Flush();
        }
    }

    public override SourceEvents Awaits(int source) => SourceEvents.Readable;

    public override void OnSource(int source)
    {
        SourceReady();
        SourceTurns++; // last: whoever waits for it may make the source ready again
    }

    public override TimeSpan? TimeUntilTimer() => Timer;

    public override void OnTimer()
    {
        TimerTurns++;
        Timer = null;
    }

    public override void Quiesce() => Quiesces++;

    public override void Reset() => Resets++;

    public override void Dispose()
    {
        IsDisposed = true;
        base.Dispose();
    }

    public void ChangeConfig(byte first)
    {
        Config[0] = first;
        ConfigChanged();
    }

    public Virtqueue this[int queue] => Queues[queue]!;
}
