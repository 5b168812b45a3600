namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>Width of a field's accesses (ACPI 6.4, 20.2.5.2, FieldFlags).</summary>
public enum AmlAccess : byte
{
    /// <summary>Whatever suits the field.</summary>
    Any = 0,
    /// <summary>Eight bits.</summary>
    Byte = 1,
    /// <summary>Sixteen bits.</summary>
    Word = 2,
    /// <summary>Thirty-two bits.</summary>
    DWord = 3,
    /// <summary>Sixty-four bits.</summary>
    QWord = 4,
}
