using System.Management.Automation;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>
/// Subscribes to what machines do: to changes of their state, crashes of their guests, or lines that these write. What it makes is
/// an event subscriber as Register-ObjectEvent makes them.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "ToyVmEvent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(PSEventJob))]
public sealed class RegisterToyVmEventCommand : VmConsoleCmdlet
{
    static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(1);

    readonly List<VirtualMachine> _machines = [];
    Regex[] _patterns = [];

    /// <summary>Events are changes of the machines' state. That is so where no other kind is asked for.</summary>
    [Parameter]
    public SwitchParameter StateChanged { get; set; }

    /// <summary>Only changes to these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public MachineState[] State { get; set; } = [];

    /// <summary>Events are panics of the guests' kernels, and an oops where one comes first.</summary>
    [Parameter]
    public SwitchParameter GuestCrash { get; set; }

    /// <summary>Regular expressions, as -match takes them: events are lines of a console that one of them matches.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] SerialPattern { get; set; } = [];

    /// <summary>What the subscriber is called, and its events; by default a GUID.</summary>
    [Parameter(Position = 100)]
    [ValidateNotNullOrEmpty]
    public string SourceIdentifier { get; set; } = "";

    /// <summary>What is run for each event, in place of the event queue.</summary>
    [Parameter(Position = 101)]
    public ScriptBlock? Action { get; set; }

    /// <summary>Anything that the events shall have with them.</summary>
    [Parameter]
    public PSObject? MessageData { get; set; }

    /// <summary>Hides the subscriber from Get-EventSubscriber without -Force.</summary>
    [Parameter]
    public SwitchParameter SupportEvent { get; set; }

    /// <summary>Sends the events to the session that is connected to this one.</summary>
    [Parameter]
    public SwitchParameter Forward { get; set; }

    /// <summary>After so many events the subscriber is gone; 0 for never.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int MaxTriggerCount { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (SourceIdentifier.Length == 0) SourceIdentifier = Guid.NewGuid().ToString(); // not from the start: the help shows what is there then
        int kinds = (StateChanged || State.Length > 0 ? 1 : 0) + (GuestCrash ? 1 : 0) + (SerialPattern.Length > 0 ? 1 : 0);
        if (kinds > 1)
            Refuse("OneKindOfEvent", "One subscription is for one kind of event: -StateChanged, -GuestCrash or -SerialPattern.");
        if (Action is not null && Forward)
            Refuse("ActionOrForward", "Events are forwarded or have an -Action here, not both.");
        if (Events.GetEventSubscribers(SourceIdentifier).Any())
        {
            ThrowTerminatingError(new ErrorRecord(new PSArgumentException($"There is a subscriber '{SourceIdentifier}' already; choose another -SourceIdentifier, or use Unregister-Event."),
                "SubscriberExists", ErrorCategory.ResourceExists, SourceIdentifier));
        }
        _patterns = [.. SerialPattern.Select(pattern => OrEnd(pattern, () => SerialWait.Compile(pattern, s_longestMatch)))];
    }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        if (!VmRegistry.Contains(vm))
            throw new VmException(VmErrorId.VmRemoved, VmErrorKind.InvalidState, $"'{vm?.Name}' was removed before, so nothing more will happen to it.");
        if (SerialPattern.Length > 0) ConsoleOf(vm);
        if (!_machines.Contains(vm)) _machines.Add(vm);
    }

    /// <summary>One subscription for all machines.</summary>
    protected override void EndProcessing()
    {
        if (_machines.Count == 0) return;
        VmEventSource source = GuestCrash ? new VmCrashSource(_machines)
            : SerialPattern.Length > 0 ? new VmLineSource(_machines, Port, _patterns)
            : new VmStateSource(_machines, State);
        PSEventManager events = Events;
        source.Deliver = (vm, what) => events.GenerateEvent(SourceIdentifier, vm, [vm, what], MessageData, processInCurrentThread: true, waitForCompletionInCurrentThread: false);
        PSEventSubscriber subscriber = events.SubscribeEvent(source, source.EventName, SourceIdentifier, MessageData, Action, SupportEvent, Forward, MaxTriggerCount);
        source.Queue = new(events, subscriber);
        if (Action is not null && !SupportEvent) WriteObject(subscriber.Action);
    }
}
