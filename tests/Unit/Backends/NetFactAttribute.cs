using PSToyVmm.Engine;
using PSToyVmm.Engine.Backends;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A test with a real tap: skipped, saying so, where this process may make none.</summary>
sealed class TapFactAttribute : FactAttribute
{
    static readonly string? s_lack = NetHost.LackOf(() => TapBackend.Open(new("toytest%d")));

    public TapFactAttribute() => Skip = s_lack;
}

/// <summary>A test with a real passt: skipped, saying so, where there is none, or no network for it.</summary>
sealed class PasstFactAttribute : FactAttribute
{
    static readonly string? s_lack = NetHost.LackOf(() => PasstBackend.Open(1500, []));

    public PasstFactAttribute() => Skip = s_lack;
}

static class NetHost
{
    public static string? LackOf(Func<IDisposable> open)
    {
        try
        {
            open().Dispose();
            return null;
        }
        catch (VmException e)
        {
            return e.Message;
        }
    }
}
