using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm;

/// <summary>
/// <c>$ToyVmPreference</c>: what this module's cmdlets take where a parameter is not given. It has no values of its own: it is a
/// typed look at PowerShell's own <c>$PSDefaultParameterValues</c>, which checks what it is given. A value that
/// is set to null is the built-in one again.
/// </summary>
public sealed class VmPreference
{
    const string Variable = "global:ToyVmPreference", Defaults = "global:PSDefaultParameterValues";

    static readonly string[] s_stop = ["Stop-ToyVm:Timeout", "Restart-ToyVm:Timeout"];
    static readonly string[] s_wait = ["Start-ToyVm:Timeout", "Wait-ToyVmSerial:Timeout"];
    static readonly string[] s_command = ["Invoke-ToyVmCommand:Timeout", "Copy-ToyVmFile:Timeout"];
    static readonly string[] s_throttle = ["Invoke-ToyVmCommand:ThrottleLimit", "Copy-ToyVmFile:ThrottleLimit"];

    readonly SessionState _session;
    readonly HashSet<string> _set = [];

    VmPreference(SessionState session) => _session = session;

    /// <summary>Memory of new machines, in bytes.</summary>
    public long? Memory
    {
        get => Get("New-ToyVm:Memory", (long)MachineConfiguration.DefaultMemoryBytes);
        set => Set(value switch
        {
            null => null,
            <= 0 => throw Invalid(VmErrorId.MemoryTooSmall, $"{value} bytes of memory are not enough for any kernel; give a size such as 256MB."),
            > (long)GuestMemory.LargestSize => throw Invalid(VmErrorId.MemoryTooLarge, $"{value} bytes of memory is more than a guest's physical addresses reach ({GuestMemory.LargestSize} bytes)."),
            _ when value % (long)GuestMemory.PageSize != 0 => throw Invalid(VmErrorId.MemoryNotPageAligned, $"{value} bytes of memory is not a multiple of {GuestMemory.PageSize}; give a size such as 256MB."),
            _ => value,
        }, "New-ToyVm:Memory");
    }

    /// <summary>vCPUs of new machines.</summary>
    public int? ProcessorCount
    {
        get => Get("New-ToyVm:ProcessorCount", 1);
        set => Set(value is < 1 ? throw Invalid(VmErrorId.ProcessorCountInvalid, $"A machine has at least one processor, not {value}.") : value, "New-ToyVm:ProcessorCount");
    }

    /// <summary>What is added to the default command line of new machines.</summary>
    public string AppendCommandLine
    {
        get => Get("New-ToyVm:AppendCommandLine", "");
        set => Set(string.IsNullOrWhiteSpace(value) ? null : value, "New-ToyVm:AppendCommandLine");
    }

    /// <summary>What happens when the guest of a new machine resets it.</summary>
    public RebootAction? RebootAction
    {
        get => Get("New-ToyVm:RebootAction", default(RebootAction));
        set => Set(value, "New-ToyVm:RebootAction");
    }

    /// <summary>How long Stop-ToyVm and Restart-ToyVm let a guest shut down: seconds or a TimeSpan.</summary>
    public object? StopTimeout
    {
        get => Get(s_stop[0], TimeSpan.FromSeconds(30));
        set => Set(Time(value), s_stop);
    }

    /// <summary>How long Start-ToyVm -WaitFor and Wait-ToyVmSerial wait: seconds or a TimeSpan.</summary>
    public object? WaitTimeout
    {
        get => Get(s_wait[0], TimeSpan.FromSeconds(60));
        set => Set(Time(value), s_wait);
    }

    /// <summary>How long a command of Invoke-ToyVmCommand, or a piece of a file of Copy-ToyVmFile, may take: seconds or a TimeSpan.</summary>
    public object? CommandTimeout
    {
        get => Get(s_command[0], TimeSpan.FromSeconds(60));
        set => Set(Time(value), s_command);
    }

    /// <summary>How many machines Invoke-ToyVmCommand and Copy-ToyVmFile are about at the same time.</summary>
    public int? ThrottleLimit
    {
        get => Get(s_throttle[0], 32);
        set => Set(value is < 1 or > 10_000 ? throw Invalid(VmErrorId.PreferenceInvalid, $"{value} machines at the same time are none, or too many; give a number from 1 to 10000.") : value, s_throttle);
    }

    /// <summary>Makes the variable in the session that imports the module.</summary>
    internal static void Install()
    {
        Uninstall();
        SessionState session = Engine().SessionState;
        if (session.PSVariable.Get(Variable) is not null) return; // somebody's own of that name stays his
        session.PSVariable.Set(Variable, new VmPreference(session));
        session.PSVariable.Get(Variable).Options = ScopedItemOptions.ReadOnly; // its properties are what is meant to be set
    }

    /// <summary>Takes the variable away, and what was set by it.</summary>
    internal static void Uninstall()
    {
        EngineIntrinsics engine = Engine();
        if (engine.SessionState.PSVariable.GetValue(Variable) is not VmPreference preference) return;
        foreach (string key in preference._set) preference.Table?.Remove(key);
        engine.InvokeProvider.Item.Remove(["Variable:ToyVmPreference"], recurse: false, force: true, literalPath: true); // for it is read-only
    }

    // Neither an importer nor a remover of assemblies is told whose session it is in.
    static EngineIntrinsics Engine() => (EngineIntrinsics)((PSObject)ScriptBlock.Create("$ExecutionContext").InvokeReturnAsIs()).BaseObject;

    // Looked up each time: users replace it.
    IDictionary? Table => _session.PSVariable.GetValue(Defaults) is { } value ? (value is PSObject wrapped ? wrapped.BaseObject : value) as IDictionary : null;

    T Get<T>(string key, T builtIn) => Table?[key] is { } value && LanguagePrimitives.TryConvertTo(value, out T set) ? set : builtIn;

    void Set(object? value, params string[] keys)
    {
        if (Table is null) _session.PSVariable.Set(Defaults, new DefaultParameterDictionary());
        IDictionary table = Table!;
        foreach (string key in keys)
        {
            table.Remove(key);
            if (value is null) continue;
            table[key] = value;
            _set.Add(key);
        }
    }

    static TimeSpan? Time(object? value) => value is null ? null : (TimeSpan)new TimeoutArgumentAttribute().Transform(null!, value);

    static VmException Invalid(string id, string sentence) => new(id, VmErrorKind.InvalidArgument, sentence);
}
