using System.Runtime.CompilerServices;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot.Multiboot;

/// <summary>Tells a Multiboot kernel about its machine.</summary>
static class MultibootBoot
{
    /// <summary>What belongs into EAX.</summary>
    public const uint Magic = 0x2bad_b002;

    const string LoaderName = "PSToyVmm";
    const ulong KiB = 1024;

    /// <summary>Writes it all, and returns what belongs into EBX.</summary>
    public static GuestAddress Write(GuestMemory memory, IReadOnlyList<ModulePlacement> modules)
    {
        InformationWriter writer = new(memory);
        MultibootModule[] list =
        [
            .. modules.Select(module => new MultibootModule
            {
                Start = (uint)module.Start.Value,
                End = (uint)(module.Start.Value + module.Size),
                Text = (uint)writer.Add(module.Text).Value,
            }),
        ];
        MultibootMemory[] map =
        [
            .. MemoryMap.Describe(memory).Select(range => new MultibootMemory { Size = MultibootMemory.SizeOfRest, Address = range.Start.Value, Length = range.Size, Kind = range.Kind }),
        ];
        MultibootInformation info = new()
        {
            Flags = MultibootInformation.HasMemory | MultibootInformation.HasCommandLine | MultibootInformation.HasMemoryMap | MultibootInformation.HasLoaderName,
            MemoryLower = (uint)(MemoryMap.EbdaStart / KiB),
            // Up to the first hole above 1 MiB, which is where low memory ends.
            MemoryUpper = (uint)((memory.Low.End.Value - MemoryMap.HighMemoryStart) / KiB),
            CommandLine = (uint)BootLayout.CommandLine.Value,
            MemoryMapLength = (uint)(map.Length * Unsafe.SizeOf<MultibootMemory>()),
            MemoryMap = (uint)writer.Add<MultibootMemory>(map).Value,
            LoaderName = (uint)writer.Add(LoaderName).Value,
        };
        if (list.Length > 0)
        {
            info.Flags |= MultibootInformation.HasModules;
            (info.ModuleCount, info.Modules) = ((uint)list.Length, (uint)writer.Add<MultibootModule>(list).Value);
        }
        return writer.Add(new ReadOnlySpan<MultibootInformation>(in info));
    }
}
