using System.IO.Enumeration;

namespace PSToyVmm.Engine.Boot.Initramfs.KernelModules;

/// <summary>
/// The modules of one kernel, where /lib/modules/RELEASE lies. What depmod wrote there is read (depmod(8), modules.dep(5));
/// where it never ran, as in an unpacked package, the modules themselves are asked.
/// </summary>
public sealed class KernelModuleTree
{
    const int MostHints = 3, MostWrong = 2;

    static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    readonly string _directory;
    readonly SortedDictionary<string, KernelModule> _modules = new(StringComparer.Ordinal);
    readonly Dictionary<string, string[]> _needs = [];
    readonly HashSet<string> _builtIn;
    readonly ILookup<string, string>? _aliases;

    KernelModuleTree(string directory, string? release)
    {
        (_directory, Release) = (directory, release);
        if (Lines("modules.dep") is { } dependencies) ReadDependencies(dependencies);
        else
            foreach (string file in Directory.EnumerateFiles(directory, "*", s_everywhere).Where(KernelModule.IsModule).Order(StringComparer.Ordinal))
                AddModule(Path.GetRelativePath(directory, file));
        _builtIn = [.. (Lines("modules.builtin") ?? []).Select(KernelModule.NameOf)];
        _aliases = Lines("modules.alias")?.Select(line => line.Split(' ')).Where(words => words.Length == 3)
            .ToLookup(words => KernelModule.Normalize(words[1]), words => KernelModule.Normalize(words[2]));
    }

