using System.Runtime.InteropServices;

namespace PSToyVmm.Engine.Native;

/// <summary>Error numbers of the C library, as sentences.</summary>
static class Errno
{
    /// <summary>The error of the last <see cref="Libc"/> call on this thread that sets errno.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>For example <c>Permission denied (errno 13)</c>.</summary>
    public static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
