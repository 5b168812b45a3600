using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Linux;

public class ClockTests
{
    [LinuxFact]
    public void An_alarm_of_the_clock_wakes_who_waits_for_it()
    {
        using LinuxGuest guest = new LinuxGuest().LogIn();
        Assert.Contains("alarm_IRQ", guest.Run("cat /proc/driver/rtc"));
        Assert.Contains("rtc0", guest.Run("grep rtc0 /proc/interrupts"));
        guest.Run("echo +3 > /sys/class/rtc/rtc0/wakealarm");
        Assert.Matches(@"alarm_IRQ\s*: yes", guest.Run("cat /proc/driver/rtc"));
        Assert.Matches(@"alarm_IRQ\s*: no", guest.Run("sleep 6; cat /proc/driver/rtc"));
        Assert.Matches(@"\b1\b.*rtc0", guest.Run("grep rtc0 /proc/interrupts"));
    }
}
