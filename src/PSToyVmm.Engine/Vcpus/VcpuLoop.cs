using System.Diagnostics;
using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// One vCPU: enter the guest, serve what it left for, count it, again. No allocation, no lock of its own, no boxing on
/// that path; devices lock themselves. Runs on whatever thread its <see cref="IVcpuHost"/> gives it.
/// </summary>
sealed class VcpuLoop(VcpuHandle vcpu, IoBus ports, IoBus mmio)
{
    const ulong PageMask = ~0xffful;

    readonly VcpuKick _kick = new(vcpu);
    readonly VcpuRequests _requests = new();

    public ExitCounters Counters { get; } = new();

    /// <summary>What its thread costs.</summary>
    public ThreadMeter Meter { get; } = new();

    /// <summary>When KVM_RUN was first called, and first returned: Stopwatch timestamps, 0 before.</summary>
    public long FirstEntry { get; private set; }

    /// <inheritdoc cref="FirstEntry"/>
    public long FirstExit { get; private set; }

    /// <summary>Ends the loop, from any thread: at its next exit, and a kick makes that now.</summary>
    public void Stop()
    {
        _requests.Stop();
        _kick.Kick();
    }

    /// <summary>Asks the loop, from any thread, to hold the vCPU between two instructions until <see cref="Release"/>.</summary>
    public void Hold()
    {
        _requests.Hold();
        _kick.Kick();
    }

    /// <summary>Waits until the vCPU is held as asked.</summary>
    /// <returns>False when the loop ends instead.</returns>
    public bool WaitUntilHeld(CancellationToken stop) => _requests.WaitUntilHeld(stop);

    /// <summary>Lets a vCPU go that is held, or is about to be.</summary>
    public void Release() => _requests.Release();

    /// <summary>Runs until the guest or <see cref="Stop"/> ends it. Never throws: what went wrong is in the result.</summary>
    public VcpuEnd Run()
    {
        bool held = false;
        try
        {
            Meter.Begin();
            vcpu.DangerousAddRef(ref held);
            _kick.Arm();
            FirstEntry = Stopwatch.GetTimestamp();
            return RunGuest();
        }
        catch (Exception e) // the outermost frame of a vCPU: whatever a device threw ends this machine, not the process
        {
            return VcpuFault.Describe(vcpu, VcpuEndKind.InternalError, $"The VMM failed: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            _kick.Disarm();
            Meter.End();
            if (held) vcpu.DangerousRelease();
        }
    }

    VcpuEnd RunGuest()
    {
        ref KvmRun run = ref vcpu.SharedPage;
        while (true)
        {
            if (_requests.Any)
            {
                if (_requests.IsToStop) return VcpuEnd.Stopped;
                run.ImmediateExit = 1;
            }
            int errno = vcpu.Run();
            long left = Stopwatch.GetTimestamp();

            if (errno is Libc.EINTR or Libc.EAGAIN) // EAGAIN: an application processor that waits for its SIPI
            {
                VcpuKick.Swallow();
                if (run.ImmediateExit != 0)
                {
                    // KVM has completed the instruction that the guest left for, and begun no other: the registers are true.
                    run.ImmediateExit = 0;
                    _requests.WaitWhileHeld();
                    continue;
                }
                if (FirstExit == 0) FirstExit = left;
                Counters.Record(ExitKind.Interrupted, ExitCounters.NoPlace, 0, Stopwatch.GetTimestamp() - left);
                continue;
            }
            if (FirstExit == 0) FirstExit = left;
            if (errno != 0)
            {
                Counters.Record(ExitKind.Failure, ExitCounters.NoPlace, 0, 0);
                return VcpuFault.Describe(vcpu, VcpuEndKind.InternalError, $"KVM_RUN failed: {Errno.Describe(errno)}.");
            }
            switch (run.ExitReason)
            {
                case ExitReason.Io:
                    ServePort(in run, left);
                    break;
                case ExitReason.Mmio:
                    ServeMmio(in run, left);
                    break;
                case ExitReason.Intr or ExitReason.IrqWindowOpen:
                    Counters.Record(ExitKind.Interrupted, ExitCounters.NoPlace, 0, Stopwatch.GetTimestamp() - left);
                    break;
                default:
                    return VcpuFault.Judge(vcpu, Counters);
            }
        }
    }

    // A string instruction (rep outs, rep ins) brings many items of one size to one port in one exit.
    void ServePort(in KvmRun run, long left)
    {
        ulong port = run.IoPort;
        int size = run.IoSize;
        bool isOut = run.IoDirection == KvmRun.IoOut;
        Span<byte> data = vcpu.IoData;
        IBusDevice? device = ports.Find(port, out ulong offset);
        for (Span<byte> rest = data; rest.Length >= size && size > 0; rest = rest[size..])
        {
            Span<byte> item = rest[..size];
            if (isOut) device?.Write(offset, item);
            else if (device is null) item.Fill(0xff);
            else device.Read(offset, item);
        }
        Counters.Record(isOut ? ExitKind.IoOut : ExitKind.IoIn, port, data.Length, Stopwatch.GetTimestamp() - left);
    }

    void ServeMmio(in KvmRun run, long left)
    {
        ulong address = run.MmioAddress;
        bool isWrite = run.MmioIsWrite != 0;
        Span<byte> data = vcpu.MmioData;
        if (isWrite) mmio.Write(address, data);
        else mmio.Read(address, data);
        Counters.Record(isWrite ? ExitKind.MmioWrite : ExitKind.MmioRead, address & PageMask, data.Length, Stopwatch.GetTimestamp() - left);
    }
}
