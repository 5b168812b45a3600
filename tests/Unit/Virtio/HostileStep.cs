using System.Globalization;

namespace PSToyVmm.Tests.Unit.Virtio;

enum HostileAct : byte
{
    /// <summary>A read of the register page.</summary>
    Read,
    /// <summary>A write to it.</summary>
    Write,
    /// <summary>A write to guest memory.</summary>
    Poke,
    /// <summary>The device has its turns for all that was notified.</summary>
    Run,
    /// <summary>Something of the host's is ready.</summary>
    Source,
}

/// <summary>One thing that a hostile guest does. A line of text says the same, so that a failure can be replayed.</summary>
readonly record struct HostileStep(HostileAct Act, ulong At = 0, int Width = 0, ulong Value = 0)
{
    public override string ToString() => Act switch
    {
        HostileAct.Run => "Run",
        HostileAct.Source => $"Source 0x{At:x}",
        HostileAct.Read => $"Read 0x{At:x} {Width}",
        _ => $"{Act} 0x{At:x} {Width} 0x{Value:x}",
    };

    public static HostileStep Parse(string line)
    {
        string[] words = line.Split(' ');
        return new(Enum.Parse<HostileAct>(words[0]), Number(1), words.Length > 2 ? int.Parse(words[2], CultureInfo.InvariantCulture) : 0, Number(3));

        ulong Number(int word) => words.Length > word ? ulong.Parse(words[word].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
    }
}
