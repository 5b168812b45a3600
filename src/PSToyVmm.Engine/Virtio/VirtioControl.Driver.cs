namespace PSToyVmm.Engine.Virtio;

/// <content>What drivers do, through a transport, in any order and with any value.</content>
sealed partial class VirtioControl
{
    long _notifications, _pastRequests, _pastInterrupts;

    /// <summary>A driver's write of the status register, other than zero: bits come and never go (virtio 1.2, 2.1 and 3.1.1).</summary>
    public void AddStatus(VirtioStatus value)
    {
        lock (_gate)
        {
            _status |= value & OfDriver;
            bool asksForFeatures = (value & VirtioStatus.FeaturesOk) != 0 && (_status & VirtioStatus.Driver) != 0;
            if (asksForFeatures && IsAcceptable(_driverFeatures)) _status |= VirtioStatus.FeaturesOk;
            const VirtioStatus Relevant = VirtioStatus.FeaturesOk | VirtioStatus.DriverOk | VirtioStatus.NeedsReset | VirtioStatus.Failed;
            if ((value & VirtioStatus.DriverOk) != 0 && (_status & Relevant) == VirtioStatus.FeaturesOk) StartDevice();
        }
    }

    /// <summary>A driver's reset: when this returns, the device touches no guest memory any more.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            Device.Quiesce();
            (long requests, long interrupts) = (Requests, Interrupts);
            foreach (Virtqueue? queue in _queues) queue?.Close();
            Array.Clear(_queues);
            Array.Clear(_setups);
            (_pastRequests, _pastInterrupts) = (requests, interrupts);
            IsStarted = false;
            Device.Reset();
            (_status, _driverFeatures) = (VirtioStatus.None, 0); // not the generation, which a driver may have in hand
        }
    }

    /// <summary>32 bits of the features that the driver accepts; only before they are agreed on.</summary>
    public void AcceptFeatures(uint half, uint value)
    {
        lock (_gate)
        {
            if (half > 1 || (_status & VirtioStatus.FeaturesOk) != 0) return;
            int shift = (int)half * 32;
            _driverFeatures = (_driverFeatures & ~((ulong)uint.MaxValue << shift)) | (ulong)value << shift;
        }
    }

    /// <summary>The largest size of a queue; 0 where there is no such queue.</summary>
    public ushort QueueLimit(uint queue) => queue < (uint)_queues.Length ? Device.QueueSizes[(int)queue] : (ushort)0;

    /// <summary>Whether the driver has switched a queue on.</summary>
    public bool IsQueueReady(uint queue)
    {
        lock (_gate) return queue < (uint)_queues.Length && _setups[queue].IsReady;
    }

    /// <summary>The number of descriptors that the driver chose.</summary>
    public void SetQueueSize(uint queue, uint size)
    {
        lock (_gate)
            if (IsOpenForSetup(queue))
                _setups[queue] = _setups[queue] with { Size = size };
    }

    /// <summary>32 bits of the address of a part of a queue.</summary>
    public void SetQueueAddress(uint queue, QueueArea area, bool isHigh, uint value)
    {
        lock (_gate)
        {
            if (!IsOpenForSetup(queue)) return;
            VirtqueueState setup = _setups[queue];
            _setups[queue] = area switch
            {
                QueueArea.Descriptors => setup with { Table = Replace(setup.Table) },
                QueueArea.Driver => setup with { Available = Replace(setup.Available) },
                _ => setup with { Used = Replace(setup.Used) },
            };
        }

        ulong Replace(ulong address) => isHigh ? (uint)address | (ulong)value << 32 : address & ~(ulong)uint.MaxValue | value;
    }

    /// <summary>
    /// Switches a queue on, before the driver is ready; or off, at any time: when this returns the device no longer touches it,
    /// and it stays off until the reset (VIRTIO_F_RING_RESET is not offered).
    /// </summary>
    public void SetQueueReady(uint queue, bool isReady)
    {
        lock (_gate)
        {
            if (isReady)
            {
                if (IsOpenForSetup(queue)) _setups[queue] = _setups[queue] with { IsReady = true };
                return;
            }
            if (queue >= (uint)_queues.Length) return;
            if (_queues[queue] is { } live)
            {
                Device.Quiesce();
                live.Close();
            }
            _setups[queue] = _setups[queue] with { IsReady = false };
        }
    }

    /// <summary>A driver's notification.</summary>
    public void Notify(uint queue)
    {
        if (queue >= (uint)_queues.Length) return;
        Interlocked.Increment(ref _notifications);
        Notified((int)queue);
    }

    /// <summary>A driver's write of the configuration space.</summary>
    public void WriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
        if ((Status & (VirtioStatus.Driver | VirtioStatus.Failed | VirtioStatus.NeedsReset)) == VirtioStatus.Driver) Device.WriteConfig(offset, data);
    }

    // A subset of what was offered, and no legacy driver.
    bool IsAcceptable(ulong features) => (features & ~OfferedFeatures) == 0 && (features & VirtioFeature.Version1) != 0;

    bool IsOpenForSetup(uint queue) =>
        queue < (uint)_queues.Length && !_setups[queue].IsReady && (_status & (VirtioStatus.FeaturesOk | VirtioStatus.DriverOk)) == VirtioStatus.FeaturesOk;

    void StartDevice()
    {
        _status |= VirtioStatus.DriverOk;
        for (int i = 0; i < _queues.Length; i++)
        {
            if (!_setups[i].IsReady) continue;
            _queues[i] = Virtqueue.TryOpen(this, Memory, i, _setups[i], Device.QueueSizes[i], Features);
            if (_queues[i] is not null) continue;
            Break($"queue {i} was set up with a size or addresses that cannot be");
            return;
        }
        IsStarted = true;
        Device.Start();
        // A driver may have filled its queues before, and notified nobody.
        for (int i = 0; i < _queues.Length; i++) Notified(i);
    }
}
