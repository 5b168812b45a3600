namespace PSToyVmm.Engine.Machines;

/// <summary>One thing a host lacks.</summary>
/// <param name="Id">The <see cref="VmErrorId"/> that Start would fail with, or <c>LinuxNotRunnable</c>.</param>
/// <param name="Problem">What was found.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record HostIssue(string Id, string Problem, string Remedy);
