namespace PSToyVmm.Engine.Vcpus;

/// <summary>The engine's own host: a dedicated background thread per vCPU.</summary>
public sealed class ThreadVcpuHost : IVcpuHost
{
    /// <inheritdoc/>
    public IVcpuThread Start(string name, Action body)
    {
        Thread thread = new(new ThreadStart(body)) { IsBackground = true, Name = name };
        thread.Start();
        return new DedicatedThread(thread);
    }

    sealed class DedicatedThread(Thread thread) : IVcpuThread
    {
        public bool Join(TimeSpan timeout) => thread.Join(timeout);

        public void Dispose()
        {
        }
    }
}
