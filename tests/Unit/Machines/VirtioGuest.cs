using PSToyVmm.Engine.Virtio;

namespace PSToyVmm.Tests.Unit.Machines;

/// <summary>
/// A tiny guest with a driver for the virtio device at the first place: initializes it, offers one buffer that is in its image,
/// notifies, sleeps, and in the interrupt's handler prints the cause and how many bytes were written.
/// </summary>
static class VirtioGuest
{
    public const uint Registers = 0xd000_0000, Idt = Base + 0x1000, Table = Base + 0x2000, Available = Base + 0x2100, Used = Base + 0x2200, Buffer = Base + 0x2300;
    public const uint BufferLength = 64;

    /// <summary>Writes to the device's page that reach the VMM: all of <see cref="Initialize"/>'s and the acknowledgement, not the notification.</summary>
    public const int WritesToVmm = 4 + 4 + 6 + 1;

    const uint Base = (uint)TinyGuest.Base, LocalApic = 0xfee0_0000, IoApic = 0xfec0_0000;
    const byte Vector = 0x50, Pin = 16;

    /// <summary>Initialization (virtio 1.2, 3.1.1) up to DRIVER_OK, with one queue of two.</summary>
    public static byte[] Initialize => InitializeQueue(0);

    /// <summary>The same with another queue.</summary>
    public static byte[] InitializeQueue(uint queue) =>
    [
        .. RouteInterrupt,
        .. Store(0x70, 1), .. Store(0x70, 3),
        .. Store(0x24, 1), .. Store(0x20, 1), .. Store(0x24, 0), .. Store(0x20, 0), // VIRTIO_F_VERSION_1 alone
        .. Store(0x70, 11),
        .. Store(0x30, queue), .. Store(0x38, 2), .. Store(0x80, Table), .. Store(0x90, Available), .. Store(0xa0, Used), .. Store(0x44, 1),
        .. Store(0x70, 15),
    ];

    public static byte[] Notify => Store(0x50, 0);

    /// <summary>The processor sleeps until the interrupt comes, or takes one that has come.</summary>
    public static byte[] AwaitInterrupt => [0xfb, 0xf4, 0xeb, 0xfd]; // sti; hlt; jmp to the hlt

    // The interrupt goes through the I/O APIC to this processor. Before anything that raises one: an edge at a masked input is lost.
    static byte[] RouteInterrupt =>
    [
        .. StoreAt(LocalApic + 0xf0, 0x1ff), // on
        .. StoreAt(IoApic, 0x10 + (Pin * 2)), .. StoreAt(IoApic + 0x10, Vector), // edge, active high, not masked
        .. StoreAt(IoApic, 0x11 + (Pin * 2)), .. StoreAt(IoApic + 0x10, 0),
        0xbb, .. BitConverter.GetBytes(Idt - 16), 0x0f, 0x01, 0x1b, // mov ebx, idtr; lidt [rbx]
    ];

    /// <summary>Prints the interrupt's cause and the bytes written, each as one character, and acknowledges.</summary>
    public static byte[] Handler =>
    [
        0x66, 0xba, 0xf8, 0x03, // mov dx, 0x3f8
        .. Load(Registers + 0x60), 0x04, (byte)'0', 0xee, // add al, '0'; out dx, al
        .. Store(0x64, 3),
        .. Load(Used + 8), 0xee, // the first element's length
    ];

    /// <summary>The image: this code, and behind it the handler, its interrupt table and the rings.</summary>
    public static byte[] Image(byte[] code, params byte[][] handler)
    {
        byte[] image = new byte[0x2400];
        const int HandlerAt = 0x800;
        code.CopyTo(image, 0);
        ((byte[])[.. handler.SelectMany(part => part)]).CopyTo(image, HandlerAt);
        Put(image, Idt - 16, 0xfff); // the table's limit, and two bytes on its address
        Put(image, Idt - 14, Idt);
        Put(image, Idt + (Vector * 16), (Base + HandlerAt & 0xffff) | 0x10 << 16); // the selector of Linux's boot protocol
        Put(image, Idt + (Vector * 16) + 4, Base & 0xffff_0000 | 0x8e00); // present, an interrupt gate
        Put(image, Table, Buffer);
        Put(image, Table + 8, BufferLength);
        Put(image, Table + 12, Descriptor.IsWritable);
        Put(image, Available, 1 << 16); // index 1; the ring's first element is 0
        return image;
    }

    public static byte[] Store(uint register, uint value) => StoreAt(Registers + register, value);

    // mov ebx, address; mov dword [rbx], value
    public static byte[] StoreAt(uint address, uint value) => [0xbb, .. BitConverter.GetBytes(address), 0xc7, 0x03, .. BitConverter.GetBytes(value)];

    // mov ebx, address; mov eax, [rbx]
    public static byte[] Load(uint address) => [0xbb, .. BitConverter.GetBytes(address), 0x8b, 0x03];

    static void Put(byte[] image, uint address, uint value) => BitConverter.GetBytes(value).CopyTo(image, address - Base);
}
