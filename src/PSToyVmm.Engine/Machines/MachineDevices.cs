using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Engine.Devices;

namespace PSToyVmm.Engine.Machines;

/// <summary>The devices of one run, at a PC's addresses. What nobody claims reads all ones and is counted.</summary>
sealed class MachineDevices : IDisposable
{
    public const int KeyboardIrq = 1, Com1Irq = 4, RtcIrq = 8;

    readonly CmosRtc _rtc;
    readonly LogLine? _debugConsole;

    /// <summary>Makes them.</summary>
    /// <param name="configuration">Which of those that are not in every machine it has.</param>
    /// <param name="interrupt">The interrupt of an ISA device by its number.</param>
    /// <param name="console">The other end of the serial port.</param>
    /// <param name="log">What the guest's debugging aids write to.</param>
    /// <param name="end">Ends the run; only to signal.</param>
    /// <param name="time">The clock.</param>
    public MachineDevices(MachineConfiguration configuration, Func<int, IInterruptLine> interrupt, SerialConnector console, MachineLog log, Action<EndRequest> end, TimeProvider time)
    {
        Action reset = () => end(new(StopReason.GuestReset));
        Markers = new(time);
        Serial = new(interrupt(Com1Irq), console, console);
        Keyboard = new(interrupt(KeyboardIrq), reset);
        _rtc = new(interrupt(RtcIrq), time);
        Ports.Attach(MachinePorts.Com1, 8, Serial);
        Ports.Attach(MachinePorts.KeyboardData, 1, Keyboard.DataPort);
        Ports.Attach(MachinePorts.KeyboardCommand, 1, Keyboard.CommandPort);
        Ports.Attach(MachinePorts.Rtc, 2, _rtc);
        PciHostBridge pci = new();
        Ports.Attach(MachinePorts.PciConfigAddress, 1, pci.AddressPort);
        Ports.Attach(MachinePorts.PciConfigData, 4, pci.DataPort);
        Ports.Attach(MachinePorts.ResetControl, 1, new ResetControl(reset));
        Ports.Attach(MachinePorts.PowerControl, 1, new PowerControl(() => end(new(StopReason.GuestPowerOff)), reset));
        Ports.Attach(MachinePorts.BootMarker, 1, Markers);
        if (configuration.PostPort) Ports.Attach(MachinePorts.Post, 1, new PostPort(log.OpenPostCodes()));
        if (configuration.DebugConsole)
        {
            _debugConsole = log.OpenDebugConsole();
            Ports.Attach(MachinePorts.DebugConsole, 1, new DebugConsole(_debugConsole.Write));
        }
        if (configuration.DebugExitPort is { } port)
            Ports.Attach(port, DebugExit.PortCount, new DebugExit(code => end(new(StopReason.GuestExit, ExitCode: code))));
        if (configuration.FirmwareConfig is { } files)
        {
            var contents = files.Select(file => KeyValuePair.Create(file.Key, file.Value.Read(file.Key)));
            Ports.Attach(MachinePorts.FirmwareConfig, FirmwareConfig.PortCount, new FirmwareConfig(configuration.MemoryBytes, (ushort)configuration.ProcessorCount, contents));
        }
    }

    public IoBus Ports { get; } = new();
    public IoBus Mmio { get; } = new();
    public Serial Serial { get; }
    public I8042 Keyboard { get; }
    public BootMarker Markers { get; }

    /// <summary>Stops what the devices do by themselves, and writes what they held back. After this returns, none of them touches the machine.</summary>
    public void Dispose()
    {
        _rtc.Dispose();
        _debugConsole?.Flush();
    }
}
