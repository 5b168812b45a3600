namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>How the system of <see cref="InitramfsProfile.Login"/> presents itself.</summary>
public sealed record InitramfsLogin
{
    /// <summary>The guest's host name: letters, digits and hyphens.</summary>
    public string HostName { get; init; } = "toyvm";

    /// <summary>The password of root; empty for none.</summary>
    public string RootPassword { get; init; } = "root";

    /// <summary>What a user reads after logging in.</summary>
    public string Motd { get; init; } = "Welcome to PSToyVmm. Leave with poweroff or reboot.";

    internal void Validate()
    {
        if (HostName.Length is 0 or > 63 || HostName.StartsWith('-') || !HostName.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new VmException(VmErrorId.NameInvalid, VmErrorKind.InvalidArgument,
                $"'{HostName}' cannot be a host name: it takes 1 to 63 letters, digits or hyphens, and no hyphen first.");
        if (RootPassword.AsSpan().ContainsAny('\0', '\n', '\r'))
            throw new VmException(VmErrorId.InitrdSourceInvalid, VmErrorKind.InvalidArgument,
                "A password with a line break or a NUL in it could never be typed at a login prompt.");
    }
}
