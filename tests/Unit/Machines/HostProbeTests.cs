using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

public class HostProbeTests
{
    [KvmFact]
    public void A_host_with_kvm_can_start_machines_and_the_probe_guest_says_whether_it_runs_linux()
    {
        HostReport report = HostProbe.Run();
        Assert.True(report.CanStart);
        Assert.Equal(12, report.ApiVersion);
        Assert.NotNull(report.CanRunLinux);
        Assert.Equal(report.CanRunLinux, report.Issues.Count == 0);
        Assert.Matches(@"^\w+:\w+ \d{4}$", report.KvmOwner);
        Assert.True(report.MaximumVcpus >= 1);
    }

    [Fact]
    public void A_host_without_kvm_is_told_what_to_do()
    {
        HostReport report = HostProbe.Run(device: "/dev/no-such-kvm");
        Assert.False(report.CanStart);
        Assert.Null(report.CanRunLinux);
        HostIssue issue = Assert.Single(report.Issues);
        Assert.Equal(VmErrorId.KvmNotPresent, issue.Id);
        Assert.NotEmpty(issue.Remedy);
    }

    [Fact]
    public void A_file_that_is_not_kvm_is_a_failed_call_and_no_crash()
    {
        HostReport report = HostProbe.Run(device: "/dev/null");
        Assert.False(report.CanStart);
        Assert.Equal(VmErrorId.KvmCallFailed, Assert.Single(report.Issues).Id);
    }
}
