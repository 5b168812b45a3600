namespace PSToyVmm.Engine.Boot.Acpi;

/// <summary>What the tables have to tell of a machine.</summary>
/// <param name="ApicIds">The local APIC of each vCPU; the first is the one that boots.</param>
/// <param name="PowerControl">How it is switched off and reset.</param>
public sealed record AcpiPlatform(IReadOnlyList<uint> ApicIds, AcpiPowerControl PowerControl)
{
    /// <summary>The devices, in any order.</summary>
    public IReadOnlyList<AcpiDevice> Devices { get; init; } = [];

    /// <summary>
    /// The interrupt whose edge is a press of the power button. What comes of it is for the guest's user space to say:
    /// in Linux the module <c>button</c> makes it a key event, on which systemd-logind powers off. Null for no button.
    /// </summary>
    public uint? PowerButtonGsi { get; init; }

    /// <summary>
    /// The interrupt whose edge asks the operating system to shut down. Linux itself answers, with no module and no daemon: it runs
    /// <c>/sbin/poweroff</c>, and powers off by itself if that cannot be run. Null for none.
    /// </summary>
    public uint? ShutdownRequestGsi { get; init; }

    /// <summary>Further tables as they are to lie in memory, header and checksum included; their order is that of the XSDT.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Tables { get; init; } = [];
}
