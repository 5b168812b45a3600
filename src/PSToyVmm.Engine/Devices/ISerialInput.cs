namespace PSToyVmm.Engine.Devices;

/// <summary>Where a serial port's received bytes come from; <see cref="Serial.NotifyInput"/> says that there are new ones.</summary>
public interface ISerialInput
{
    /// <summary>
    /// Takes the oldest byte that waits, or a break, which comes with the byte 0. Runs on the exit path, under the device's
    /// lock: no allocation, no wait.
    /// </summary>
    bool TryRead(out byte value, out bool isBreak);
}
