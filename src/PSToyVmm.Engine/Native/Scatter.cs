namespace PSToyVmm.Engine.Native;

/// <summary>Vectors of the host's memory (<c>struct iovec</c>: where, and how many bytes) by their address, as system calls take them.</summary>
static unsafe class Scatter
{
    /// <summary>Bytes that the vectors hold together.</summary>
    public static ulong LengthOf(nint vectors, int count)
    {
        ulong length = 0;
        for (int i = 0; i < count; i++) length += ((nuint*)vectors)[(2 * i) + 1];
        return length;
    }

    /// <summary>Makes them begin that many bytes later, as a transfer that was cut short goes on.</summary>
    public static void Skip(ref nint vectors, ref int count, ulong bytes)
    {
        while (count > 0 && bytes > 0)
        {
            nuint* vector = (nuint*)vectors;
            if (vector[1] > bytes)
            {
                vector[0] += (nuint)bytes;
                vector[1] -= (nuint)bytes;
                return;
            }
            bytes -= vector[1];
            vectors += 2 * sizeof(nuint);
            count--;
        }
    }

    /// <summary>Shortens them to a number of bytes, which they have at least, so that they can be filled run by run.</summary>
    /// <param name="vectors">The first.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="bytes">More than none.</param>
    /// <param name="rest">What the last of them had more.</param>
    /// <returns>How many hold them.</returns>
    public static int Cut(nint vectors, int count, ulong bytes, out nuint rest)
    {
        int used = 0;
        for (ulong left = bytes; ; left -= ((nuint*)vectors)[(2 * used++) + 1])
        {
            ref nuint length = ref ((nuint*)vectors)[(2 * used) + 1];
            if (used + 1 < count && length < left) continue;
            (rest, length) = (length - (nuint)left, (nuint)left);
            return used + 1;
        }
    }

    /// <summary>Goes on behind what <see cref="Cut"/> gave, once that is filled.</summary>
    public static void GoOn(ref nint vectors, ref int count, int taken, nuint rest)
    {
        nuint* last = (nuint*)vectors + (2 * (taken - 1));
        (last[0], last[1]) = (last[0] + last[1], rest); // its end has stayed where it was, however often the transfer was cut short
        vectors = (nint)last;
        count -= taken - 1;
    }

    /// <summary>Copies into them, from that many bytes behind their beginning on; what they have no room for is left out.</summary>
    public static void Write(nint vectors, int count, ulong offset, ReadOnlySpan<byte> from)
    {
        for (int i = 0; i < count && from.Length > 0; i++)
        {
            (nuint at, nuint length) = (((nuint*)vectors)[2 * i], ((nuint*)vectors)[(2 * i) + 1]);
            nuint skipped = (nuint)Math.Min(offset, length);
            int step = (int)Math.Min(length - skipped, (nuint)from.Length);
            offset -= skipped;
            from[..step].CopyTo(new((void*)(at + skipped), step));
            from = from[step..];
        }
    }

    /// <summary>Copies out of them.</summary>
    /// <returns>Bytes copied.</returns>
    public static int Read(nint vectors, int count, Span<byte> into)
    {
        int done = 0;
        for (int i = 0; i < count && done < into.Length; i++)
        {
            int step = (int)Math.Min(((nuint*)vectors)[(2 * i) + 1], (nuint)(into.Length - done));
            new ReadOnlySpan<byte>((void*)((nuint*)vectors)[2 * i], step).CopyTo(into[done..]);
            done += step;
        }
        return done;
    }

    /// <summary>Copies the vectors themselves.</summary>
    public static void CopyVectors(nint vectors, int count, nint into) =>
        new ReadOnlySpan<nuint>((void*)vectors, 2 * count).CopyTo(new((void*)into, 2 * count));

    /// <summary>Fills them with zeroes.</summary>
    public static void Clear(nint vectors, int count)
    {
        for (int i = 0; i < count; i++)
            for ((nuint at, nuint left) = (((nuint*)vectors)[2 * i], ((nuint*)vectors)[(2 * i) + 1]); left > 0;)
            {
                int step = (int)Math.Min(left, 1 << 30);
                new Span<byte>((void*)at, step).Clear();
                (at, left) = (at + (nuint)step, left - (nuint)step);
            }
    }
}
