using System.Numerics;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Virtio;

/// <summary>
/// A split virtqueue in use (virtio 1.2, 2.7), as its device sees it: buffers come out by <see cref="TryPop"/>, go back by
/// <see cref="Push"/>, and the driver learns of them by <see cref="Flush"/>. All its members are called with the device's gate
/// held. What the driver wrote is read once and checked; the first thing that cannot be right breaks the device.
/// </summary>
sealed class Virtqueue
{
    // struct virtq_avail and virtq_used: flags, idx, the ring, and behind it the index that the other side waits for.
    const uint FlagsAt = 0, IndexAt = 2, RingAt = 4, EventSize = 2, AvailableSize = 2;
    const ushort NoInterrupt = 1;

    readonly GuestMemory _memory;
    readonly VirtioControl _control;
    readonly GuestWindow _table, _available, _used;
    readonly uint _size, _longestChain;
    readonly bool _hasIndirect, _hasEventIndex;
    ushort _nextAvailable, _seenAvailable, _nextUsed, _published;
    int _turn;
    bool _isClosed;

    Virtqueue(VirtioControl control, GuestMemory memory, int index, in VirtqueueState setup, ushort limit, ulong features, in GuestWindow table, in GuestWindow available, in GuestWindow used)
    {
        (_control, _memory, Index, _size) = (control, memory, index, setup.Size);
        (_table, _available, _used) = (table, available, used);
        // A driver that chose a smaller queue still believes what the device's configuration says of its longest request.
        _longestChain = limit;
        _hasIndirect = (features & VirtioFeature.IndirectDescriptors) != 0;
        _hasEventIndex = (features & VirtioFeature.EventIndex) != 0;
        _nextAvailable = _seenAvailable = setup.NextAvailable;
        _nextUsed = _published = setup.NextUsed;
    }

    /// <summary>Its number in the device.</summary>
    public int Index { get; }

    /// <summary>Buffers that the driver can have in it.</summary>
    public int Size => (int)_size;

    /// <summary>Buffers taken out and not given back: never more than <see cref="Size"/>, however hostile the driver.</summary>
    public int InFlight => (ushort)(_nextAvailable - _nextUsed);

    /// <summary>Buffers taken out since the driver started the device.</summary>
    public long Popped { get; private set; }

    /// <summary>Interrupts for used buffers.</summary>
    public long Interrupts { get; private set; }

    /// <summary>
    /// Takes the next buffer. Where there is none, it asks the driver to tell of the next one. It also ends a device's turn
    /// after as many buffers as the queue has: the thread comes back to it, after whatever else wanted the device.
    /// </summary>
    /// <param name="chain">Filled with it.</param>
    public bool TryPop(DescriptorChain chain)
    {
        if (_isClosed || !HasBuffer()) return false;
        if (_turn == 0)
        {
            WantsTurn = true;
            return false;
        }
        if (InFlight >= Size) return Broken("offers more buffers than it has descriptors");
        ushort head = Volatile.Read(ref _available.At<ushort>(RingAt + (AvailableSize * (_nextAvailable & (_size - 1)))));
        if (!Walk(head, chain)) return false;
        _nextAvailable++;
        _turn--;
        Popped++;
        return true;
    }

    /// <summary>Puts back the buffers that were taken last, unused; only ones of which none after them was pushed.</summary>
    public void Unpop(int count)
    {
        if (!_isClosed) _nextAvailable -= (ushort)Math.Min(count, InFlight);
    }

    /// <summary>Gives a buffer back. The driver sees it, and all others pushed with it, at the next <see cref="Flush"/>.</summary>
    /// <param name="head">The chain's.</param>
    /// <param name="written">Bytes written into its writable part, from its beginning.</param>
    public void Push(ushort head, uint written)
    {
        if (_isClosed || InFlight == 0) return;
        _used.At<UsedElement>(RingAt + (UsedElement.Size * (_nextUsed & (_size - 1)))) = new() { Head = head, Written = written };
        _nextUsed++;
    }

    /// <summary>Shows the driver what was pushed, and interrupts it if it asked for that. Comes by itself at the end of a turn.</summary>
    public void Flush()
    {
        if (_isClosed || _published == _nextUsed) return;
        ushort before = _published;
        _published = _nextUsed;
        Volatile.Write(ref _used.At<ushort>(IndexAt), _nextUsed);
        // The driver writes its wish, then looks at the index; this side writes the index, then looks at the wish.
        Interlocked.MemoryBarrier();
        if (!IsInterruptWanted(before)) return;
        Interrupts++;
        _control.Interrupt.SignalQueue(Index);
    }

