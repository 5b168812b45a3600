namespace PSToyVmm.Engine.Devices;

/// <summary>Everything that a guest can find out about an <see cref="I8042"/>.</summary>
/// <param name="CommandByte">Interrupt enables, translation, keyboard and aux disable.</param>
/// <param name="AwaitsData">The command whose data byte comes next at the data port; 0 for none.</param>
/// <param name="LastWriteWasCommand">Status bit 3.</param>
/// <param name="Reply">The controller's own answer that was not read yet.</param>
/// <param name="Output">A byte from the keyboard that was not read yet.</param>
/// <param name="LastRead">What an empty data port reads.</param>
/// <param name="BreakPrefix">The translation has swallowed a 0xf0.</param>
/// <param name="Keyboard">The keyboard.</param>
public sealed record I8042State(byte CommandByte, byte AwaitsData, bool LastWriteWasCommand, byte? Reply, byte? Output,
    byte LastRead, bool BreakPrefix, AtKeyboardState Keyboard)
{
    /// <summary>
    /// As firmware leaves it to a system: self-test passed, translation to set 1 on, aux off. The keyboard's interrupt is
    /// still off, so that enabling it is a driver's word that it listens.
    /// </summary>
    public static I8042State AfterReset { get; } = new(0b0110_0100, 0, false, null, null, 0, false, AtKeyboardState.AfterReset);
}
