using System.IO.MemoryMappedFiles;
using PSToyVmm.Engine.Virtio;
using Xunit;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>
/// Drives one device with cases of <see cref="HostileGrammar"/>. After each the device is reset and has to serve a driver that
/// keeps the rules. A byte touched beside guest memory hits pages without access and ends the process: the case's number
/// is in a file then, which the next run reads first.
/// </summary>
sealed class HostileGuest(Func<VirtioDevice> make, Action<GuestDriver> prove) : IDisposable
{
    const int MostTurns = 10_000;

    static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    readonly List<HostileStep> _steps = [];
    readonly GuestDriver _driver = new(make(), HostileGrammar.MemorySize);
    long _case = -1;

    public long Requests { get; private set; }
    public long Faults => _driver.Control.Faults;

    /// <summary>Runs cases; the first that fails is thrown, with all that its guest did.</summary>
    public void Run(ulong seed, long cases)
    {
        string crash = Path.Combine(Path.GetTempPath(), $"pstoyvmm-fuzz-{_driver.Device.Label}-{seed}");
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(crash, FileMode.OpenOrCreate, null, sizeof(ulong));
        using MemoryMappedViewAccessor note = file.CreateViewAccessor();
        if (note.ReadUInt64(0) is var last and not 0) RunCase(last);
        Task running = Task.Run(() =>
        {
            for (long i = 0; i < cases; i++)
            {
                ulong number = seed + ((ulong)i << 8) | 1; // never 0
                note.Write(0, number);
                Volatile.Write(ref _case, i);
                RunCase(number);
            }
        });
        for (long before = -2; !Task.WaitAll([running], s_hang);)
        {
            long now = Volatile.Read(ref _case);
            Assert.True(now != before, $"case {seed + ((ulong)now << 8) | 1} of {_driver.Device.Label} hangs:\n{string.Join('\n', _steps)}");
            before = now;
        }
        note.Write(0, 0ul);
    }

    /// <summary>One case by its number.</summary>
    public void RunCase(ulong number)
    {
        new HostileGrammar(number, _steps, _driver.Device).Generate();
        Replay(_steps, $"case {number} of {_driver.Device.Label}");
    }

    /// <summary>What a failure printed.</summary>
    public void Replay(IEnumerable<string> lines) => Replay([.. lines.Select(HostileStep.Parse)], "the replay");

    void Replay(List<HostileStep> steps, string name)
    {
        try
        {
            _driver.Memory.Slice(new(0), (int)HostileGrammar.MemorySize).Clear();
            foreach (HostileStep step in steps) Do(step);
            Check();
            _driver.Reset();
            prove(_driver.Start());
            _driver.Reset();
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"{name}: {e}\n{string.Join('\n', steps)}");
        }
    }

    void Do(in HostileStep step)
    {
        Span<byte> data = stackalloc byte[8];
        BitConverter.TryWriteBytes(data, step.Value);
        data = data[..Math.Min(step.Width, 8)];
        switch (step.Act)
        {
            case HostileAct.Read: _driver.Transport.Read(step.At, data); break;
            case HostileAct.Write: _driver.Transport.Write(step.At, data); break;
            case HostileAct.Source: _driver.Control.RunSource((int)step.At); break;
            case HostileAct.Run: Assert.InRange(_driver.Run(), 0, MostTurns); break;
            case HostileAct.Poke:
                if (_driver.Memory.Contains(new(step.At), (uint)data.Length)) _driver.Memory.Write(new(step.At), data);
                break;
        }
    }

    void Check()
    {
        Assert.Equal((VirtioStatus)0, _driver.Status & (VirtioStatus)0x30);
        foreach (Virtqueue? queue in _driver.Control.Queues)
        {
            if (queue is null) continue;
            Assert.InRange(queue.InFlight, 0, queue.Size);
            Requests += queue.Popped;
        }
    }

    public void Dispose() => _driver.Dispose();
}