    /// <summary>Whether <see cref="TryPop"/> held a buffer back because the turn was over.</summary>
    internal bool WantsTurn { get; private set; }

    /// <summary>Starts another turn of as many buffers as the queue has.</summary>
    internal void BeginTurn() => (_turn, WantsTurn) = (Size, false);

    /// <summary>After this nothing comes out of the queue, and nothing that goes in reaches guest memory.</summary>
    internal void Close() => _isClosed = true;

    internal VirtqueueState Save(in VirtqueueState setup) => setup with { NextAvailable = _nextAvailable, NextUsed = _published };

    /// <summary>Opens the rings that a driver has set up.</summary>
    /// <param name="control">The device's.</param>
    /// <param name="memory">The guest's.</param>
    /// <param name="index">The queue's.</param>
    /// <param name="setup">What the driver wrote.</param>
    /// <param name="limit">The largest size that the device offers.</param>
    /// <param name="features">Agreed on.</param>
    /// <returns>Null where they cannot be right.</returns>
    internal static Virtqueue? TryOpen(VirtioControl control, GuestMemory memory, int index, in VirtqueueState setup, ushort limit, ulong features)
    {
        bool isSize = setup.Size <= limit && BitOperations.IsPow2(setup.Size);
        bool isAligned = setup.Table % Descriptor.Size == 0 && setup.Available % AvailableSize == 0 && setup.Used % sizeof(uint) == 0;
        return isSize && isAligned
            && memory.TryOpen(new(setup.Table), setup.Size * Descriptor.Size, out GuestWindow table)
            && memory.TryOpen(new(setup.Available), RingAt + (setup.Size * AvailableSize) + EventSize, out GuestWindow available)
            && memory.TryOpen(new(setup.Used), RingAt + (setup.Size * UsedElement.Size) + EventSize, out GuestWindow used)
            ? new(control, memory, index, setup, limit, features, table, available, used)
            : null;
    }

    bool HasBuffer()
    {
        if (_seenAvailable != _nextAvailable) return true;
        ushort added = Volatile.Read(ref _available.At<ushort>(IndexAt));
        if (added == _nextAvailable && _hasEventIndex)
        {
            Volatile.Write(ref _used.At<ushort>(RingAt + (UsedElement.Size * _size)), _nextAvailable);
            Interlocked.MemoryBarrier(); // the same as in Flush, the other way round
            added = Volatile.Read(ref _available.At<ushort>(IndexAt));
        }
        if (added == _nextAvailable) return false;
        if ((ushort)(added - _nextAvailable) > Size) return Broken("is said to have more buffers than it has descriptors");
        _seenAvailable = added;
        return true;
    }

    bool IsInterruptWanted(ushort before)
    {
        if (!_hasEventIndex) return (Volatile.Read(ref _available.At<ushort>(FlagsAt)) & NoInterrupt) == 0;
        ushort awaited = Volatile.Read(ref _available.At<ushort>(RingAt + (AvailableSize * _size)));
        return (ushort)(_published - awaited - 1) < (ushort)(_published - before);
    }

    bool Walk(ushort head, DescriptorChain chain)
    {
        chain.Begin(_memory, head);
        (GuestWindow table, uint entries, uint index, bool isIndirect) = (_table, _size, head, false);
        for (uint left = _longestChain; left > 0;)
        {
            if (index >= entries) return Broken("has a descriptor that its table has not");
            Descriptor descriptor = table.At<Descriptor>(index * Descriptor.Size); // a copy: the guest may change it
            if ((descriptor.Flags & Descriptor.IsIndirect) != 0)
            {
                if (!_hasIndirect || isIndirect || (descriptor.Flags & Descriptor.HasNext) != 0) return Broken("has an indirect descriptor where none may be");
                if (descriptor.Length == 0 || descriptor.Length % Descriptor.Size != 0 || !_memory.TryOpen(new(descriptor.Address), descriptor.Length, out table))
                    return Broken("has an indirect table of no use");
                (entries, index, isIndirect) = (descriptor.Length / Descriptor.Size, 0, true);
                continue; // once, and no part of the chain: that may be as long as without it
            }
            left--;
            if (chain.Add(descriptor) is { } fault) return Broken(fault);
            if ((descriptor.Flags & Descriptor.HasNext) == 0) return true;
            index = descriptor.Next;
        }
        return Broken("has a chain that is too long, or a loop");
    }

    bool Broken(string fault)
    {
        _control.Break($"queue {Index} {fault}");
        return false;
    }
}
