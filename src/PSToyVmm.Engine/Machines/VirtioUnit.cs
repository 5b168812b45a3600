using PSToyVmm.Engine.Backends;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Native;
using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Engine.Machines;

/// <summary>One virtio device of a run: its registers, its thread, and the eventfds by which KVM joins both to the guest.</summary>
sealed class VirtioUnit : IDisposable
{
    readonly IrqFdLine _line = new();
    readonly MmioTransport _transport;
    readonly DeviceThread _thread;

    /// <summary>Gives it registers and a thread. The device belongs to this from now on.</summary>
    /// <param name="device">The device.</param>
    /// <param name="memory">The guest's.</param>
    /// <param name="name">The thread's.</param>
    /// <param name="note">Told what a guest did to break it, and what the host did to it.</param>
    /// <param name="failed">Told what the device threw.</param>
    public VirtioUnit(VirtioDevice device, GuestMemory memory, string name, Action<string> note, Action<Exception> failed)
    {
        try
        {
            _transport = new(device, memory, _line);
            _transport.Control.Broken = note;
            device.Note = note;
            _thread = new(_transport.Control, name, failed);
        }
        catch
        {
            device.Dispose();
            _line.Dispose();
            throw;
        }
    }

    /// <summary>What is between the device and its driver.</summary>
    public VirtioControl Control => _transport.Control;

    /// <summary>What its thread costs.</summary>
    public ThreadMeter Meter => _thread.Meter;

    /// <summary>Puts it at its place in a machine whose vCPUs do not run yet.</summary>
    public void Attach(VmHandle vm, IoBus mmio, VirtioSlot slot)
    {
        mmio.Attach(slot.Address, MmioTransport.Size, _transport);
        vm.AssignIrqFd(_line.EventFd, slot.Irq);
        for (int queue = 0; queue < _thread.Queues.Count; queue++)
            vm.AssignIoEventFd(slot.Address + MmioTransport.QueueNotify, (uint)queue, _thread.Queues[queue]);
    }

    /// <summary>Lets its thread run.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends its thread and closes what it has. When this returns, it touches guest memory no more. Idempotent.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        _transport.Control.Device.Quiesce();
        _transport.Control.Device.Dispose();
        _line.Dispose();
    }
}
