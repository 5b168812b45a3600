using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A block device over a file of a test's own. Only root can make one.</summary>
sealed class LoopDevice : IDisposable
{
    readonly TempFile _file;

    public LoopDevice(byte[] content)
    {
        _file = new(content);
        Path = Commands.Run("losetup", "--find", "--show", _file.Path).Trim();
    }

    public string Path { get; }

    public void Dispose()
    {
        Commands.Run("losetup", "--detach", Path);
        _file.Dispose();
    }
}

/// <summary>A fact that makes a block device; skipped, saying so, where that cannot be.</summary>
sealed class LoopDeviceFactAttribute : FactAttribute
{
    static readonly Lazy<string?> s_lack = new(() =>
    {
        try
        {
            new LoopDevice(new byte[4096]).Dispose();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"No block device can be made here: {e.Message}";
        }
    });

    public LoopDeviceFactAttribute() => Skip = s_lack.Value;
}
