using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Virtio.Net;

/// <content>From the host to the guest (5.1.6.4).</content>
sealed partial class NetDevice
{
    readonly ReceiveBuffers _buffers = new(QueueSize);
    ulong _largest, _wantedRoom;
    int _held, _heldInSpill, _spillTaken; // a frame of which the guest's buffers have only the beginning

    // A frame that comes while there is no room for it stays with the host, whose queue counts what it loses.
    bool CanReceive => !_isBackendLost && (!_isLinkUp || (_buffers.Count > 0 && _held == 0));

    void Receive()
    {
        if (Queues[Receiving] is not { } queue) return;
        for (int i = 0; i < Batch && IsStarted && !_isBackendLost; i++)
        {
            if (!_isLinkUp)
            {
                if (!TryDiscard()) return;
                continue;
            }
            TopUp(queue);
            if (_held > 0 || _buffers.Count == 0 || !TryReceive(queue)) return;
        }
        TopUp(queue);
    }

    // As many as the largest frame needs; where frames are not merged, one.
    void TopUp(Virtqueue queue)
    {
        while ((_buffers.Room < _wantedRoom || _held > 0) && _buffers.HasPlace && queue.TryPop(_chain))
        {
            if (_held > 0) _spillTaken += _chain.Write(0, _spill.AsSpan(_spillTaken, _heldInSpill - _spillTaken));
            if (!_buffers.TryAdd(_chain))
            {
                Break("a receive buffer is smaller than a frame's header");
                return;
            }
            if (_held > 0 && _buffers.Room >= (ulong)_held) Deliver(queue);
        }
        // The guest has no more to give than it gave: this frame will never fit.
        if (_held > 0 && (queue.InFlight == queue.Size || !_buffers.HasPlace)) DropHeld();
    }

    bool TryReceive(Virtqueue queue)
    {
        ulong room = _buffers.Room;
        // With more room than any frame needs, the kernel is spared a piece. What fills all of it has been cut: an MTU grew meanwhile.
        bool isAmple = room > _largest;
        nint vectors = _buffers.VectorsWith(_wholeSpill);
        int length = _backend.Receive(vectors, isAmple ? _buffers.VectorCount : _buffers.VectorCount + 1);
        if (length <= 0) return IsAnotherTryOf(length);
        if (isAmple ? (ulong)length < room : (ulong)length <= room)
        {
            _held = length;
            Deliver(queue);
        }
        else if (!isAmple && Has(NetFeature.MergeBuffers))
        {
            (_held, _heldInSpill, _spillTaken) = (length, length - (int)room, 0);
            TopUp(queue);
        }
        else
        {
            Counters.RxDropped++;
        }
        return true;
    }

    void Deliver(Virtqueue queue)
    {
        _buffers.Push(queue, Memory, (ulong)_held);
        Counters.RxPackets++;
        Counters.RxBytes += _held - NetHeader.Size;
        _held = 0;
    }

    bool TryDiscard()
    {
        int length = _backend.Receive(Marshal.UnsafeAddrOfPinnedArrayElement(_discard, 0), 1);
        if (length <= 0) return IsAnotherTryOf(length);
        Counters.RxDropped++;
        return true;
    }

    bool IsAnotherTryOf(int result)
    {
        if (result == 0) return false;
        Counters.RxErrors++;
        Counters.LastError = -result;
        CheckBackend();
        return false;
    }

    void DropHeld()
    {
        _held = 0;
        Counters.RxDropped++;
    }

    void ReturnBuffers()
    {
        if (_held > 0) DropHeld();
        if (_buffers.Count == 0) return;
        Queues[Receiving]?.Unpop(_buffers.Count);
        _buffers.Clear();
        Wake(Receiving); // the driver has told of them already: where the device goes on, it is to look by itself
    }
}
