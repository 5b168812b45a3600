namespace PSToyVmm.Engine.Machines;

/// <summary>What a dump of guest memory looks like.</summary>
public enum MemoryDumpFormat
{
    /// <summary>An ELF core file with the registers of every processor, as QEMU writes them: for crash, gdb and drgn.</summary>
    Elf,
    /// <summary>RAM alone; a byte's offset is its physical address.</summary>
    Raw,
}
