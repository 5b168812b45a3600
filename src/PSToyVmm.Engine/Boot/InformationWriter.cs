using System.Runtime.InteropServices;
using System.Text;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// Puts what a kernel of a 32-bit protocol is told into <see cref="BootLayout.Information"/>: structures and strings one
/// behind the other. <see cref="BootModules"/> bounds them, so that the room suffices.
/// </summary>
sealed class InformationWriter(GuestMemory memory)
{
    const ulong Alignment = 8;

    GuestAddress _next = BootLayout.Information;

    /// <summary>Copies the bytes and returns where they lie now.</summary>
    public GuestAddress Add(ReadOnlySpan<byte> bytes)
    {
        GuestAddress at = _next;
        memory.Write(at, bytes);
        _next = new((at.Value + (ulong)bytes.Length + Alignment - 1) & ~(Alignment - 1));
        return at;
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{byte})"/>
    public GuestAddress Add<T>(ReadOnlySpan<T> values) where T : unmanaged => Add(MemoryMarshal.AsBytes(values));

    /// <summary>Copies a string as UTF-8, and a NUL.</summary>
    public GuestAddress Add(string text) => Add(Encoding.UTF8.GetBytes(text + '\0'));
}
