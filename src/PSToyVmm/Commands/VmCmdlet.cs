using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>What all cmdlets here share: they stop waiting at Ctrl+C, and show the engine's errors with their ids.</summary>
public abstract class VmCmdlet : PSCmdlet, IDisposable
{
    readonly CancellationTokenSource _stop = new();

    /// <summary>Makes it.</summary>
    protected VmCmdlet() => StopToken = _stop.Token;

    /// <summary>Cancelled at Ctrl+C.</summary>
    protected CancellationToken StopToken { get; }

    /// <summary>Runs on another thread than the pipeline's: signals, and writes nothing.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what it has.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stop.Dispose();
    }

    /// <summary>Does <paramref name="work"/> for one target: its failure is an error about that target, and the next one's turn comes.</summary>
    protected void ForOne(object target, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            work();
        }
        catch (VmException e)
        {
            WriteError(e.ToErrorRecord(target));
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>Ends a cmdlet whose parameters make no sense together.</summary>
    protected void Refuse(string errorId, string sentence, object? target = null) =>
        ThrowTerminatingError(new ErrorRecord(new PSArgumentException(sentence), errorId, ErrorCategory.InvalidArgument, target));

    /// <summary>Does what the whole cmdlet needs: its failure is the cmdlet's end, with an error about <paramref name="target"/>.</summary>
    protected T OrEnd<T>(object? target, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            return work();
        }
        catch (VmException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(target));
            throw; // that did
        }
    }

    /// <summary>Machines by name: a wildcard matches any number, a literal name that nobody has is an error.</summary>
    protected IEnumerable<VirtualMachine> FindMachines(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var found = new List<VirtualMachine>();
        foreach (string name in names)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
                found.AddRange(VmRegistry.All.Where(vm => pattern.IsMatch(vm.Name)));
            }
            else if (VmRegistry.Find(name) is { } vm)
                found.Add(vm);
            else
            {
                WriteError(new VmException(VmErrorId.VmNotFound, VmErrorKind.NotFound,
                    $"There is no virtual machine named '{name}'. Get-ToyVm lists those there are.").ToErrorRecord(name));
            }
        }
        return found.Distinct();
    }

    /// <summary>The machine's memory, as the user gave it.</summary>
    protected static ulong MemorySize(long bytes) => bytes > 0 ? (ulong)bytes : throw new VmException(VmErrorId.MemoryTooSmall, VmErrorKind.InvalidArgument,
        $"{bytes} bytes of memory are not enough for any kernel; give a size such as 256MB.");

    /// <summary>
    /// The file system's path of what the user wrote: relative to <c>$PWD</c>, on any drive of the file system, taken
    /// literally (brackets are no wildcards). The file need not exist.
    /// </summary>
    protected string ResolvePath(string path)
    {
        try
        {
            string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? full : throw new VmException(VmErrorId.PathNotFileSystem, VmErrorKind.InvalidArgument,
                $"'{path}' is a path of the {provider.Name} provider; give the path of a file.");
        }
        catch (SessionStateException e)    // no such drive or provider
        {
            throw new VmException(VmErrorId.PathNotFileSystem, VmErrorKind.InvalidArgument,
                $"'{path}' is not a path of the file system: {e.Message}", e);
        }
    }
}
