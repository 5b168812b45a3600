using PSToyVmm.Engine.Consoles;

namespace PSToyVmm.Terminal;

/// <summary>Where in a console's log to begin showing it.</summary>
static class Scrollback
{
    /// <summary>
    /// Position of the last <paramref name="lines"/> lines, the unfinished one counting as a line. A log whose oldest part
    /// is lost begins with its first whole line: the rest of a broken sequence or character would only make a mess.
    /// </summary>
    public static long LastLines(SerialLog log, int lines)
    {
        if (lines <= 0) return log.End;

        long position = log.Start, read = position;
        Queue<long> starts = new();
        if (position == 0) starts.Enqueue(0);
        byte[] buffer = new byte[64 << 10];
        for (int count; (count = log.Read(ref read, buffer)) > 0;)
            for (int i = 0; i < count; i++)
            {
                if (buffer[i] != '\n') continue;
                if (starts.Count == lines) starts.Dequeue();
                starts.Enqueue(read - count + i + 1);
            }
        return starts.TryPeek(out long first) ? first : position;
    }
}
