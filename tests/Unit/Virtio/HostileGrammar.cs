using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>
/// What a hostile guest does next, from a number: mostly what a driver would, so that it comes far, with anything at all mixed
/// in. The same number gives the same guest.
/// </summary>
struct HostileGrammar(ulong number, List<HostileStep> steps, VirtioDevice device)
{
    /// <summary>Guest memory of the cases: so small that wild addresses hit it.</summary>
    public const uint MemorySize = 128 << 10;

    const uint RingArea = 0x8000;                                      // rings and tables are below, most data above

    static readonly uint[] s_registers =
    [
        0x00, 0x10, 0x14, 0x20, 0x24, 0x30, 0x34, 0x38, 0x44, 0x44, 0x50, 0x50, 0x60, 0x64, 0x70, 0x70,
        0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0xac, 0xb0, 0xc0, 0xfc, 0x100, 0x104, 0x108, 0x110, 0x11f, 0xffc,
    ];

    static readonly uint[] s_values = [0, 1, 2, 3, 4, 7, 8, 11, 15, 16, 64, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, uint.MaxValue];

    readonly ushort[] _offered = new ushort[device.QueueSizes.Count];
    ulong _state = number;
    ushort _size;
    int _tameness;

    /// <summary>A whole case.</summary>
    public void Generate()
    {
        steps.Clear();
        _size = (ushort)(1 << Below(5)); // small, so that indices pass the end
        _tameness = OneOf<int>([5, 25, 25, 100, 400]);
        bool isNoise = Chance(10);
        if (!isNoise) Initialize();
        int rounds = 1 + Below(5);
        for (int i = 0; i < rounds; i++)
        {
            if (isNoise || IsWild()) Noise(1 + Below(12));
            else Offer(Below(device.QueueSizes.Count));
        }
    }

