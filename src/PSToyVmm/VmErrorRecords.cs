using System.Management.Automation;
using PSToyVmm.Engine;

namespace PSToyVmm;

/// <summary>The engine's exceptions as PowerShell shows them.</summary>
static class VmErrorRecords
{
    public static ErrorRecord ToErrorRecord(this VmException e, object? target) => new(e, e.Id, CategoryOf(e.Kind), target);

    public static ErrorCategory CategoryOf(VmErrorKind kind) => kind switch
    {
        VmErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        VmErrorKind.InvalidData => ErrorCategory.InvalidData,
        VmErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        VmErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        VmErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        VmErrorKind.InvalidState => ErrorCategory.InvalidOperation,
        VmErrorKind.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        VmErrorKind.NotSupported => ErrorCategory.NotImplemented,
        VmErrorKind.Timeout => ErrorCategory.OperationTimeout,
        VmErrorKind.DeviceError => ErrorCategory.DeviceError,
        _ => ErrorCategory.NotSpecified,
    };
}
