using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using PSToyVmm.Engine.Boot.Initramfs.KernelModules;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Samples.Demo;

// What ./dev demo needs where there is no pwsh. With pwsh, Demo.ps1 does it through the module.
const string Usage = """
    PSToyVmm.Demo check-host                  exit code 0 where this machine's KVM runs an unmodified Linux kernel
    PSToyVmm.Demo make-initrd BUSYBOX FILE [KERNEL]
                                              an initrd with a login prompt on the serial console, and the kernel's virtio drivers
    PSToyVmm.Demo converse KERNEL INITRD      boot, log in, look around, switch off, show the exit statistics
    PSToyVmm.Demo keep KERNEL INITRD IMAGE    boot from a copy of the disk, write a file, restart, find it again
    """;

try
{
    switch (args)
    {
        case ["check-host"]:
            HostReport report = HostProbe.Run();
            foreach (HostIssue issue in report.Issues) Console.Error.WriteLine($"{issue.Problem}\n  {issue.Remedy}");
            return report.CanRunLinux == true ? 0 : 1;
        case ["make-initrd", var busybox, var file, .. { Length: <= 1 } modulesOf]:
            InitramfsBuilder builder = new();
            foreach (string its in modulesOf) builder.AddKernelModules(KernelModuleTree.Open(null, its));
            builder.AddBusybox(busybox);
            builder.AddProfile(InitramfsProfile.Login);
            builder.WriteTo(file, InitramfsCompression.None, overwrite: true);
            return 0;
        case ["converse", var kernel, var initrd]:
            return Conversation.Hold(Path.GetFullPath(kernel), Path.GetFullPath(initrd));
        case ["keep", var kernel, var initrd, var image]:
            return Conversation.HoldWithDisk(Path.GetFullPath(kernel), Path.GetFullPath(initrd), Path.GetFullPath(image));
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (VmException e)
{
    Console.Error.WriteLine($"{e.Id}: {e.Message}");
    return 1;
}
