using CsCheck;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Memory;

public sealed class MemoryMapTests
{
    [Fact]
    public void The_map_is_sorted_free_of_overlaps_and_tells_of_RAM_only_where_there_is_some() =>
        Gen.Int[257, 2 << 20].Sample(pages =>
        {
            using GuestMemory memory = new((ulong)pages * GuestMemory.PageSize);
            IReadOnlyList<MemoryRange> map = MemoryMap.Describe(memory);
            for (int i = 1; i < map.Count; i++) Assert.True(map[i - 1].Start + map[i - 1].Size <= map[i].Start);
            foreach (MemoryRange range in map.Where(range => range.Kind == MemoryKind.Ram)) Assert.True(memory.Contains(range.Start, range.Size));
            ulong legacy = MemoryMap.HighMemoryStart - MemoryMap.EbdaStart;
            Assert.Equal(memory.Size - legacy, map.Where(range => range.Kind == MemoryKind.Ram).Aggregate(0ul, (sum, range) => sum + range.Size));
        }, iter: 300);
}
