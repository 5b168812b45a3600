using System.Text.Json;

namespace PSToyVmm.Tests.Unit.Formats;

/// <summary>
/// As much of JSON Schema (draft 2020-12) as module/toyvm.schema.json needs. A keyword that is not checked here is a failure, so that none
/// is passed over.
/// </summary>
sealed class JsonSchema(JsonElement root)
{
    static readonly string[] s_annotations = ["$schema", "$id", "$defs", "title", "description", "default", "contentEncoding"];

    /// <summary>What is wrong with a value; nothing where it is valid.</summary>
    public IEnumerable<string> Faults(JsonElement value) => Faults(value, root, "$");

    IEnumerable<string> Faults(JsonElement value, JsonElement schema, string path)
    {
        if (schema.ValueKind == JsonValueKind.False) return [$"{path} may not be there"];
        return schema.EnumerateObject().Where(rule => !s_annotations.Contains(rule.Name)).SelectMany(rule => Faults(value, rule, schema, path));
    }

    IEnumerable<string> Faults(JsonElement value, JsonProperty rule, JsonElement schema, string path)
    {
        JsonElement wanted = rule.Value;
        bool isNumber = value.ValueKind == JsonValueKind.Number, isText = value.ValueKind == JsonValueKind.String, isObject = value.ValueKind == JsonValueKind.Object;
        bool valid;
        switch (rule.Name)
        {
            case "$ref": return Faults(value, root.GetProperty("$defs").GetProperty(wanted.GetString()!.Split('/')[^1]), path);
            case "properties": return !isObject ? [] : wanted.EnumerateObject().Where(p => value.TryGetProperty(p.Name, out _)).SelectMany(p => Faults(value.GetProperty(p.Name), p.Value, $"{path}.{p.Name}"));
            case "additionalProperties":
                return !isObject ? [] : value.EnumerateObject().Where(p => !schema.TryGetProperty("properties", out JsonElement known) || !known.TryGetProperty(p.Name, out _))
                    .SelectMany(p => Faults(p.Value, wanted, $"{path}.{p.Name}"));
            case "items": return value.ValueKind != JsonValueKind.Array ? [] : value.EnumerateArray().SelectMany((item, i) => Faults(item, wanted, $"{path}[{i}]"));
            case "type": valid = wanted.ValueKind == JsonValueKind.Array ? wanted.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, wanted.GetString()!); break;
            case "enum": valid = wanted.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)); break;
            case "const": valid = JsonElement.DeepEquals(wanted, value); break;
            case "required": valid = !isObject || wanted.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)); break;
            case "oneOf": valid = wanted.EnumerateArray().Count(one => !Faults(value, one, path).Any()) == 1; break;
            case "minimum": valid = !isNumber || value.GetDecimal() >= wanted.GetDecimal(); break;
            case "maximum": valid = !isNumber || value.GetDecimal() <= wanted.GetDecimal(); break;
            case "multipleOf": valid = !isNumber || value.GetDecimal() % wanted.GetDecimal() == 0; break;
            case "minLength": valid = !isText || value.GetString()!.Length >= wanted.GetInt32(); break;
            case "maxLength": valid = !isText || value.GetString()!.Length <= wanted.GetInt32(); break;
            default: throw new NotSupportedException($"{path}: the keyword {rule.Name} is not checked here");
        }
        return valid ? [] : [$"{path}: {rule.Name} {wanted.GetRawText()}"];
    }

    static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal number) && decimal.IsInteger(number),
        _ => throw new NotSupportedException(type),
    };
}
