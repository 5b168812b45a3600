namespace PSToyVmm.Terminal;

/// <summary>A terminal's place at a console. It has the keyboard, or looks on; leaving gives the keyboard back.</summary>
/// <param name="keyboard">The console's.</param>
/// <param name="who">What others are told of it.</param>
sealed class ConsoleSeat(ConsoleKeyboard keyboard, string who) : IDisposable
{
    /// <summary>Raised, outside any lock, after somebody took the keyboard from here: who.</summary>
    public event Action<string>? Taken;

    public string Who => who;

    public bool HasKeyboard => keyboard.IsHeldBy(this);

    /// <summary>Who has the keyboard; null where nobody has.</summary>
    public string? Holder => keyboard.Holder;

    /// <summary>Takes the keyboard, from somebody who has it by <paramref name="force"/> only; false where it stays with that one.</summary>
    public bool TakeKeyboard(bool force) => keyboard.Give(this, force);

    /// <summary>Types; false, and nothing is typed, without the keyboard.</summary>
    public bool Type(ReadOnlySpan<byte> bytes) => keyboard.Type(this, bytes);

    /// <summary>Sends a break; false, and none is sent, without the keyboard.</summary>
    public bool SendBreak() => keyboard.SendBreak(this);

    public void OnTaken(string by) => Taken?.Invoke(by);

    /// <inheritdoc/>
    public void Dispose() => keyboard.Return(this);
}
