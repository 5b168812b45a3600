using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Tests.Unit.Virtio;

/// <summary>
/// A split ring as a guest's driver has it, in guest memory: adds buffers, kicks as the device asked, takes used ones. It
/// allocates nothing after it is made, so that what a device allocates can be measured beside it.
/// </summary>
sealed class GuestQueue
{
    readonly GuestDriver _driver;
    readonly GuestMemory _memory;
    readonly ushort[] _next; // the driver's own copy, as Linux keeps it: the device cannot change it
    ushort _free, _freeCount, _available, _kicked, _used;

    public GuestQueue(GuestDriver driver, int index, ushort size)
    {
        (_driver, _memory, Index, Size) = (driver, driver.Memory, index, size);
        Table = driver.Allocate(size * 16u, 16);
        Available = driver.Allocate(6u + (size * 2u), 2);
        Used = driver.Allocate(6u + (size * 8u), 4);
        _next = [.. Enumerable.Range(1, size).Select(i => (ushort)i)];
        _freeCount = size;
    }

    public int Index { get; }
    public ushort Size { get; }
    public ulong Table { get; }
    public ulong Available { get; }
    public ulong Used { get; }

    /// <summary>The index up to which buffers are offered; a test may write any.</summary>
    public ref ushort AvailableIndex => ref At<ushort>(Available + 2);

    /// <summary>1: no interrupts, where event indices were not agreed on.</summary>
    public ref ushort AvailableFlags => ref At<ushort>(Available);

    /// <summary>An interrupt is wanted when the used index passes this, where they were.</summary>
    public ref ushort UsedEvent => ref At<ushort>(Available + 4 + (Size * 2u));

    public ref ushort UsedIndex => ref At<ushort>(Used + 2);

    /// <summary>The device wants to be kicked when the available index passes this.</summary>
    public ref ushort AvailableEvent => ref At<ushort>(Used + 4 + (Size * 8u));

    public ref Descriptor DescriptorAt(int index) => ref At<Descriptor>(Table + ((uint)index * 16));

    /// <summary>Buffers that can be added yet.</summary>
    public int Free => _freeCount;

    /// <summary>Offers one buffer, a descriptor for each part; the device sees it at once, but may be asleep.</summary>
    /// <returns>Its head.</returns>
    public ushort Add(params ReadOnlySpan<GuestBuffer> parts)
    {
        if (parts.Length > _freeCount) throw new InvalidOperationException("the queue is full");
        ushort head = _free, last = head;
        for (int i = 0; i < parts.Length; i++)
        {
            last = _free;
            _free = _next[last];
            DescriptorAt(last) = Describe(parts, i, next: _free);
        }
        _freeCount -= (ushort)parts.Length;
        _next[last] = ushort.MaxValue; // the chain's end
        Offer(head);
        return head;
    }

    /// <summary>Offers one buffer by one descriptor that refers to a table of its parts.</summary>
    public ushort AddIndirect(ulong table, params ReadOnlySpan<GuestBuffer> parts)
    {
        for (int i = 0; i < parts.Length; i++) At<Descriptor>(table + ((uint)i * 16)) = Describe(parts, i, next: (ushort)(i + 1));
        ushort head = _free;
        _free = _next[head];
        _freeCount--;
        _next[head] = ushort.MaxValue;
        DescriptorAt(head) = new() { Address = table, Length = (uint)parts.Length * 16, Flags = Descriptor.IsIndirect };
        Offer(head);
        return head;
    }

    /// <summary>Puts a head into the available ring, whatever it is.</summary>
    public void Offer(ushort head)
    {
        At<ushort>(Available + 4 + (_available % (uint)Size * 2)) = head;
        Volatile.Write(ref AvailableIndex, ++_available);
    }

    /// <summary>Notifies the device if it wants to know of what was added since the last kick.</summary>
    public bool Kick()
    {
        Interlocked.MemoryBarrier();
        ushort from = _kicked;
        _kicked = _available;
        bool isWanted = _driver.Has(VirtioFeature.EventIndex)
            ? (ushort)(_available - Volatile.Read(ref AvailableEvent) - 1) < (ushort)(_available - from)
            : (Volatile.Read(ref At<ushort>(Used)) & 1) == 0;
        if (isWanted) _driver.Write(MmioTransport.QueueNotify, (uint)Index);
        return isWanted;
    }

    /// <summary>Takes the next used buffer, and asks for an interrupt at the one after it.</summary>
    public bool TryTake(out ushort head, out uint written)
    {
        (head, written) = (0, 0);
        if (Volatile.Read(ref UsedIndex) == _used) return false;
        UsedElement element = At<UsedElement>(Used + 4 + (_used % (uint)Size * 8));
        (head, written) = ((ushort)element.Head, element.Written);
        Volatile.Write(ref UsedEvent, ++_used);
        Interlocked.MemoryBarrier();
        Recycle(head);
        return true;
    }

    void Recycle(ushort head)
    {
        ushort last = head, count = 1;
        for (; _next[last] != ushort.MaxValue; count++) last = _next[last];
        _next[last] = _free;
        _free = head;
        _freeCount += count;
    }

    ref T At<T>(ulong address) where T : unmanaged => ref _memory.Ref<T>(new(address));

    static Descriptor Describe(ReadOnlySpan<GuestBuffer> parts, int index, ushort next) => new()
    {
        Address = parts[index].Address,
        Length = parts[index].Length,
        Flags = (ushort)((parts[index].IsWritable ? Descriptor.IsWritable : 0) | (index + 1 < parts.Length ? Descriptor.HasNext : 0)),
        Next = next,
    };
}
