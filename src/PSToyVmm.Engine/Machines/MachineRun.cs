using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using PSToyVmm.Engine.Kvm;
using PSToyVmm.Engine.Memory;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>
/// Everything that exists only while a machine runs, and its teardown. Made by <see cref="MachineBuilder"/>; ended once,
/// by whoever asks first: a device, a vCPU's fault, the user.
/// </summary>
sealed class MachineRun(BootTimelineRecorder timeline, MachineConfiguration configuration) : IDisposable
{
    readonly IVcpuThread?[] _threads = new IVcpuThread?[configuration.ProcessorCount];
    readonly object _use = new(); // guards the two below
    int _users; // who look into the run, which the teardown waits for
    EndRequest? _end;
    int _running;
    bool _isGivenBack;

    public BootTimelineRecorder Timeline { get; } = timeline;
    public GuestMemory? Memory { get; set; }
    public VmHandle? Vm { get; set; }
    public KvmStatistics? VmStatistics { get; set; }
    public SerialConnector? Com1 { get; set; }
    public ConsoleConnector? Hvc0 { get; set; }
    public MachineDevices? Devices { get; set; }
    public VirtioDevices? Virtio { get; set; }
    public List<Vcpu> Vcpus { get; } = [];

    /// <summary>Called on a vCPU's thread, which it must not hold up, when the guest's kernel has said that it crashed.</summary>
    public Action? Crashed { get; set; }

    /// <summary>What of that listeners were told last.</summary>
    public string? ToldCrash { get; set; }

    /// <summary>Whether the guest was told of ACPI.</summary>
    public bool HasAcpi => configuration.Acpi;

    /// <summary>One vCPU of the run.</summary>
    public sealed record Vcpu(int Index, VcpuHandle Handle, VcpuLoop Loop, KvmStatistics? Statistics);

    /// <summary>Why it ends; null until somebody asked.</summary>
    public EndRequest? End => Volatile.Read(ref _end);

    /// <summary>
    /// Lets the vCPUs run: the boot processor first, then the others on as many threads as make it quick, for it needs them
    /// later, if ever. <paramref name="ended"/> is called on a thread of the pool once all of them have stopped.
    /// </summary>
    public void Start(IVcpuHost host, Action ended)
    {
        // One more than there are, so that nothing is over before every vCPU has been started.
        _running = Vcpus.Count + 1;
        try
        {
            Virtio?.Start();
            StartVcpu(0);
            Parallel.For(1, Vcpus.Count, StartVcpu);
        }
        catch (Exception e)
        {
            RequestEnd(new(StopReason.InternalError));
            foreach (IVcpuThread? thread in _threads) thread?.Join(Timeout.InfiniteTimeSpan);
            if (e is AggregateException { InnerException: { } first }) ExceptionDispatchInfo.Throw(first);
            throw;
        }
        Leave(ended);

        void StartVcpu(int index) => _threads[index] = host.Start($"ToyVm {configuration.Name} vcpu{index}", () => RunVcpu(Vcpus[index], ended));
    }

    /// <summary>Ends the run for this reason, unless it is ending already. From any thread; never waits.</summary>
    public void RequestEnd(EndRequest request)
    {
        if (Interlocked.CompareExchange(ref _end, request, null) is not null) return;
        foreach (Vcpu vcpu in Vcpus) vcpu.Loop.Stop();
    }

    /// <summary>Asks every vCPU to be held between two instructions. Never waits.</summary>
    public void RequestHold()
    {
        foreach (Vcpu vcpu in Vcpus) vcpu.Loop.Hold();
    }

    /// <summary>Holds every vCPU, and returns once they are; those that have not been started yet, as soon as they are.</summary>
    /// <returns>False when the run ends instead.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled; they are still asked to be held.</exception>
    public bool Hold(CancellationToken stop)
    {
        RequestHold(); // of all, before the first is waited for
        return Vcpus.All(vcpu => vcpu.Loop.WaitUntilHeld(stop));
    }

    /// <summary>Lets the vCPUs go on.</summary>
    public void Release()
    {
        foreach (Vcpu vcpu in Vcpus) vcpu.Loop.Release();
    }

    /// <summary>
    /// Joins the vCPUs, closes every handle and unmaps the memory, in the order in which they could still be used.
    /// Never on a vCPU's thread. Idempotent.
    /// </summary>
    public void Dispose()
    {
        foreach (IVcpuThread? thread in _threads) thread?.Join(Timeout.InfiniteTimeSpan);
        try
        {
            Parallel.ForEach(_threads, thread => thread?.Dispose());
        }
        finally
        {
            Array.Clear(_threads); // a host's threads are its own affair: whatever they throw, the rest is given back
            GiveBack();
        }
    }

    /// <summary>Looks into the run, which keeps its memory and handles meanwhile, whatever ends it.</summary>
    /// <returns>False when they are gone already.</returns>
    public bool TryUse<T>(Func<MachineRun, T> look, [MaybeNullWhen(false)] out T seen)
    {
        seen = default;
        lock (_use)
        {
            if (_isGivenBack) return false;
            _users++;
        }
        try
        {
            seen = look(this);
            return true;
        }
        finally
        {
            lock (_use)
                if (--_users == 0) Monitor.PulseAll(_use);
        }
    }

    void GiveBack()
    {
        lock (_use)
        {
            _isGivenBack = true;
            while (_users > 0) Monitor.Wait(_use);
        }
        Com1?.Detach();
        Hvc0?.Detach();
        Devices?.Dispose();
        Virtio?.Dispose();
        foreach (Vcpu vcpu in Vcpus)
        {
            vcpu.Statistics?.Dispose();
            vcpu.Handle.Dispose();
        }
        VmStatistics?.Dispose();
        Vm?.Dispose();
        Memory?.Dispose();
    }

    void RunVcpu(Vcpu vcpu, Action ended)
    {
        VcpuEnd end = CpuAffinity.RunHeld(configuration.CpuAffinity, vcpu.Index, vcpu.Loop.Run);
        RequestEnd(EndRequest.From(vcpu.Index, end));
        Leave(ended);
    }

    void Leave(Action ended)
    {
        if (Interlocked.Decrement(ref _running) == 0) ThreadPool.UnsafeQueueUserWorkItem(_ => ended(), null);
    }
}
