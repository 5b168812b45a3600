namespace PSToyVmm.Engine.Virtio;

/// <summary>A piece of guest memory by its address in the host, checked by whoever made it: <c>struct iovec</c> of sys/uio.h.</summary>
[NativeName("struct iovec", "sys/uio.h")]
struct IoVector
{
    [NativeField("iov_base")] public nint Base;
    [NativeField("iov_len")] public nuint Length;
}
