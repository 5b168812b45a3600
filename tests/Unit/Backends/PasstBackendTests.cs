using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Backends;
using PSToyVmm.Tests.Unit.Virtio.Net;
using Xunit;

namespace PSToyVmm.Tests.Unit.Backends;

/// <summary>A real passt. Processes and descriptors are counted: nothing else runs beside these.</summary>
[Collection("alone")]
public class PasstBackendTests
{
    [PasstFact]
    public void Passt_answers_a_guest()
    {
        using NetRig rig = new(PasstBackend.Open(PasstBackend.DefaultMtu, []), threaded: true);
        rig.Offer(2048, 100);
        GuestFrames.AskAndAwait(rig, IPAddress.Parse("192.0.2.77"), IPAddress.Parse("192.0.2.88"));
        Assert.Equal("passt", rig.Device.Backend);
        Assert.Null(rig.Driver.Failure);
    }

    [PasstFact]
    public void It_ends_with_its_machine_and_leaves_nothing()
    {
        const int Times = 5;
        int[] before = Running();
        string[] files = Directory.GetDirectories(Path.GetTempPath(), "pstoyvmm-passt-*");
        int descriptors = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < Times; i++)
            using (PasstBackend passt = PasstBackend.Open(1500, [new(null, FreePort(), 80, false), new(IPAddress.Loopback, FreePort(), 53, true)]))
                Assert.Single(Running().Except(before));
        Assert.Empty(Running().Except(before));
        Assert.Equal(files, Directory.GetDirectories(Path.GetTempPath(), "pstoyvmm-passt-*"));
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + Times - 1); // .NET opens some of its own, once
    }

    [PasstFact]
    public void When_it_dies_the_cable_is_pulled_out()
    {
        int[] before = Running();
        using NetRig rig = new(PasstBackend.Open(1500, []), threaded: true);
        rig.Offer(2048, 4);
        Process.GetProcessById(Assert.Single(Running().Except(before))).Kill();
        SpinWait.SpinUntil(() => rig.Notes.Count > 0, TimeSpan.FromSeconds(20));
        Assert.Contains("passt has ended", Assert.Single(rig.Notes));
        Assert.Equal([0, 0], rig.Driver.ReadConfig(6, 2));
    }

    [PasstFact]
    public void A_port_in_use_is_named()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        ushort port = (ushort)((IPEndPoint)other.LocalEndpoint).Port;
        VmException failure = Assert.Throws<VmException>(() => PasstBackend.Open(1500, [new(IPAddress.Loopback, port, 80, false)]));
        Assert.Equal(VmErrorId.PortInUse, failure.Id);
        Assert.Contains($"TCP port {port} of 127.0.0.1", failure.Message);
        Assert.Equal(VmErrorId.NetworkOptionInvalid, Assert.Throws<VmException>(() => PasstBackend.Open(1500, [new(IPAddress.Parse("203.0.113.9"), port, 80, false)])).Id);
    }

    [PasstFact]
    public void A_connection_to_a_forwarded_port_reaches_the_guest()
    {
        ushort port = FreePort();
        using NetRig rig = new(PasstBackend.Open(1500, [new(IPAddress.Loopback, port, 80, false)]), threaded: true);
        rig.Offer(2048, 200);
        // It sends nothing to a guest that it has not heard of.
        GuestFrames.AskAndAwait(rig, IPAddress.Parse("192.0.2.77"), IPAddress.Parse("192.0.2.88"));
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            client.Connect(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.InProgress or SocketError.WouldBlock)
        {
        }
        for (int i = 0; i < 100; i++)
        {
            byte[] frame = rig.Take()!;
            // IPv4, TCP, to port 80, SYN.
            if (frame.Length >= 12 + 14 + 40 && frame[24] == 8 && frame[25] == 0 && frame[35] == 6 && frame[12 + 14 + 20 + 3] == 80 && (frame[12 + 14 + 20 + 13] & 2) != 0) return;
        }
        Assert.Fail("no connection came");
    }

    // The daemons: their name is passt, or passt.avx2.
    static int[] Running() => [.. Process.GetProcesses().Where(process => process.ProcessName.StartsWith("passt", StringComparison.Ordinal) && !IsDead(process)).Select(process => process.Id)];

    static bool IsDead(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    static ushort FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
