using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Pvh;

/// <summary>Tells a PVH kernel about its machine: start_info and what it points to (Xen: docs/misc/pvh.pandoc).</summary>
static class PvhBoot
{
    // The version with a memory map; the only later field so far would be part of another structure.
    const uint Version = 1;

    /// <summary>Writes it all, and returns what belongs into EBX.</summary>
    public static GuestAddress Write(GuestMemory memory, IReadOnlyList<ModulePlacement> modules, GuestAddress? acpiRsdp)
    {
        InformationWriter writer = new(memory);
        StartInfoModule[] list = [.. modules.Select(module => new StartInfoModule { Address = module.Start.Value, Size = module.Size, CommandLine = writer.Add(module.Text).Value })];
        StartInfoMemory[] map = [.. MemoryMap.Describe(memory).Select(range => new StartInfoMemory { Address = range.Start.Value, Size = range.Size, Kind = range.Kind })];
        StartInfo info = new()
        {
            Magic = StartInfo.MagicValue,
            Version = Version,
            ModuleCount = (uint)list.Length,
            Modules = list.Length == 0 ? 0 : writer.Add<StartInfoModule>(list).Value,
            CommandLine = BootLayout.CommandLine.Value,
            Rsdp = acpiRsdp?.Value ?? 0,
            MemoryMap = writer.Add<StartInfoMemory>(map).Value,
            MemoryMapEntries = (uint)map.Length,
        };
        return writer.Add(new ReadOnlySpan<StartInfo>(in info));
    }
}
