namespace PSToyVmm.Engine;

/// <summary>A file that a Multiboot or PVH kernel finds in memory when it starts.</summary>
/// <param name="Path">Full path of the file.</param>
/// <param name="Arguments">What the kernel is told about it, beside its name.</param>
public sealed record BootModule(string Path, string Arguments = "")
{
    /// <summary>As it would be given: the path, then the arguments.</summary>
    public override string ToString() => Arguments.Length == 0 ? Path : $"{Path} {Arguments}";
}
