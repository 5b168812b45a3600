namespace PSToyVmm.Engine.Devices;

/// <summary>Where a serial port's transmitted bytes go.</summary>
public interface ISerialOutput
{
    /// <summary>Takes one byte. Runs on the exit path, under the device's lock: no allocation, no wait.</summary>
    void Write(byte value);
}
