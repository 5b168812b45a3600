namespace PSToyVmm.Engine;

/// <summary>
/// Says which C structure a wire struct mirrors, so that a unit test can have the C compiler judge its size and every
/// field's offset against the system's headers.
/// </summary>
/// <param name="name">As C spells it, for example <c>struct kvm_regs</c>.</param>
/// <param name="header">The header that has it, for example <c>linux/kvm.h</c>.</param>
[AttributeUsage(AttributeTargets.Struct)]
sealed class NativeNameAttribute(string name, string header) : Attribute
{
    public string Name { get; } = name;
    public string Header { get; } = header;

    /// <summary>Only some fields are mirrored: offsets are judged, the size is not.</summary>
    public bool Partial { get; init; }
}

/// <summary>The C name of a field whose C# name differs (apart from case and underscores).</summary>
[AttributeUsage(AttributeTargets.Field)]
sealed class NativeFieldAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
