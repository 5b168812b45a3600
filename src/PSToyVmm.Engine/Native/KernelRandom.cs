namespace PSToyVmm.Engine.Native;

/// <summary>The kernel's random numbers (getrandom(2)).</summary>
static unsafe class KernelRandom
{
    /// <summary>Fills <paramref name="bytes"/>. A signal may cut a long call short; nothing else can once the host has booted.</summary>
    public static void Fill(Span<byte> bytes)
    {
        fixed (byte* start = bytes)
            for (nint done = 0; done < bytes.Length;)
                done += Math.Max(0, Libc.getrandom(start + done, (nuint)(bytes.Length - done), 0));
    }
}
