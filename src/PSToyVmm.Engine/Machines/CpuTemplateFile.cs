using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>Finds the CPU template that a configuration names: a built-in one, or a file.</summary>
static class CpuTemplateFile
{
    /// <exception cref="VmException">CpuTemplateInvalid, or what is wrong with the file.</exception>
    public static CpuTemplate? Load(string? nameOrPath)
    {
        if (string.IsNullOrEmpty(nameOrPath)) return null;
        if (BuiltInCpuTemplates.IsName(nameOrPath)) return BuiltInCpuTemplates.Find(nameOrPath);
        using BootFile file = BootFile.Open(nameOrPath, "CPU template", VmErrorId.FileUnreadable);
        if (file.Length > CpuTemplateReader.LargestFile)
            throw file.Fault(VmErrorId.CpuTemplateInvalid, $"has {file.Length} bytes, too many for a CPU template; give a JSON file of Firecracker's form.");
        byte[] text = new byte[file.Length];
        file.Read(0, text);
        return CpuTemplateReader.Read(nameOrPath, text);
    }
}
