using System.Globalization;

namespace PSToyVmm.Terminal;

/// <summary>Records to a file what a guest writes, from when it is asked to until it is told to stop. Never over another file.</summary>
/// <param name="directory">Where.</param>
/// <param name="name">What the file's name begins with; a time follows.</param>
sealed class SessionRecord(string directory, string name) : IDisposable
{
    const int MostOfOneSecond = 100;

    readonly Lock _gate = new();
    FileStream? _file;

    public bool IsOn
    {
        get { lock (_gate) return _file is not null; }
    }

    /// <summary>Begins or ends, and says so in a sentence.</summary>
    public string Toggle()
    {
        lock (_gate)
        {
            if (_file is { } file)
            {
                Dispose();
                return $"Recorded in {file.Name}.";
            }
            try
            {
                _file = Create();
                return $"Recording in {_file.Name}.";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"Not recording: {e.Message}";
            }
        }
    }

    /// <summary>Takes what the guest wrote. A sentence where the file failed, and recording has ended.</summary>
    public string? Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
            try
            {
                _file?.Write(bytes);
                return null;
            }
            catch (IOException e)
            {
                Dispose();
                return $"Recording ended: {e.Message}";
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    FileStream Create()
    {
        string plain = string.Join('_', name.Split(Path.GetInvalidFileNameChars()));
        string start = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{plain}-{TimeProvider.System.GetLocalNow():yyyyMMdd-HHmmss}"));
        for (int number = 1; ; number++)
        {
            string path = number == 1 ? $"{start}.log" : $"{start}-{number}.log";
            if (number < MostOfOneSecond && File.Exists(path)) continue;
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0); // unbuffered: whole after a crash
        }
    }
}
