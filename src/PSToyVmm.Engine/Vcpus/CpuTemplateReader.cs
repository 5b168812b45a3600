using System.Globalization;
using System.Text.Json;

namespace PSToyVmm.Engine.Vcpus;

/// <summary>
/// Reads a template of Firecracker's form (docs/cpu_templates/schema.json; src/vmm/src/cpu_config/x86_64/custom_cpu_template.rs).
/// As strict as Firecracker: a key that it does not know is a fault, not a bit silently left as it was. Each fault names its
/// place as a JSON path.
/// </summary>
sealed class CpuTemplateReader
{
    /// <summary>No template is near this.</summary>
    public const int LargestFile = 1 << 20;

    readonly string _name;

    CpuTemplateReader(string name) => _name = name;

    /// <summary>Reads a template.</summary>
    /// <param name="name">For messages: the file.</param>
    /// <param name="utf8">What is in it.</param>
    /// <exception cref="VmException">CpuTemplateInvalid.</exception>
    public static CpuTemplate Read(string name, ReadOnlyMemory<byte> utf8)
    {
        CpuTemplateReader reader = new(name);
        if (utf8.Span.StartsWith("\ufeff"u8)) utf8 = utf8[3..];
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            return reader.Template(document.RootElement);
        }
        catch (JsonException e)
        {
            throw reader.Fault("$", $"the text is no JSON from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on", e);
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair, written with \u: JSON, but no text.
            throw reader.Fault("$", "a string in it is no valid Unicode", e);
        }
    }

    CpuTemplate Template(JsonElement root)
    {
        CpuTemplate template = new(_name);
        foreach ((string key, JsonElement value, string path) in Properties(root, "$"))
        {
            template = key switch
            {
                "kvm_capabilities" => template with { Capabilities = [.. Items(value, path).Select(Capability).OfType<uint>()] },
                "cpuid_modifiers" => template with { Cpuid = [.. Items(value, path).Select(Leaf)] },
                "msr_modifiers" => template with { Msrs = [.. Items(value, path).Select(Msr)] },
                "vcpu_features" or "reg_modifiers" => throw Fault(path, "this is for ARM processors; an x86-64 template has cpuid_modifiers and msr_modifiers"),
                _ => throw Unknown(path, "kvm_capabilities, cpuid_modifiers and msr_modifiers"),
            };
        }
        return template;
    }

    // "171" is one that KVM has to have; "!171" one that Firecracker need not look for, and nobody looks for here.
    uint? Capability((JsonElement Value, string Path) item)
    {
        string text = Text(item.Value, item.Path);
        bool removed = text.StartsWith('!');
        if (!uint.TryParse(text.AsSpan(removed ? 1 : 0), NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            throw Fault(item.Path, $"'{text}' is not the decimal number of a KVM capability, such as \"171\" or \"!171\"");
        return removed ? null : number;
    }

    CpuidModifier Leaf((JsonElement Value, string Path) item)
    {
        (uint? leaf, uint? subleaf, uint? flags, (CpuidRegister, BitPattern)[]? registers) = (null, null, null, null);
        foreach ((string key, JsonElement value, string path) in Properties(item.Value, item.Path))
        {
            switch (key)
            {
                case "leaf": leaf = Number(value, path); break;
                case "subleaf": subleaf = Number(value, path); break;
                case "flags": flags = value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out uint number) && number <= 7 ? number : throw Fault(path, "flags is a number from 0 to 7, KVM's flags of the leaf; 1 where it has subleaves"); break;
                case "modifiers": registers = [.. Items(value, path).Select(Register)]; break;
                default: throw Unknown(path, "leaf, subleaf, flags and modifiers");
            }
        }
        return new(leaf ?? throw Missing("leaf"), subleaf ?? throw Missing("subleaf"), flags ?? throw Missing("flags"), registers ?? throw Missing("modifiers"));

        VmException Missing(string key) => Lacks(item.Path, key);
    }

    (CpuidRegister Register, BitPattern Bits) Register((JsonElement Value, string Path) item)
    {
        (CpuidRegister? register, BitPattern? bits) = (null, null);
        foreach ((string key, JsonElement value, string path) in Properties(item.Value, item.Path))
        {
            switch (key)
            {
                case "register":
                    register = Text(value, path) switch
                    {
                        "eax" => CpuidRegister.Eax,
                        "ebx" => CpuidRegister.Ebx,
                        "ecx" => CpuidRegister.Ecx,
                        "edx" => CpuidRegister.Edx,
                        string other => throw Fault(path, $"'{other}' is none of the registers eax, ebx, ecx and edx"),
                    };
                    break;
                case "bitmap": bits = Bitmap(value, path, 32); break;
                default: throw Unknown(path, "register and bitmap");
            }
        }
        return (register ?? throw Lacks(item.Path, "register"), bits ?? throw Lacks(item.Path, "bitmap"));
    }

    MsrModifier Msr((JsonElement Value, string Path) item)
    {
        (uint? address, BitPattern? bits) = (null, null);
        foreach ((string key, JsonElement value, string path) in Properties(item.Value, item.Path))
        {
            switch (key)
            {
                case "addr": address = Number(value, path); break;
                case "bitmap": bits = Bitmap(value, path, 64); break;
                default: throw Unknown(path, "addr and bitmap");
            }
        }
        return new(address ?? throw Lacks(item.Path, "addr"), bits ?? throw Lacks(item.Path, "bitmap"));
    }

    BitPattern Bitmap(JsonElement value, string path, int width)
    {
        string text = Text(value, path);
        return BitPattern.TryParse(text, width, out BitPattern pattern) ? pattern
            : throw Fault(path, $"'{text}' is not a bitmap of 1 to {width} characters 0 (clear), 1 (set) and x (leave), such as \"0bxx01\"");
    }

    uint Number(JsonElement value, string path)
    {
        string text = Text(value, path);
        uint number = 0;
        bool valid = text.StartsWith("0x", StringComparison.Ordinal) ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : text.StartsWith("0b", StringComparison.Ordinal) && uint.TryParse(text.AsSpan(2), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out number);
        return valid ? number : throw Fault(path, $"'{text}' is not a number of 32 bits in hexadecimal or binary, such as \"0x1f\" or \"0b1\"");
    }

    string Text(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Fault(path, $"a string belongs here, not {Kind(value)}");

    IEnumerable<(JsonElement Value, string Path)> Items(JsonElement array, string path)
    {
        if (array.ValueKind != JsonValueKind.Array) throw Fault(path, $"a list belongs here, not {Kind(array)}");
        return array.EnumerateArray().Select((item, index) => (item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]")));
    }

    List<(string Key, JsonElement Value, string Path)> Properties(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault(path, $"an object belongs here, not {Kind(value)}");
        List<(string Key, JsonElement Value, string Path)> properties = [];
        HashSet<string> keys = [];
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string key = property.Name;
            if (!keys.Add(key)) throw Fault($"{path}.{key}", "this key is there twice");
            properties.Add((key, property.Value, $"{path}.{key}"));
        }
        return properties;
    }

    static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    VmException Lacks(string path, string key) => Fault(path, $"'{key}' is missing");

    VmException Unknown(string path, string known) => Fault(path, $"this key is not known; there are {known}");

    VmException Fault(string path, string what, Exception? inner = null) => new(VmErrorId.CpuTemplateInvalid, VmErrorKind.InvalidData,
        $"The CPU template '{_name}' is not valid at {path}: {what}.", inner);
}
