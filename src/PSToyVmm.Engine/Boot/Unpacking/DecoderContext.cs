using System.Reflection;
using System.Runtime.Loader;

namespace PSToyVmm.Engine.Boot.Unpacking;

/// <summary>
/// The load context of the decoders and of the packages behind them: another module of the same process may have other
/// versions of those. Made when first needed.
/// </summary>
sealed class DecoderContext : AssemblyLoadContext
{
    const string AssemblyFile = "PSToyVmm.Decompression";

    static readonly Lazy<Func<string, byte[], byte[], int>> s_decode = new(() => new DecoderContext().Bind());

    static readonly string s_folder = Path.Combine(Path.GetDirectoryName(typeof(DecoderContext).Assembly.Location) ?? "", "deps");

    DecoderContext() : base(AssemblyFile) { }

    /// <summary>Unpacks input into output and returns the number of bytes; the first argument names the compression.</summary>
    /// <exception cref="IOException">The decoders are not there.</exception>
    public static Func<string, byte[], byte[], int> Decode => s_decode.Value;

    protected override Assembly? Load(AssemblyName assemblyName) =>
        PathOf(assemblyName.Name) is { } path && File.Exists(path) ? LoadFromAssemblyPath(path) : null;

    Func<string, byte[], byte[], int> Bind() => LoadFromAssemblyPath(PathOf(AssemblyFile))
        .GetType("PSToyVmm.Decompression.PayloadDecoder", throwOnError: true)!
        .GetMethod("Decode")!.CreateDelegate<Func<string, byte[], byte[], int>>();

    static string PathOf(string? assembly) => Path.Combine(s_folder, assembly + ".dll");
}
