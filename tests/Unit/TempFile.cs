namespace PSToyVmm.Tests.Unit;

/// <summary>A file that a test made and that goes with it.</summary>
sealed class TempFile : IDisposable
{
    public TempFile(ReadOnlySpan<byte> content)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"pstoyvmm-{Guid.NewGuid():n}");
        File.WriteAllBytes(Path, content);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
