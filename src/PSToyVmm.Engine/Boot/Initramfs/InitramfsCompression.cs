namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>How an initramfs is stored.</summary>
public enum InitramfsCompression
{
    /// <summary>As it is: boots fastest, since the guest has nothing to unpack.</summary>
    None,
    /// <summary>gzip: about half the size; the guest's kernel needs CONFIG_RD_GZIP.</summary>
    Gzip,
}
