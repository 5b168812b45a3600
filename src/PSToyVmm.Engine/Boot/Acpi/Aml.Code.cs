namespace PSToyVmm.Engine.Boot.Acpi;

public static partial class Aml
{
    const byte MethodOp = 0x14, Local0Op = 0x60, Arg0Op = 0x68, StoreOp = 0x70, NotifyOp = 0x86, LAndOp = 0x90, LOrOp = 0x91, LNotOp = 0x92,
        LEqualOp = 0x93, IfOp = 0xa0, ElseOp = 0xa1, ReturnOp = 0xa4;
    const int MaxArguments = 7, MaxLocals = 8;
    const int Serialized = 1 << 3;

    /// <summary>A method that one thread at a time may be in, so that its locals and what it names need no thought about another.</summary>
    public static AmlTerm Method(string name, int arguments, params ReadOnlySpan<AmlTerm> statements)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)arguments, (uint)MaxArguments);
        return Block([MethodOp], [Reference(name), new((byte)(arguments | Serialized)), .. statements]);
    }

    /// <summary>The method's argument of that number.</summary>
    public static AmlTerm Arg(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)MaxArguments);
        return new((byte)(Arg0Op + index));
    }

    /// <summary>The method's variable of that number.</summary>
    public static AmlTerm Local(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)MaxLocals);
        return new((byte)(Local0Op + index));
    }

    /// <summary>Writes a value to a variable, a field or a named value.</summary>
    public static AmlTerm Store(AmlTerm value, AmlTerm target) => Sequence([StoreOp], value, target);

    /// <summary>Tells the driver of a device that something happened (ACPI 6.4, 5.6.6).</summary>
    public static AmlTerm Notify(string device, AmlTerm what) => Sequence([NotifyOp], Reference(device), what);

    /// <summary>Ends the method with a value.</summary>
    public static AmlTerm Return(AmlTerm value) => Sequence([ReturnOp], value);

    /// <summary>Statements for when the condition holds; an <see cref="Else"/> may follow.</summary>
    public static AmlTerm If(AmlTerm condition, params ReadOnlySpan<AmlTerm> statements) => Block([IfOp], [condition, .. statements]);

    /// <summary>Statements for when the condition of the <see cref="If"/> just before does not hold.</summary>
    public static AmlTerm Else(params ReadOnlySpan<AmlTerm> statements) => Block([ElseOp], statements);

    /// <summary>Whether two numbers, strings or buffers are the same.</summary>
    public static AmlTerm Equal(AmlTerm left, AmlTerm right) => Sequence([LEqualOp], left, right);

    /// <summary>Whether both hold.</summary>
    public static AmlTerm And(AmlTerm left, AmlTerm right) => Sequence([LAndOp], left, right);

    /// <summary>Whether one of them holds.</summary>
    public static AmlTerm Or(AmlTerm left, AmlTerm right) => Sequence([LOrOp], left, right);

    /// <summary>Whether it does not hold.</summary>
    public static AmlTerm Not(AmlTerm condition) => Sequence([LNotOp], condition);
}
