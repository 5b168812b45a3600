using PSToyVmm.Engine.Boot.Initramfs.KernelModules;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs.KernelModules;

/// <summary>A made-up /lib/modules/RELEASE, removed with the test.</summary>
sealed class ModuleTreeBuilder : IDisposable
{
    readonly TemporaryDirectory _root = new();

    public ModuleTreeBuilder() => System.IO.Directory.CreateDirectory(System.IO.Path.Combine(Directory, "kernel"));

    /// <summary>Above lib/modules and boot.</summary>
    public string Root => _root.Path;

    public string Directory => _root[$"lib/modules/{ModuleBuilder.Release}"];

    public ModuleTreeBuilder Add(string place, params string[] info) => AddFile($"kernel/{place}", ModuleBuilder.Build(info));

    public ModuleTreeBuilder AddFile(string place, byte[] content)
    {
        string path = System.IO.Path.Combine(Directory, place);
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return this;
    }

    /// <summary>Writes modules.dep, modules.builtin or modules.alias.</summary>
    public ModuleTreeBuilder Write(string file, params string[] lines)
    {
        File.WriteAllLines(System.IO.Path.Combine(Directory, file), lines);
        return this;
    }

    public string Kernel(byte[] content)
    {
        System.IO.Directory.CreateDirectory(_root["boot"]);
        File.WriteAllBytes(_root["boot/vmlinuz"], content);
        return _root["boot/vmlinuz"];
    }

    /// <summary>The names of what is loaded, in order.</summary>
    public string Resolve(params string[] names) => string.Join(' ', KernelModuleTree.Open(Directory, null).Resolve(names).Select(module => module.Name));

    public void Dispose() => _root.Dispose();
}
