using System.Diagnostics;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Acpi;

/// <summary>A fact that Intel's ACPI compiler judges; skipped, saying so, where it is not installed.</summary>
sealed class IaslFactAttribute : FactAttribute
{
    static readonly Lazy<bool> s_present = new(IsPresent);

    public IaslFactAttribute() => Skip = s_present.Value ? null : "There is no ACPI compiler (iasl, Debian's package acpica-tools) here.";

    static bool IsPresent()
    {
        try
        {
            Run("/", "-v");
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Runs it in a folder, where it leaves its files.</summary>
    /// <returns>What it said.</returns>
    public static string Run(string folder, params string[] arguments)
    {
        using Process iasl = Process.Start(new ProcessStartInfo("iasl", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = iasl.StandardError.ReadToEndAsync();
        string output = iasl.StandardOutput.ReadToEnd();
        iasl.WaitForExit();
        return output + errors.GetAwaiter().GetResult();
    }
}
