namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>A piece of ACPI machine language: an object, a statement or an expression, encoded. Made by <see cref="Aml"/>.</summary>
public readonly struct AmlTerm
{
    readonly byte[]? _bytes;

    internal AmlTerm(params byte[] bytes) => _bytes = bytes;

    /// <summary>The encoding; nothing for a default term.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A number where a term is expected.</summary>
    public static implicit operator AmlTerm(ulong value) => Aml.Number(value);

    /// <summary>Terms one behind the other.</summary>
    internal static byte[] Join(params ReadOnlySpan<AmlTerm> terms)
    {
        int length = 0;
        foreach (AmlTerm term in terms) length += term.Bytes.Length;
        byte[] joined = new byte[length];
        Span<byte> rest = joined;
        foreach (AmlTerm term in terms)
        {
            term.Bytes.CopyTo(rest);
            rest = rest[term.Bytes.Length..];
        }
        return joined;
    }
}
