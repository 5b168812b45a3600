using PSToyVmm.Engine.Bus;
using PSToyVmm.Engine.Devices;
using PSToyVmm.Engine.Kvm;

namespace PSToyVmm.Engine.Machines;

/// <summary>The devices of one run, at a PC's addresses. What nobody claims reads all ones and is counted.</summary>
sealed class MachineDevices
{
    public const int KeyboardIrq = 1, Com1Irq = 4;

    public MachineDevices(VmHandle vm, SerialConnector console, Action<StopReason> end, TimeProvider time)
    {
        Action reset = () => end(StopReason.GuestReset);
        Markers = new(time);
        Serial = new(new KvmInterruptLine(vm, Com1Irq), console, console);
        Keyboard = new(new KvmInterruptLine(vm, KeyboardIrq), reset);
        Ports.Attach(MachinePorts.Com1, 8, Serial);
        Ports.Attach(MachinePorts.KeyboardData, 1, Keyboard.DataPort);
        Ports.Attach(MachinePorts.KeyboardCommand, 1, Keyboard.CommandPort);
        Ports.Attach(MachinePorts.Rtc, 2, new CmosRtc(time));
        PciHostBridge pci = new();
        Ports.Attach(MachinePorts.PciConfigAddress, 1, pci.AddressPort);
        Ports.Attach(MachinePorts.PciConfigData, 4, pci.DataPort);
        Ports.Attach(MachinePorts.ResetControl, 1, new ResetControl(reset));
        Ports.Attach(MachinePorts.PowerControl, 1, new PowerControl(() => end(StopReason.GuestPowerOff), reset));
        Ports.Attach(MachinePorts.BootMarker, 1, Markers);
    }

    public IoBus Ports { get; } = new();
    public IoBus Mmio { get; } = new();
    public Serial Serial { get; }
    public I8042 Keyboard { get; }
    public BootMarker Markers { get; }
}
