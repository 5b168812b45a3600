using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>A guest's kernel wrote to its serial console that it crashed.</summary>
public sealed class VmGuestCrashEventArgs : VmEventArgs
{
    internal VmGuestCrashEventArgs(VirtualMachine vm, string text) : base(vm) => Text = text;

    /// <summary>The kernel's words.</summary>
    public string Text { get; }

    /// <summary>Whether it was a panic, which is the end; or an oops, after which Linux may go on.</summary>
    public bool IsPanic => Text.StartsWith("Kernel panic", StringComparison.Ordinal);

    /// <summary>The machine and the words.</summary>
    public override string ToString() => $"{VmName}: {Text}";
}
