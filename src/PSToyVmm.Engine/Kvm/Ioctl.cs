namespace PSToyVmm.Engine.Kvm;

/// <summary>
/// An ioctl request of KVM's type 0xAE (asm-generic/ioctl.h). Codes are computed from the argument's size, so that a
/// structure of the wrong size cannot hide behind the right number: the kernel answers ENOTTY.
/// </summary>
readonly record struct Ioctl(uint Code)
{
    const uint KvmType = 0xAE;

    public static Ioctl Plain(uint number) => Make(0, number, 0);
    public static unsafe Ioctl Writes<T>(uint number) where T : unmanaged => Make(1, number, sizeof(T));
    public static unsafe Ioctl Reads<T>(uint number) where T : unmanaged => Make(2, number, sizeof(T));
    public static unsafe Ioctl Exchanges<T>(uint number) where T : unmanaged => Make(3, number, sizeof(T));

    static Ioctl Make(uint direction, uint number, int size) => new(direction << 30 | (uint)size << 16 | KvmType << 8 | number);
}
