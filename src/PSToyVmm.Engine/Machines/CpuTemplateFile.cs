using System.Text;
using PSToyVmm.Engine.Boot;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm.Engine.Machines;

/// <summary>Finds the CPU template that a configuration names: a built-in one, a file, or the template itself.</summary>
static class CpuTemplateFile
{
    /// <summary>Whether this is a template, and no name and no full path of one.</summary>
    public static bool IsText(string template) => template.StartsWith('{');

    /// <exception cref="VmException">CpuTemplateInvalid, or what is wrong with the file.</exception>
    public static CpuTemplate? Load(string? nameOrPath)
    {
        if (string.IsNullOrEmpty(nameOrPath)) return null;
        if (BuiltInCpuTemplates.IsName(nameOrPath)) return BuiltInCpuTemplates.Find(nameOrPath);
        if (IsText(nameOrPath)) return CpuTemplateReader.Read("in the configuration", Encoding.UTF8.GetBytes(nameOrPath));
        using BootFile file = BootFile.Open(nameOrPath, "CPU template", VmErrorId.FileUnreadable);
        if (file.Length > CpuTemplateReader.LargestFile)
            throw file.Fault(VmErrorId.CpuTemplateInvalid, $"has {file.Length} bytes, too many for a CPU template; give a JSON file of Firecracker's form.");
        byte[] text = new byte[file.Length];
        file.Read(0, text);
        return CpuTemplateReader.Read(nameOrPath, text);
    }
}
