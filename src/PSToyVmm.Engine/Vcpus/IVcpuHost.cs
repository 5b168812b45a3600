namespace PSToyVmm.Engine.Vcpus;

/// <summary>Gives each vCPU loop a thread of its own: a background runspace in the module, a plain thread by default.</summary>
public interface IVcpuHost
{
    /// <summary>Starts <paramref name="body"/> on a thread that nothing else uses until it returns. The loop never throws.</summary>
    /// <param name="name">Shown to whoever lists threads or runspaces, for example <c>ToyVm web vcpu0</c>.</param>
    /// <param name="body">Runs until the machine ends.</param>
    IVcpuThread Start(string name, Action body);
}

/// <summary>A vCPU's thread; disposed after it ended.</summary>
public interface IVcpuThread : IDisposable
{
    /// <summary>Waits until the loop has returned and its thread no longer touches guest memory.</summary>
    /// <returns>False when <paramref name="timeout"/> passed first.</returns>
    bool Join(TimeSpan timeout);
}
