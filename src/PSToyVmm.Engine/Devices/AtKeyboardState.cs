namespace PSToyVmm.Engine.Devices;

/// <summary>Everything that a guest can find out about the keyboard behind an <see cref="I8042"/>.</summary>
/// <param name="IsScanning">Whether it sends key strokes.</param>
/// <param name="AwaitsArgument">The command whose argument comes next; 0 for none.</param>
/// <param name="LastSent">What a resend command sends again.</param>
/// <param name="Sending">Bytes that the controller has not taken yet, oldest first.</param>
public sealed record AtKeyboardState(bool IsScanning, byte AwaitsArgument, byte LastSent, byte[] Sending)
{
    /// <summary>As after power-up.</summary>
    public static AtKeyboardState AfterReset { get; } = new(true, 0, 0, []);
}
