namespace PSToyVmm.Engine.Virtio;

/// <summary>A console's configuration space (virtio 1.2, 5.3.4).</summary>
[NativeName("struct virtio_console_config", "linux/virtio_console.h")]
struct ConsoleConfig
{
    [NativeField("cols")] public ushort Columns;
    public ushort Rows;
    [NativeField("max_nr_ports")] public uint MostPorts;
    [NativeField("emerg_wr")] public uint EmergencyWrite;
}