    // SplitMix64
    ulong Next()
    {
        ulong z = _state += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ z >> 30) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ z >> 27) * 0x94d0_49bb_1331_11eb;
        return z ^ z >> 31;
    }

    int Below(int limit) => (int)(Next() >> 33) % limit;

    bool Chance(int oneIn) => Below(oneIn) == 0;

    // Whether to do what no driver may: often in some cases, hardly ever in others.
    bool IsWild() => Chance(_tameness);

    T OneOf<T>(ReadOnlySpan<T> values) => values[Below(values.Length)];

    readonly void Write(uint register, uint value) => steps.Add(new(HostileAct.Write, register, 4, value));

    readonly void Poke(ulong at, int width, ulong value) => steps.Add(new(HostileAct.Poke, at, width, value));

    // A step that a driver takes.
    void Take(uint register, uint value)
    {
        if (!Chance(_tameness * 4)) Write(register, Chance(_tameness * 4) ? AnyValue() : value);
    }

    uint AnyValue() => Chance(3) ? (uint)Next() : OneOf<uint>(s_values);

    void Initialize()
    {
        Take(0x70, 1);
        Take(0x70, 3);
        ulong offered = device.Features | VirtioFeature.OfEveryDevice;
        ulong features = VirtioFeature.Version1 | (Chance(2) ? offered : offered & Next());
        Take(0x24, 1);
        Take(0x20, (uint)(features >> 32));
        Take(0x24, 0);
        Take(0x20, (uint)features);
        Take(0x70, 11);
        for (int queue = 0; queue < device.QueueSizes.Count; queue++)
        {
            Take(0x30, (uint)queue);
            Take(0x38, Size(queue));
            SetAddress(0x80, TableOf(queue));
            SetAddress(0x90, AvailableOf(queue));
            SetAddress(0xa0, UsedOf(queue));
            Take(0x44, 1);
        }
        Take(0x70, 15);
    }

    void SetAddress(uint register, uint address)
    {
        Take(register, address);
        if (Chance(_tameness * 4)) Write(register + 4, AnyValue());
    }

    readonly uint Size(int queue) => Math.Min(device.QueueSizes[queue], _size);

    // A page for each queue, so that they are apart in most cases; wild addresses make them overlap.
    static uint Ring(int queue) => (uint)queue * 0x400 % RingArea;
    static uint TableOf(int queue) => Ring(queue);
    static uint AvailableOf(int queue) => Ring(queue) + 0x200;
    static uint UsedOf(int queue) => Ring(queue) + 0x280;

    // Descriptors, heads and an index; then the device is told, and runs.
    void Offer(int queue)
    {
        uint size = Size(queue), added = 1 + (uint)Below((int)size), head = 0;
        ushort index = _offered[queue];
        Chains(TableOf(queue), size, mayRefer: true);
        for (uint i = 0; i < added; i++)
        {
            Poke(AvailableOf(queue) + 4 + ((index + i) % size * 2), 2, IsWild() ? AnyValue() : head);
            head = (head + 1 + (uint)Below(2)) % size;
        }
        _offered[queue] = (ushort)(index + (IsWild() ? AnyValue() : added));
        if (Chance(4)) Poke(AvailableOf(queue), 2, AnyValue());
        if (Chance(4)) Poke(AvailableOf(queue) + 4 + (size * 2), 2, AnyValue());
        Poke(AvailableOf(queue) + 2, 2, _offered[queue]);
        Write(0x50, IsWild() ? AnyValue() : (uint)queue);
        steps.Add(new(HostileAct.Run));
        if (device.Sources.Count > 0 && Chance(2)) steps.Add(new(HostileAct.Source, (uint)Below(device.Sources.Count)));
        if (Chance(4)) Noise(1 + Below(3));
    }

    // A table, one chain behind another: each some readable parts and some writable ones.
    void Chains(uint table, uint entries, bool mayRefer)
    {
        bool isWritable = Chance(3);
        for (uint i = 0; i < entries; i++)
        {
            bool hasNext = i + 1 < entries && !Chance(3);
            uint flags = (isWritable ? Descriptor.IsWritable : 0u) | (hasNext ? Descriptor.HasNext : 0u);
            (ulong address, uint length) = (Address(), Length());
            if (mayRefer && (Chance(8) || IsWild()))
            {
                uint parts = 1 + (uint)Below(6);
                (address, length, flags, hasNext) = (0x4000 + ((uint)Below(0x300) * 16), parts * 16, Descriptor.IsIndirect, false);
                Chains((uint)address, parts, mayRefer: false);
            }
            Poke(table + (i * 16), 8, IsWild() ? Next() : address);
            Poke(table + (i * 16) + 8, 4, IsWild() ? AnyValue() : length);
            Poke(table + (i * 16) + 12, 2, IsWild() ? Next() & 15 : flags);
            Poke(table + (i * 16) + 14, 2, IsWild() ? AnyValue() : i + 1);
            isWritable = hasNext ? isWritable || Chance(2) : Chance(3);
        }
    }

    // Requests begin with a header of small numbers in most kinds of devices; data lie anywhere.
    ulong Address() => Below(_tameness) switch
    {
        0 => (ulong)Below((int)MemorySize),
        1 => MemorySize - (ulong)Below(64),
        2 => (ulong)Below(0x1000), // into the rings
        _ => RingArea + ((ulong)Below((int)(MemorySize - RingArea) / 0x200) * 0x200),
    };

    uint Length() => Below(12) switch
    {
        0 => 0,
        1 => 1,
        2 or 3 => 16,
        4 or 5 => 512,
        _ => (uint)Below(0x200),
    };

    void Noise(int count)
    {
        for (int i = 0; i < count; i++)
        {
            uint register = Chance(8) ? (uint)Below(0x1000) : OneOf<uint>(s_registers);
            int width = Chance(6) ? OneOf<int>([1, 2, 4, 8]) : 4;
            steps.Add(Below(8) switch
            {
                0 or 1 => new(HostileAct.Read, register, width),
                2 => new(HostileAct.Poke, (ulong)Below((int)MemorySize), width, Next()),
                3 => new(HostileAct.Run),
                _ => new(HostileAct.Write, register, width, AnyValue()),
            });
        }
    }
}
