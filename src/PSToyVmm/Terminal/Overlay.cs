using System.Text;

namespace PSToyVmm.Terminal;

/// <summary>Where text of ours goes on a terminal that a guest writes to.</summary>
enum OverlayPlace
{
    /// <summary>Where the cursor is, on lines of its own: all that a dumb terminal can do.</summary>
    Inline,
    /// <summary>On the terminal's alternate screen, which the guest does not use: nothing of the guest's is touched.</summary>
    OwnScreen,
    /// <summary>Over the last lines of the guest's program that is on the alternate screen itself.</summary>
    LastLines,
}

/// <summary>Text of ours over a guest's screen, and how it goes away. Without colours.</summary>
static class Overlay
{
    const int FirstWide = 0x1100; // no character below takes two columns; of those above, none takes more

    public static string Show(IReadOnlyList<string> lines, OverlayPlace place, (int Columns, int Rows) size) => place switch
    {
        OverlayPlace.Inline => $"\r\n{string.Join("\r\n", lines)}\r\n",
        OverlayPlace.OwnScreen => $"\e[?1049h\e[0m\e[H\e[2J{string.Join("\r\n", Fitted(lines, size))}",
        _ => $"\e7\e[0m{OnLastLines(Fitted(lines, size), size.Rows)}",
    };

    /// <summary>What <see cref="Show"/> saved comes back; what was under the last lines is the guest's, or a repaint's, to write again.</summary>
    public static string Hide(int lines, OverlayPlace place, int rows) => place switch
    {
        OverlayPlace.Inline => "",
        OverlayPlace.OwnScreen => "\e[?1049l",
        _ => $"{OnLastLines(Enumerable.Repeat("", int.Min(lines, rows)).ToArray(), rows)}\e8",
    };

    static string OnLastLines(string[] lines, int rows)
    {
        StringBuilder text = new();
        for (int i = 0; i < lines.Length; i++) text.Append($"\e[{rows - lines.Length + 1 + i}H\e[2K{lines[i]}");
        return text.ToString();
    }

    /// <summary>As many lines, and of each as much, as there is room for: the last column stays free, lest the terminal wraps.</summary>
    static string[] Fitted(IReadOnlyList<string> lines, (int Columns, int Rows) size) =>
        [.. lines.Take(size.Rows).Select(line => Fitted(line, size.Columns - 1))];

    static string Fitted(string line, int columns)
    {
        StringBuilder fitted = new();
        foreach (Rune rune in line.EnumerateRunes())
        {
            columns -= rune.Value < FirstWide ? 1 : 2;
            if (columns < 0) break;
            fitted.Append(rune.ToString());
        }
        return fitted.ToString();
    }
}
