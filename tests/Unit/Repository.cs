using System.Runtime.CompilerServices;

namespace PSToyVmm.Tests.Unit;

/// <summary>Finds files of the checkout from inside a test.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
