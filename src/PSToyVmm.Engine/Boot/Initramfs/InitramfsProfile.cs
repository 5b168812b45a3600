namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>What an initramfs does by itself once it is booted.</summary>
public enum InitramfsProfile
{
    /// <summary>Nothing but the files given: they bring their own /init.</summary>
    None,
    /// <summary>busybox init, getty on ttyS0, root with password root, a motd, clean reboot and poweroff.</summary>
    Login,
}
