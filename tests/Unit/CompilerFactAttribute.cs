using System.Diagnostics;
using Xunit;

namespace PSToyVmm.Tests.Unit;

/// <summary>A fact for which the C compiler is asked; skipped, saying so, where there is none or where it lacks the system's headers.</summary>
sealed class CompilerFactAttribute : FactAttribute
{
    static readonly Lazy<string?> s_lack = new(FindLack);

    public CompilerFactAttribute() => Skip = s_lack.Value;

    static string? FindLack()
    {
        try
        {
            (int exitCode, string errors) = Compile("#include <linux/kvm.h>\n#include <asm/bootparam.h>\n#include <elf.h>\n");
            return exitCode == 0 ? null : "The C compiler lacks linux/kvm.h, asm/bootparam.h or elf.h (packages linux-libc-dev, libc6-dev): " + errors;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "There is no C compiler (cc) here.";
        }
    }

    /// <summary>Has the compiler judge a source without making anything of it.</summary>
    public static (int ExitCode, string Errors) Compile(string source)
    {
        using Process cc = Process.Start(new ProcessStartInfo("cc", ["-fsyntax-only", "-x", "c", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        // Read while it is written, or both sides could wait for the other's pipe.
        Task<string> errors = cc.StandardError.ReadToEndAsync();
        cc.StandardInput.Write(source);
        cc.StandardInput.Close();
        cc.WaitForExit();
        return (cc.ExitCode, errors.GetAwaiter().GetResult());
    }
}
