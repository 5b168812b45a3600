using System.Management.Automation;
using System.Reflection;

namespace PSToyVmm;

/// <summary>
/// What a cmdlet leaves to a job: to be run again, as often as it was asked to, with the parameters that it was given. One
/// job for all that comes down its pipeline.
/// </summary>
sealed class VmJobWork(PSCmdlet cmdlet)
{
    // What the job is asked for, what was answered before it began, and variables of a session that it is not in.
    static readonly HashSet<string> s_ownAffairs = new(StringComparer.OrdinalIgnoreCase)
    {
        nameof(IVmJobCmdlet.AsJob), "WhatIf", "Confirm", "ErrorVariable", "WarningVariable", "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable",
    };

    readonly List<Dictionary<string, object?>> _calls = [];

    /// <summary>Another call, with the parameters that are bound now, less those <paramref name="without"/>, and those <paramref name="with"/>.</summary>
    public void Add(IEnumerable<KeyValuePair<string, object?>> with, params IEnumerable<string> without)
    {
        Dictionary<string, object?> call = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in cmdlet.MyInvocation.BoundParameters)
            if (!s_ownAffairs.Contains(name) && !without.Contains(name)) call[name] = value;
        foreach (var (name, value) in with) call[name] = value;
        // The user has been asked; and in a job there is nobody to ask.
        if (cmdlet.GetType().GetCustomAttribute<CmdletAttribute>() is { SupportsShouldProcess: true }) call["Confirm"] = false;
        _calls.Add(call);
    }

    /// <summary>Starts the job, in the caller's session, and emits it; nothing where there is nothing to do.</summary>
    public void Start()
    {
        if (_calls.Count == 0) return;
        VmJob job = new(cmdlet, _calls);
        cmdlet.JobRepository.Add(job);
        job.Start();
        cmdlet.WriteObject(job);
    }
}
