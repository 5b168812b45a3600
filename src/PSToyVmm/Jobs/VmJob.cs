using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell.Commands;

namespace PSToyVmm;

/// <summary>
/// A cmdlet that runs in the background: the same class, in a runspace of its own that has nothing else in it, with the
/// caller's directory and drives. Its runspace and thread are gone when it is finished; what it wrote stays until Remove-Job.
/// </summary>
sealed class VmJob : Job
{
    const string TypeName = "ToyVmJob";

    static readonly ConcurrentDictionary<VmJob, Runspace> s_unfinished = [];

    readonly Lock _gate = new();
    readonly string _cmdletName;
    readonly Type _cmdletType;
    readonly IReadOnlyList<Dictionary<string, object?>> _calls;
    readonly PSDriveInfo[] _drives;
    readonly string _directory;
    PowerShell? _shell;
    Thread? _thread;
    bool _isToStop;

    /// <summary>A job that has not begun.</summary>
    /// <param name="caller">What is to run.</param>
    /// <param name="calls">Its parameters, each time.</param>
    public VmJob(PSCmdlet caller, IReadOnlyList<Dictionary<string, object?>> calls) : base(caller.MyInvocation.Line.Trim())
    {
        (_cmdletName, _cmdletType, _calls) = (caller.MyInvocation.MyCommand.Name, caller.GetType(), calls);
        _drives = [.. caller.SessionState.Drive.GetAllForProvider(FileSystemProvider.ProviderName)];
        _directory = caller.SessionState.Path.CurrentFileSystemLocation.Path;
        PSJobTypeName = TypeName;
    }

    /// <inheritdoc/>
    public override string Location => "localhost";

    /// <inheritdoc/>
    public override string StatusMessage => "";

    /// <inheritdoc/>
    public override bool HasMoreData =>
        Output.Count + Error.Count + Warning.Count + Verbose.Count + Debug.Count + Information.Count + Progress.Count > 0;

    /// <summary>Begins.</summary>
    public void Start()
    {
        s_unfinished.TryAdd(this, Runspace.DefaultRunspace);
        SetJobState(JobState.Running);
        _thread = new Thread(Work) { IsBackground = true, Name = $"{Name} {_cmdletName}" };
        _thread.Start();
    }

    /// <summary>Ends its waits as Ctrl+C does, and returns when it has ended.</summary>
    public override void StopJob()
    {
        lock (_gate)
        {
            _isToStop = true;
            _shell?.Stop(); // waits; with the gate held, so that nobody disposes of it meanwhile
        }
        Finished.WaitOne();
    }

    /// <summary>Stops those that were started in a runspace.</summary>
    public static void StopAll(Runspace owner) => Parallel.ForEach(s_unfinished.Where(entry => entry.Value == owner), entry => entry.Key.StopJob());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Not on its own thread, where somebody has just heard of its end: it would wait for itself.
        if (disposing && s_unfinished.ContainsKey(this) && Thread.CurrentThread != _thread) StopJob();
        base.Dispose(disposing);
    }

    // The outermost frame of the job's thread: nothing may leave it, for that would be the end of the process.
    void Work()
    {
        try
        {
            SetJobState(Run());
        }
        catch (Exception)
        {
            // somebody who listens to the job's state failed, or the job is gone: there is nobody left to tell
        }
        finally
        {
            s_unfinished.TryRemove(this, out _); // last: until then, who disposes of the job waits for its end
        }
    }

    JobState Run()
    {
        try
        {
            using Runspace runspace = Open();
            using PowerShell shell = PowerShell.Create();
            shell.Runspace = runspace;
            (shell.Streams.Error, shell.Streams.Warning, shell.Streams.Verbose) = (Error, Warning, Verbose);
            (shell.Streams.Debug, shell.Streams.Information, shell.Streams.Progress) = (Debug, Information, Progress);
            foreach (var call in _calls) shell.AddStatement().AddCommand(_cmdletName).AddParameters(call);
            return Invoke(shell);
        }
        catch (PipelineStoppedException)
        {
            return JobState.Stopped;
        }
        catch (Exception e)
        {
            Error.Add(e is RuntimeException { ErrorRecord: { } record } ? record : new ErrorRecord(e, "JobFailed", ErrorCategory.NotSpecified, this));
            return JobState.Failed;
        }
    }

    JobState Invoke(PowerShell shell)
    {
        IAsyncResult running;
        lock (_gate)
        {
            if (_isToStop) return JobState.Stopped;
            running = shell.BeginInvoke<PSObject, PSObject>(null, Output);
            _shell = shell;
        }
        try
        {
            shell.EndInvoke(running);
            return JobState.Completed;
        }
        finally
        {
            lock (_gate) _shell = null;
        }
    }

    Runspace Open()
    {
        InitialSessionState session = InitialSessionState.Create();
        session.Commands.Add(new SessionStateCmdletEntry(_cmdletName, _cmdletType, helpFileName: null));
        session.Providers.Add(new SessionStateProviderEntry(FileSystemProvider.ProviderName, typeof(FileSystemProvider), helpFileName: null));
        session.ThreadOptions = PSThreadOptions.UseNewThread;
        Runspace runspace = RunspaceFactory.CreateRunspace(session);
        try
        {
            runspace.Name = $"ToyVm {Name}";
            runspace.Open();
            DriveManagementIntrinsics drives = runspace.SessionStateProxy.Drive;
            var there = drives.GetAll().Select(drive => drive.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            ProviderInfo files = runspace.SessionStateProxy.Provider.GetOne(FileSystemProvider.ProviderName);
            foreach (PSDriveInfo drive in _drives.Where(drive => !there.Contains(drive.Name)))
                drives.New(new PSDriveInfo(drive.Name, files, drive.Root, drive.Description, drive.Credential), "global");
            runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(_directory));
            return runspace;
        }
        catch (Exception e)
        {
            runspace.Dispose();
            throw new InvalidOperationException($"The job could not begin: {e.Message}", e);
        }
    }
}
