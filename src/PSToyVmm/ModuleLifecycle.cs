using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// What happens when the module comes and goes. Machines belong to the process, so they end with the last open runspace
/// that has imported the module (usually the only one), and with the process.
/// </summary>
public sealed class ModuleLifecycle : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    static readonly Lock s_gate = new();
    static readonly HashSet<Runspace> s_importers = [];

    static ModuleLifecycle() => AppDomain.CurrentDomain.ProcessExit += (_, _) => VmRegistry.Clear();

    /// <inheritdoc/>
    public void OnImport()
    {
        // An assembly is loaded at first use. Loading the engine now keeps a rebuild from pairing this module with a newer engine.
        _ = typeof(VirtualMachine).Assembly;
        lock (s_gate)
        {
            ForgetClosed();
            s_importers.Add(Runspace.DefaultRunspace);
        }
        VmPreference.Install();
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        VmPreference.Uninstall();
        VmJob.StopAll(Runspace.DefaultRunspace);
        PSEventManager events = Runspace.DefaultRunspace.Events;
        foreach (PSEventSubscriber subscriber in events.Subscribers.Where(subscriber => subscriber.SourceObject is VmEventSource).ToArray())
            events.UnsubscribeEvent(subscriber);
        lock (s_gate)
        {
            ForgetClosed();
            s_importers.Remove(Runspace.DefaultRunspace);
            if (s_importers.Count > 0)
                return;
        }
        VmRegistry.Clear();
    }

    static void ForgetClosed() => s_importers.RemoveWhere(runspace =>
        runspace.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken);
}
