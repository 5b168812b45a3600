using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace PSToyVmm.Engine.Formats;

/// <summary>A value in a file, with its place: a JSON path. What is not as it is asked for is an error that says what was found.</summary>
readonly record struct JsonValue(JsonText File, JsonElement Element, string Path)
{
    const int LongestShown = 40;

    public VmException Fault(string what, Exception? inner = null) => File.Fault(Path, what, inner);

    /// <summary>An error about what another program does at this place and this one does not.</summary>
    public VmException Unsupported(string what) => new(VmErrorId.ConfigurationUnsupported, VmErrorKind.NotSupported,
        $"'{File.Name}' asks at {Path} for what PSToyVmm does not have: {what}.");

    public string Text()
    {
        if (Element.ValueKind != JsonValueKind.String) throw Mismatch("a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Fault("the string is no valid Unicode", e); // half a surrogate pair, written with \u, or bytes that are no UTF-8
        }
    }

    /// <summary>A path, as a full one.</summary>
    public string FilePath(Func<string, string> resolve) =>
        Text() is { Length: > 0 } path && !path.Contains('\0', StringComparison.Ordinal) ? resolve(path) : throw Fault("a path is not empty, and has no NUL in it");

    public bool Boolean() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False ? Element.GetBoolean() : throw Mismatch("true or false");

    public long Integer(long least, long most) =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt64(out long number) && number >= least && number <= most ? number
            : throw Mismatch(string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));

    public ulong Unsigned() => Element.ValueKind == JsonValueKind.Number && Element.TryGetUInt64(out ulong number) ? number : throw Mismatch($"a whole number from 0 to {ulong.MaxValue}");

    /// <summary>One of some words, which are case-sensitive.</summary>
    public T OneOf<T>(params ReadOnlySpan<(string Word, T Value)> words)
    {
        string text = Text();
        StringBuilder all = new();
        foreach ((string word, T value) in words)
        {
            if (word == text) return value;
            all.Append(all.Length == 0 ? "" : ", ").Append(word);
        }
        throw Fault($"{Found()} is none of {all}");
    }

    public T Enumeration<T>() where T : struct, Enum =>
        Enum.TryParse(Text(), out T value) && Enum.GetName(value) == Text() ? value : throw Fault($"{Found()} is none of {string.Join(", ", Enum.GetNames<T>())}");

    public IReadOnlyList<JsonValue> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array) throw Mismatch("a list");
        List<JsonValue> items = [];
        foreach (JsonElement item in Element.EnumerateArray())
            items.Add(new(File, item, string.Create(CultureInfo.InvariantCulture, $"{Path}[{items.Count}]")));
        return items;
    }

    public JsonMembers Members() => Element.ValueKind == JsonValueKind.Object ? new(this) : throw Mismatch("an object");

    /// <summary>What stands in the file; bytes that are no UTF-8 are replaced.</summary>
    public string Raw() => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(Element));

    public VmException Mismatch(string wanted) => Fault($"{wanted} belongs here, not {Found()}");

    string Found() => Element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Number or JsonValueKind.String => Raw() is { Length: > LongestShown } raw ? $"{raw[..LongestShown]}..." : Raw(),
        JsonValueKind.Null => "null",
        _ => Element.GetBoolean() ? "true" : "false",
    };
}
