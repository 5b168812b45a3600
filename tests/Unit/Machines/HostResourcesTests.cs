using PSToyVmm.Engine.Machines;
using Xunit;

namespace PSToyVmm.Tests.Unit.Machines;

[Collection("alone")] // counts descriptors and threads of the whole process
public class HostResourcesTests
{
    [KvmFact]
    public void Two_hundred_machines_leave_nothing_behind()
    {
        void Cycle()
        {
            using GuestMachine guest = TinyGuest.Machine(TinyGuest.Print("x"), TinyGuest.Halt).Start();
            guest.Vm.TurnOff();
        }
        for (int i = 0; i < 20; i++) Cycle(); // the thread pool and the runtime have grown by then
        (int Files, int Maps) before = Count();
        for (int i = 0; i < 200; i++) Cycle();
        (int Files, int Maps) after = Count();
        Assert.True(after.Files <= before.Files, $"descriptors: {before.Files} before, {after.Files} after");
        // The garbage collector maps and unmaps as it likes; a leak would add three mappings a machine.
        Assert.True(after.Maps <= before.Maps + 60, $"mappings: {before.Maps} before, {after.Maps} after");
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc/self/task"), task => File.ReadAllText(task + "/comm").StartsWith("ToyVm", StringComparison.Ordinal));
    }

    static (int Files, int Maps) Count() =>
        (Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), File.ReadLines("/proc/self/maps").Count());
}

[CollectionDefinition("alone", DisableParallelization = true)]
public class AloneDefinition;
