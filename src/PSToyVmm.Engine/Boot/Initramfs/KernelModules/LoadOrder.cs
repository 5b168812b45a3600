namespace PSToyVmm.Engine.Boot.Initramfs.KernelModules;

/// <summary>Puts modules in the order in which they can be loaded, as modprobe does: each after what it needs.</summary>
sealed class LoadOrder(KernelModuleTree tree)
{
    readonly List<KernelModule> _modules = [];
    readonly HashSet<KernelModule> _begun = [];

    public IReadOnlyList<KernelModule> Modules => _modules;

    /// <summary>Adds a module, and before it what it needs.</summary>
    /// <exception cref="VmException">It is damaged, or needs what is not there.</exception>
    public void Add(KernelModule module) => Add(module, []);

    void Add(KernelModule module, KernelModule[] needing)
    {
        if (needing.Contains(module))
            throw module.Invalid($"needs itself, by way of {string.Join(", ", needing.Select(other => other.Name))}; run depmod, or mend modules.dep");
        if (!_begun.Add(module)) return;
        foreach (string name in tree.NeedsOf(module))
            if (!tree.IsBuiltIn(name))
                Add(tree.Find(name) ?? throw Missing(module, name), [.. needing, module]);
        AddSoft(module.Info.Before);
        _modules.Add(module);
        AddSoft(module.Info.After);
    }

    // What a module can do without may be missing, and may in its turn need that module.
    void AddSoft(IReadOnlyList<string> names)
    {
        foreach (KernelModule module in names.SelectMany(tree.FindAny)) Add(module, []);
    }

    static VmException Missing(KernelModule module, string name) => new(VmErrorId.KernelModuleNotFound, VmErrorKind.NotFound,
        $"The module {module.Name} needs {name}, which is neither in the module tree nor built into the kernel; copy the whole tree.");
}
