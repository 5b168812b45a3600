using System.Text;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>
/// The files beside a kernel of a 32-bit protocol, page-aligned, one behind the other from the kernel's end on, where
/// GRUB and QEMU put them. An initrd is the first of them, as under QEMU; Linux, which takes one initrd, has it at the top
/// of memory whatever the protocol.
/// </summary>
public static class BootModules
{
    /// <summary>More than the room for boot information holds, with their texts, if all were as long as they may be.</summary>
    const int MaxModules = 64, MaxTextLength = 511;

    const ulong PageMask = GuestMemory.PageSize - 1;

    /// <summary>Checks that the files are there and fit, without a guest.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static void Check(string? initrdPath, IReadOnlyList<BootModule> modules, KernelPlacement kernel, ulong memoryBytes) =>
        Place(initrdPath, modules, kernel, memoryBytes, (_, _) => { });

    /// <summary>Reads the files straight into guest memory. Needs the kernel's placement only: the kernel may be loaded meanwhile.</summary>
    /// <exception cref="VmException">With the id of what is wrong.</exception>
    public static IReadOnlyList<ModulePlacement> Load(GuestMemory memory, string? initrdPath, IReadOnlyList<BootModule> modules, KernelPlacement kernel) =>
        Place(initrdPath, modules, kernel, memory.Size, (file, at) => file.Read(0, file.Length, memory, at));

    static List<ModulePlacement> Place(string? initrdPath, IReadOnlyList<BootModule> modules, KernelPlacement kernel, ulong memoryBytes, Action<BootFile, GuestAddress> read)
    {
        List<ModulePlacement> placed = [];
        if (kernel.Protocol == BootProtocol.Linux && modules.Count > 0)
            throw Invalid(modules[0].Path, "is a module, and this kernel is entered by Linux's protocol, which knows an initrd only; give it as that.");
        if (modules.Count > MaxModules) throw Invalid(modules[MaxModules].Path, $"is one module too many; a kernel is given {MaxModules} at most.");
        if (initrdPath is not null && kernel.Protocol == BootProtocol.Pvh)
        {
            using BootFile file = BootFile.Open(initrdPath, "initrd", VmErrorId.FileUnreadable);
            InitrdPlacement top = Initrd.Place(file, kernel, memoryBytes);
            read(file, top.Start);
            placed.Add(new(top.Start, top.Size, Text(new(initrdPath))));
        }
        else if (initrdPath is not null)
            modules = [new(initrdPath), .. modules];

        ulong next = (Math.Max(kernel.End, BootLayout.KernelMinimum.Value) + PageMask) & ~PageMask;
        ulong limit = placed.Count > 0 ? placed[0].Start.Value : BootLayout.LowMemory(memoryBytes);
        foreach (BootModule module in modules)
        {
            string text = Text(module);
            using BootFile file = BootFile.Open(module.Path, "module", VmErrorId.FileUnreadable);
            ulong size = (ulong)file.Length;
            if (next > limit || size > limit - next)
                throw new VmException(VmErrorId.ModuleDoesNotFit, VmErrorKind.InvalidArgument,
                    $"The module '{module.Path}' has {size} bytes; behind the kernel and what comes before it there are {(limit > next ? limit - next : 0)}. Give the machine more memory, up to 3 GiB of which count.");
            read(file, new(next));
            placed.Add(new(new(next), size, text));
            next = (next + size + PageMask) & ~PageMask;
        }
        return placed;
    }

    // The file's name first, as GRUB Legacy and QEMU have it, and as Xen expects it of whoever is not GRUB 2.
    static string Text(BootModule module)
    {
        string text = NameOf(module.Path) + (module.Arguments.Length == 0 ? "" : ' ' + module.Arguments);
        if (text.Any(char.IsControl)) throw Invalid(module.Path, "has a control character in its arguments; they have to be one line.");
        if (Encoding.UTF8.GetByteCount(text) > MaxTextLength) throw Invalid(module.Path, $"has a name and arguments of more than {MaxTextLength} bytes.");
        return text;
    }

    /// <summary>A file's name as one word.</summary>
    public static string NameOf(string path) =>
        string.Concat(Path.GetFileName(path).Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? '_' : c));

    static VmException Invalid(string path, string sentence) => new(VmErrorId.ModuleInvalid, VmErrorKind.InvalidArgument, $"'{path}' {sentence}");
}
