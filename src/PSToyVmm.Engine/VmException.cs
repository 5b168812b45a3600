namespace PSToyVmm.Engine;

/// <summary>What sort of fault a <see cref="VmException"/> reports; the module maps it to a PowerShell error category.</summary>
public enum VmErrorKind
{
    /// <summary>A value given by the user cannot be used.</summary>
    InvalidArgument,
    /// <summary>A file's content is not what it has to be.</summary>
    InvalidData,
    /// <summary>A file or a device is not there.</summary>
    NotFound,
    /// <summary>A name is taken.</summary>
    AlreadyExists,
    /// <summary>The operating system refuses access.</summary>
    PermissionDenied,
    /// <summary>The machine is in a state that does not allow the operation.</summary>
    InvalidState,
    /// <summary>Memory, descriptors or another resource of the host is exhausted.</summary>
    ResourceUnavailable,
    /// <summary>This host, kernel or processor lacks something that is needed.</summary>
    NotSupported,
    /// <summary>A wait ended without what was waited for.</summary>
    Timeout,
    /// <summary>A device or a file of the host failed.</summary>
    DeviceError,
}

/// <summary>
/// The one exception of the engine that a user is meant to read: a stable <see cref="Id"/> (one of <see cref="VmErrorId"/>),
/// a kind, and a sentence that says what was found and what to do.
/// </summary>
public class VmException(string id, VmErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Stable identifier; scripts may compare it.</summary>
    public string Id { get; } = id;

    /// <summary>The sort of fault.</summary>
    public VmErrorKind Kind { get; } = kind;
}
