using System.Text.Encodings.Web;
using System.Text.Json;

namespace PSToyVmm.Engine.Formats;

/// <summary>An object in a file, whose members are taken out by their names; what is left over nobody knows.</summary>
sealed class JsonMembers
{
    const int LongestShown = 60;

    readonly JsonValue _owner;
    readonly List<(string Name, JsonValue Value)> _inOrder = [];
    readonly Dictionary<string, JsonValue> _left = new(StringComparer.Ordinal);

    /// <exception cref="VmException">A name comes twice.</exception>
    public JsonMembers(JsonValue owner)
    {
        _owner = owner;
        foreach (JsonProperty property in owner.Element.EnumerateObject())
        {
            string name = NameOf(property);
            JsonValue value = new(owner.File, property.Value, owner.Path + Step(name));
            if (!_left.TryAdd(name, value)) throw value.Fault("this key is there twice");
            _inOrder.Add((name, value));
        }
    }

    /// <summary>The member of that name; null where there is none, or where it is null.</summary>
    public JsonValue? Take(string name) => _left.Remove(name, out JsonValue value) && value.Element.ValueKind != JsonValueKind.Null ? value : null;

    /// <exception cref="VmException">There is none.</exception>
    public JsonValue Need(string name) => Take(name) ?? throw Missing(name);

    public VmException Missing(string name) => _owner.Fault($"'{name}' is missing");

    /// <summary>All of them by their names, where any name may be.</summary>
    public IReadOnlyDictionary<string, JsonValue> TakeAll()
    {
        Dictionary<string, JsonValue> all = new(_left, StringComparer.Ordinal);
        _left.Clear();
        return all;
    }

    /// <summary>The members that nobody took, in the order of the file.</summary>
    public IEnumerable<JsonValue> Left => _inOrder.Where(member => _left.ContainsKey(member.Name)).Select(member => member.Value);

    /// <summary>Ends the reading of an object of which every member is known.</summary>
    /// <exception cref="VmException">One is not.</exception>
    public void RefuseOthers()
    {
        foreach (JsonValue other in Left) throw other.Fault("this key is not known");
    }

    // As in RFC 9535; a name that could not stand in a message goes in there as JSON writes it.
    static string Step(string name)
    {
        if (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')) return $".{name}";
        string shown = JsonEncodedText.Encode(name.Length <= LongestShown ? name : name[..LongestShown], JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        return $"['{shown}']";
    }

    string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw _owner.Fault("a key in it is no valid Unicode", e);
        }
    }
}
