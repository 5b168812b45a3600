namespace PSToyVmm.Engine.Native;

/// <summary>How much of a mapping lies in memory: pages that were touched and are not swapped out (mincore(2)). Touches none.</summary>
static unsafe class PageResidency
{
    const int PageSize = 4096, Step = 1 << 16;

    /// <summary>Bytes of whole pages; 0 for what is not mapped.</summary>
    public static ulong Count(nint address, ulong length)
    {
        byte[] pages = new byte[Math.Min(Step, (length + PageSize - 1) / PageSize)];
        ulong count = 0;
        fixed (byte* vector = pages)
            for (ulong offset = 0; offset < length; offset += Step * PageSize)
            {
                ulong piece = Math.Min(length - offset, Step * PageSize);
                if (Libc.mincore(address + (nint)offset, (nuint)piece, vector) != 0) continue;
                foreach (byte page in pages.AsSpan(0, (int)((piece + PageSize - 1) / PageSize))) count += page & 1u;
            }
        return count * PageSize;
    }
}
