using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm;

/// <summary>
/// Runs each vCPU loop on the pipeline thread of a background runspace of its own, which <c>Get-Runspace</c> shows by name
/// while it lasts. The runspace has nothing in it but the one command that runs the loop: no language, no providers, no modules.
/// </summary>
/// <remarks>
/// A shell that exits closes every runspace first and waits for their pipelines. So somebody has to listen to
/// <see cref="StopRequested"/> and turn the machine off.
/// </remarks>
sealed class RunspaceVcpuHost : IVcpuHost
{
    const string LoopCommand = "Invoke-VcpuLoop";

    /// <summary>Raised on a thread of its own when PowerShell wants a loop to end: the shell exits, or somebody closed its runspace.</summary>
    public event Action? StopRequested;

    /// <inheritdoc/>
    public IVcpuThread Start(string name, Action body)
    {
        InitialSessionState nothing = InitialSessionState.Create();
        nothing.Commands.Add(new SessionStateCmdletEntry(LoopCommand, typeof(InvokeVcpuLoopCommand), helpFileName: null));
        nothing.ThreadOptions = PSThreadOptions.UseNewThread;

        Runspace runspace = RunspaceFactory.CreateRunspace(nothing);
        PowerShell loop = PowerShell.Create();
        try
        {
            runspace.Name = name;
            runspace.Open();
            loop.Runspace = runspace;
            loop.AddCommand(LoopCommand)
                .AddParameter(nameof(InvokeVcpuLoopCommand.Name), name)
                .AddParameter(nameof(InvokeVcpuLoopCommand.Body), body)
                .AddParameter(nameof(InvokeVcpuLoopCommand.Stop), (Action)(() => StopRequested?.Invoke()));
            return new RunspaceThread(runspace, loop, loop.BeginInvoke());
        }
        catch
        {
            loop.Dispose();
            runspace.Dispose();
            throw;
        }
    }

    sealed class RunspaceThread(Runspace runspace, PowerShell loop, IAsyncResult running) : IVcpuThread
    {
        public bool Join(TimeSpan timeout) => running.AsyncWaitHandle.WaitOne(timeout);

        public void Dispose()
        {
            loop.Dispose();
            runspace.Dispose();
        }
    }
}

/// <summary>The only command of a vCPU's runspace. Not public, so that importing the module does not find it.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "VcpuLoop")]
sealed class InvokeVcpuLoopCommand : Cmdlet
{
    [Parameter(Mandatory = true)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true)]
    public Action Body { get; set; } = null!;

    [Parameter(Mandatory = true)]
    public Action Stop { get; set; } = null!;

    protected override void ProcessRecord()
    {
        (Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground) = (Name, true);
        Body();
    }

    // Not here and now: turning a machine off waits for the very pipeline that waits for this method. And not on the pool:
    // the requests of many vCPUs would take all of its threads, and what they wait for runs there too.
    protected override void StopProcessing() => new Thread(Request) { IsBackground = true, Name = $"{Name} stop" }.Start();

    void Request()
    {
        try
        {
            Stop();
        }
        catch (Exception)
        {
            // The outermost frame of this work: a machine that cannot be turned off is no reason to end the shell with it.
        }
    }
}
