using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A cmdlet that does something long with a console of each machine: of several at a time, and emits what is done first, first.</summary>
public abstract class VmParallelCmdlet : VmConsoleCmdlet, IVmJobCmdlet
{
    readonly ConcurrentQueue<VirtualMachine> _machines = [];
    readonly BlockingCollection<Action> _toDo = [];
    int _done;

    /// <summary>How many machines have their turn at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>One machine's turn, on a thread of its own: nothing may be written from there but by <see cref="Later"/>.</summary>
    /// <returns>What is emitted; null for nothing.</returns>
    protected abstract object? Work(VirtualMachine vm, MachineConsole console);

    /// <summary>Has something done on the pipeline's thread, soon.</summary>
    protected void Later(Action action) => _toDo.Add(action);

    /// <inheritdoc/>
    protected sealed override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        _ = ConsoleOf(vm);
        if (IsOff(vm)) throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{vm.Name}' is {vm.State}; start it first.");
        if (Wants(vm)) _machines.Enqueue(vm);
    }

    /// <summary>Begins once all have come down the pipeline.</summary>
    protected sealed override void EndProcessing()
    {
        int all = _machines.Count, running = Math.Min(ThrottleLimit, all);
        Thread[] workers = [.. Enumerable.Range(0, running).Select(i => new Thread(() =>
        {
            while (_machines.TryDequeue(out var vm)) Attempt(vm);
            if (Interlocked.Decrement(ref running) == 0) _toDo.CompleteAdding();
        })
        { IsBackground = true, Name = $"{MyInvocation.MyCommand.Name} {i}" })];
        foreach (var worker in workers) worker.Start();
        if (all == 0) _toDo.CompleteAdding();
        try
        {
            Emit(all);
        }
        finally
        {
            // What is written may end the cmdlet: Ctrl+C, -ErrorAction Stop. Nobody is to work on for one that has ended.
            _machines.Clear();
            if (!_toDo.IsCompleted) StopProcessing();
            foreach (var worker in workers) worker.Join();
        }
        base.EndProcessing();
    }

    void Emit(int all)
    {
        using VmProgress progress = new(this, $"{MyInvocation.MyCommand.Name}: {all} machines");
        while (!_toDo.IsCompleted)
        {
            if (_toDo.TryTake(out var action, VmProgress.Interval)) action();
            if (all > 1) progress.Show($"{_done} of {all} done", _done * 100 / all);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _toDo.Dispose();
        base.Dispose(disposing);
    }

    void Attempt(VirtualMachine vm)
    {
        object? result = null;
        Exception? failure = null;
        try
        {
            StopToken.ThrowIfCancellationRequested();
            result = Work(vm, ConsoleOf(vm));
        }
        catch (Exception e) // the outermost frame of a thread: whatever it is, the pipeline's thread is told
        {
            failure = e;
        }
        Later(() => ForOne(vm, () =>
        {
            _done++;
            if (failure is not null) ExceptionDispatchInfo.Throw(failure);
            if (result is not null) WriteObject(result);
        }));
    }
}
