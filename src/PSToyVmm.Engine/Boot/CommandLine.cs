using System.Text;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm.Engine.Boot;

/// <summary>The kernel's command line: UTF-8, one line, ended by a NUL.</summary>
public static class CommandLine
{
    static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Two command lines as one. What is appended follows, so that it wins: where a parameter is given twice, the kernel
    /// takes the last.
    /// </summary>
    public static string Combine(string commandLine, string? appended) =>
        string.Join(' ', new[] { commandLine.Trim(), appended?.Trim() }.Where(part => !string.IsNullOrEmpty(part)));

    /// <summary>
    /// A command line with further parameters of the kernel's: at its end, but before <c>--</c>, behind which everything is
    /// for init.
    /// </summary>
    public static string AddParameters(string commandLine, string parameters)
    {
        if (parameters.Length == 0) return commandLine;
        int init = $" {commandLine} ".IndexOf(" -- ", StringComparison.Ordinal);
        return init < 0 ? Combine(commandLine, parameters) : Combine(Combine(commandLine[..init], parameters), commandLine[init..]);
    }

    /// <summary>Checks that the kernel will read all of it.</summary>
    /// <param name="commandLine">Without NUL.</param>
    /// <param name="maxLength">Bytes that the kernel reads, the NUL not counted.</param>
    /// <exception cref="VmException"><see cref="VmErrorId.CommandLineInvalid"/> or <see cref="VmErrorId.CommandLineTooLong"/>.</exception>
    public static void Validate(string commandLine, uint maxLength) => _ = Encode(commandLine, maxLength);

    /// <summary>Checks the command line and writes it with its NUL to <see cref="BootLayout.CommandLine"/>.</summary>
    /// <exception cref="VmException"><see cref="VmErrorId.CommandLineInvalid"/> or <see cref="VmErrorId.CommandLineTooLong"/>.</exception>
    public static void Write(GuestMemory memory, string commandLine, uint maxLength) =>
        memory.Write(BootLayout.CommandLine, Encode(commandLine, maxLength));

    static byte[] Encode(string commandLine, uint maxLength)
    {
        for (int i = 0; i < commandLine.Length; i++)
            if (char.IsControl(commandLine[i]))
                throw Invalid($"has the control character U+{(int)commandLine[i]:X4} at index {i}; it has to be one line, its parameters separated by spaces.");
        byte[] bytes;
        try
        {
            bytes = s_strictUtf8.GetBytes(commandLine + '\0');
        }
        catch (EncoderFallbackException e)
        {
            throw Invalid($"has half of a surrogate pair at index {e.Index}, which UTF-8 cannot say.");
        }
        uint limit = Math.Min(maxLength, BootLayout.CommandLineRoom - 1);
        if (bytes.Length - 1 > limit)
            throw new VmException(VmErrorId.CommandLineTooLong, VmErrorKind.InvalidArgument,
                $"The command line has {bytes.Length - 1} bytes; this kernel reads {limit} and would cut off the rest. Shorten it.");
        return bytes;
    }

    static VmException Invalid(string sentence) =>
        new(VmErrorId.CommandLineInvalid, VmErrorKind.InvalidArgument, $"The command line {sentence}");
}
