using System.Text;
using System.Text.Json;

namespace PSToyVmm.Engine.Formats;

/// <summary>A JSON file that a user wrote: faults in it are errors that name it and the place.</summary>
sealed class JsonText : IDisposable
{
    // As deep as no configuration is, and far from what a stack holds.
    const int MaxDepth = 32;

    readonly JsonDocument _document;

    JsonText(string name, JsonDocument document) => (Name, _document) = (name, document);

    /// <summary>For messages: the file.</summary>
    public string Name { get; }

    /// <summary>The outermost value.</summary>
    public JsonValue Root => new(this, _document.RootElement, "$");

    /// <summary>Reads a text; a byte order mark may be before it.</summary>
    /// <exception cref="VmException">ConfigurationInvalid, with line and column.</exception>
    public static JsonText Parse(string name, ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith("\ufeff"u8)) utf8 = utf8[3..];
        try
        {
            return new(name, JsonDocument.Parse(utf8, new() { MaxDepth = MaxDepth }));
        }
        catch (JsonException e)
        {
            int line = (int)(e.LineNumber ?? 0);
            throw new VmException(VmErrorId.ConfigurationInvalid, VmErrorKind.InvalidData,
                $"'{name}' is no JSON at line {line + 1}, column {Column(utf8.Span, line, (int)(e.BytePositionInLine ?? 0))}: {Reason(e)}", e);
        }
    }

    public VmException Fault(string path, string what, Exception? inner = null) => new(VmErrorId.ConfigurationInvalid, VmErrorKind.InvalidData,
        $"'{Name}' is not valid at {path}: {what}.", inner);

    public void Dispose() => _document.Dispose();

    // .NET counts bytes, editors count characters.
    static int Column(ReadOnlySpan<byte> text, int line, int bytes)
    {
        for (; line > 0; line--) text = text[(text.IndexOf((byte)'\n') + 1)..];
        return Encoding.UTF8.GetCharCount(text[..Math.Min(bytes, text.Length)]) + 1;
    }

    // Without the place, which .NET says in its own way at the end.
    static string Reason(JsonException e)
    {
        int place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string words = place < 0 ? e.Message : e.Message[..place];
        // What is meant for programmers is left out.
        string[] sentences = [.. words.Split(". ").Where(sentence => !sentence.Contains("reader options", StringComparison.Ordinal) && !sentence.Contains("isFinalBlock", StringComparison.Ordinal))];
        return sentences.Length == 0 ? "it ends too early." : $"{string.Join(". ", sentences).Replace(" in this mode", "", StringComparison.Ordinal).TrimEnd('.')}.";
    }
}
