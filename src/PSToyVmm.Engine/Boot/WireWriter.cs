using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Boot;

/// <summary>Wire structs one behind the other, for tables whose length depends on the machine.</summary>
sealed class WireWriter
{
    readonly List<byte> _bytes = [];

    public void Add<T>(in T value) where T : unmanaged => _bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public byte[] ToArray() => [.. _bytes];
}
