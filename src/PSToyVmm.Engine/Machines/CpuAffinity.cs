using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Machines;

/// <summary>Which processor of the host each vCPU is held to: the first to the first of a list, and round again at its end.</summary>
static class CpuAffinity
{
    /// <summary>Checks the list against the processors that this process may use.</summary>
    /// <exception cref="VmException">CpuAffinityInvalid.</exception>
    public static void Validate(IReadOnlyList<int> cpus)
    {
        if (cpus.Count == 0) return;
        int[] usable = CpuSet.OfThread();
        int[] wrong = [.. cpus.Except(usable)];
        if (wrong.Length > 0)
            throw new VmException(VmErrorId.CpuAffinityInvalid, VmErrorKind.InvalidArgument,
                $"A vCPU cannot be held to processor {string.Join(", ", wrong)}: this process may use {string.Join(", ", usable)}.");
    }

    /// <summary>
    /// Runs a vCPU's loop on its processor; the thread, which may be somebody else's, gets its own back. A processor that
    /// went away since it was checked holds nobody: the vCPU runs where it can.
    /// </summary>
    public static T RunHeld<T>(IReadOnlyList<int> cpus, int vcpu, Func<T> loop)
    {
        if (cpus.Count == 0) return loop();
        int[] before = CpuSet.OfThread();
        bool held = CpuSet.TryHold(cpus[vcpu % cpus.Count]);
        try
        {
            return loop();
        }
        finally
        {
            if (held) CpuSet.TryHold(before);
        }
    }
}
