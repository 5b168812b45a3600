namespace PSToyVmm.Engine.Machines;

/// <content>
/// What it tells those who listen: one event after another on the pool, so that listeners may call back into the machine and
/// no vCPU waits for them.
/// </content>
public sealed partial class VirtualMachine
{
    Task _events = Task.CompletedTask;

    /// <summary>Raised after each change of <see cref="State"/>, in order, on a thread of the pool.</summary>
    public event EventHandler<MachineStateChange>? StateChanged;

    /// <summary>
    /// Raised, as <see cref="StateChanged"/> is and before the end of that run, when the guest's kernel has written to its serial
    /// console that it crashed: with its words, at its first oops and at its first panic.
    /// </summary>
    public event EventHandler<string>? GuestCrashed;

    // With the gate held.
    void Raise<T>(EventHandler<T>? handlers, T what)
    {
        if (handlers is not null)
            _events = _events.ContinueWith(_ => handlers(this, what), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    // On a vCPU's thread, at most twice in a run, and it has no time to wait for the gate.
    void OnCrash(MachineRun run) => ThreadPool.UnsafeQueueUserWorkItem(_ => { lock (_gate) TellCrash(run); }, null);

    // With the gate held. Also at a run's end: what the pool was asked for may come later than that.
    void TellCrash(MachineRun run)
    {
        if (run.Com1?.Crash is not { } words || words == run.ToldCrash) return;
        run.ToldCrash = words;
        Raise(GuestCrashed, words);
    }
}