    /// <summary>What a guest of this VMM can use, as far as its kernel has it: virtio devices, DHCP, ext4.</summary>
    public static IReadOnlyList<string> Usual { get; } =
        ["virtio_mmio", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng", "af_packet", "ext4"];

    /// <summary>Of the kernel, where that was given: all modules have to be for it.</summary>
    public string? Release { get; }

    /// <summary>Opens the modules of a kernel.</summary>
    /// <param name="directory">/lib/modules/RELEASE, or the root above it; null to look near the kernel, then on this host.</param>
    /// <param name="kernel">Its file, a bzImage or vmlinux; null where the directory is enough.</param>
    /// <exception cref="VmException">KernelModuleTreeNotFound, or what is wrong with a file.</exception>
    public static KernelModuleTree Open(string? directory, string? kernel)
    {
        string? release = kernel is null ? null : KernelRelease.Read(kernel)
            ?? throw NotFound($"'{kernel}' does not tell which release of Linux it is; give that kernel's bzImage or vmlinux, or only the directory with its modules.");
        if (directory is not null)
            return new(PlacesIn(directory, release).FirstOrDefault(IsTree)
                ?? throw NotFound($"'{directory}' has no kernel modules{(release is null ? "" : $" of {release}")}: give the directory that has modules.dep or a folder named kernel."), release);
        if (release is null) throw NotFound("Kernel modules belong to a kernel: give it, or the directory with its modules (-Kernel, -ModuleTree).");
        string beside = Path.GetDirectoryName(Path.GetFullPath(kernel!))!;
        string[] places = [Path.Combine(beside, "..", "lib/modules", release), Path.Combine(beside, "lib/modules", release), $"/lib/modules/{release}"];
        return new(Path.GetFullPath(places.FirstOrDefault(IsTree)
            ?? throw NotFound($"The modules of '{kernel}' ({release}) are in none of {string.Join(", ", places.Select(Path.GetFullPath))}; say where they are (-ModuleTree).")), release);
    }

    /// <summary>The modules asked for and all that they need, in the order in which they can be loaded.</summary>
    /// <param name="names">With * and ? for patterns, - and _ being equal; null for the usual ones.</param>
    /// <exception cref="VmException">KernelModuleNotFound, KernelModuleInvalid, or an unreadable file.</exception>
    internal IReadOnlyList<KernelModule> Resolve(IEnumerable<string>? names)
    {
        LoadOrder order = new(this);
        foreach (string name in names ?? Usual.Where(Knows))
            foreach (KernelModule module in FindAsked(KernelModule.Normalize(name))) order.Add(module);
        if (Release is not null && order.Modules.FirstOrDefault(module => module.Info.Release != Release) is { } other)
            throw other.Invalid($"is a module for Linux {other.Info.Release}, and the kernel is {Release}; give the modules of that kernel");
        return order.Modules;
    }

    internal bool IsBuiltIn(string name) => _builtIn.Contains(KernelModule.Normalize(name));

    internal KernelModule? Find(string name) => _modules.GetValueOrDefault(KernelModule.Normalize(name));

    /// <summary>What has this name or alias, if anything.</summary>
    internal IEnumerable<KernelModule> FindAny(string name) => Find(name) is { } module ? [module] : IsBuiltIn(name) ? [] : FindAlias(KernelModule.Normalize(name));

    /// <summary>The modules that a module cannot be loaded without.</summary>
    internal IReadOnlyList<string> NeedsOf(KernelModule module) => _needs.GetValueOrDefault(module.Name) ?? module.Info.Needs;

    static IEnumerable<string> PlacesIn(string directory, string? release)
    {
        yield return directory;
        foreach (string above in new[] { directory, Path.Combine(directory, "lib/modules"), Path.Combine(directory, "usr/lib/modules") }.Where(Directory.Exists))
            if (release is not null) yield return Path.Combine(above, release);
            else if (Directory.GetDirectories(above) is [var only]) yield return only;
    }

    static bool IsTree(string directory) => File.Exists(Path.Combine(directory, "modules.dep")) || Directory.Exists(Path.Combine(directory, "kernel"));

    string[]? Lines(string file) => Path.Combine(_directory, file) is var path && File.Exists(path) ? HostFile.ReadLines(path) : null;

    // "kernel/fs/9p/9p.ko: kernel/net/9p/9pnet.ko kernel/fs/netfs/netfs.ko"
    void ReadDependencies(string[] lines)
    {
        foreach (string line in lines)
            if (line.Split(':', 2) is [var place, var needs] && KernelModule.IsModule(place) && AddModule(place))
                _needs[KernelModule.NameOf(place)] = [.. needs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(KernelModule.NameOf)];
    }

    bool AddModule(string place) => _modules.TryAdd(KernelModule.NameOf(place), new(_directory, place));

    IEnumerable<KernelModule> FindAlias(string alias)
    {
        if (_aliases is not null) return _aliases[alias].Select(Find).OfType<KernelModule>();
        // To read them all would take long; a driver's file is named after what it does.
        string stem = alias.StartsWith("crypto_", StringComparison.Ordinal) ? alias["crypto_".Length..] : alias;
        return _modules.Values.Where(module => module.Name.StartsWith(stem, StringComparison.Ordinal) && module.Info.Aliases.Select(KernelModule.Normalize).Contains(alias));
    }

    bool Knows(string name) => IsBuiltIn(name) || FindAny(name).Any();

    KernelModule[] FindAsked(string name)
    {
        bool Matches(string other) => FileSystemName.MatchesSimpleExpression(name, other, ignoreCase: false);
        KernelModule[] found = [.. name.AsSpan().ContainsAny('*', '?') ? _modules.Values.Where(module => Matches(module.Name)) : FindAny(name)];
        if (found.Length > 0 || _builtIn.Any(Matches)) return found;
        string[] near = [.. _modules.Keys.Concat(_builtIn).Select(other => (other, Wrong: EditDistance(name, other)))
            .Where(pair => pair.Wrong <= MostWrong || pair.other.Contains(name, StringComparison.Ordinal)).OrderBy(pair => pair.Wrong).Take(MostHints).Select(pair => pair.other)];
        throw new VmException(VmErrorId.KernelModuleNotFound, VmErrorKind.NotFound,
            $"There is no module '{name}' in '{_directory}', nor is it built into its kernel{(near.Length == 0 ? "; see what is there" : $"; it has {string.Join(", ", near)}")}.");
    }

    static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (row[j], diagonal) = (Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)), row[j]);
        }
        return row[b.Length];
    }

    static VmException NotFound(string sentence) => new(VmErrorId.KernelModuleTreeNotFound, VmErrorKind.NotFound, sentence);
}
