using System.Collections;
using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm;

/// <summary>Makes a machine and emits it. It is off until Start-ToyVm.</summary>
[Cmdlet(VerbsCommon.New, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = KernelSet)]
[OutputType(typeof(VirtualMachine), typeof(Job))]
public sealed partial class NewToyVmCommand : VmMakerCmdlet
{
    const string KernelSet = "Kernel";
    const string FileSet = "ConfigPath";

    /// <summary>A configuration file of Firecracker's or ToyVMM's. What is given besides goes before what it says.</summary>
    [Parameter(ParameterSetName = FileSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ConfigFile"), PathArgument, ValidateNotNullOrEmpty]
    public string ConfigPath { get; set; } = "";

    /// <summary>The kernel: a vmlinux or a bzImage for x86-64, a Multiboot or a PVH kernel, recognised by its content.</summary>
    [Parameter(ParameterSetName = KernelSet, Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = FileSet)]
    [Alias("KernelPath"), PathArgument]
    public string Kernel { get; set; } = "";

    /// <summary>The initial RAM disk, as the kernel reads it: a cpio archive, plain or compressed. None where it is empty.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("InitrdPath", "FullName"), PathArgument, AllowEmptyString]
    public string Initrd { get; set; } = "";

    /// <summary>The kernel's command line, in place of the default one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string? CommandLine { get; set; }

    /// <summary>What to add to the command line: the default one, or another.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string AppendCommandLine { get; set; } = "";

    /// <summary>How the kernel is entered; what its content asks for where it is Auto.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public BootProtocol BootProtocol { get; set; }

    /// <summary>Who unpacks a bzImage's kernel: the host, or the guest itself.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public KernelDecompression DecompressKernel { get; set; }

    /// <summary>Files for a Multiboot or PVH kernel: paths, or paths and arguments after a space.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Modules"), ModuleArgument, AllowEmptyCollection]
    public BootModule[] Module { get; set; } = [];

    /// <summary>Memory in bytes: 512MB.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("MemoryBytes", "MemoryAssigned")]
    public long Memory { get; set; } = (long)MachineConfiguration.DefaultMemoryBytes;

    /// <summary>vCPUs.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Processors")]
    public int ProcessorCount { get; set; } = 1;

    /// <summary>Processors of the host to hold the vCPUs to, one each, and round again at the end of the list.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    public int[] CpuAffinity { get; set; } = [];

    /// <summary>What the guest's memory is made of.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public MemoryBacking MemoryBacking { get; set; }

    // Not by property name: a machine that is copied has its own, and one file serves one machine.
    /// <summary>The file of -MemoryBacking File.</summary>
    [Parameter]
    [PathArgument, AllowEmptyString]
    public string MemoryPath { get; set; } = "";

    /// <summary>The size of the pages of the host behind the guest's memory.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Transparent", "None", "2MB", "1GB")]
    public string HugePages { get; set; } = "Transparent";

    /// <summary>Whether the guest is described by ACPI tables.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Acpi { get; set; } = true;

    /// <summary>What happens when the guest resets the machine.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public RebootAction RebootAction { get; set; }

    /// <summary>Sockets, cores in each and threads in each core: 2,4,1. One socket with a core for each vCPU where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [TopologyArgument, AllowEmptyString]
    public string Topology { get; set; } = "";

    /// <summary>What to change of the processor that the guest sees: a name (T2, T2S, T2CL, T2A, C3) or a JSON file. Nothing where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PathArgument, ArgumentCompleter(typeof(CpuTemplateCompleter)), AllowEmptyString]
    public string CpuTemplate { get; set; } = "";

    /// <summary>Gives the guest a virtio device with random numbers of the host's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Entropy { get; set; }

    /// <summary>Gives the machine a virtio console, the guest's hvc0, besides the serial port.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter VirtioConsole { get; set; }

    /// <summary>Its disks: paths, files, or hashtables of a path and what Add-ToyVmDisk has besides. The guest's first is /dev/vda.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Disks"), DiskArgument, AllowEmptyCollection]
    public DiskConfiguration[] Disk { get; set; } = [];

    /// <summary>Its network adapters: User, User:8080:80, Tap, Tap:NAME, or hashtables of what Add-ToyVmNetworkAdapter has. The guest's first is eth0.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Networks"), NetworkArgument, ArgumentCompleter(typeof(NetworkCompleter)), AllowEmptyCollection]
    public NetworkConfiguration[] Network { get; set; } = [];

    /// <summary>The machine's name; the first free one of toyvm1, toyvm2, ... where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("VMName"), AllowEmptyString]
    public string Name { get; set; } = "";

    // Not by its name in a configuration: the copy would begin the file anew into which the machine writes.
    /// <summary>A file that receives everything the guest writes to its serial console. None where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PathArgument, AllowEmptyString]
    public string SerialLog { get; set; } = "";

    // Not by property name, either.
    /// <summary>A file that receives everything the guest writes to its virtio console, which it then has. None where it is empty.</summary>
    [Parameter]
    [PathArgument, AllowEmptyString]
    public string VirtioConsoleLog { get; set; } = "";

    /// <summary>Records the text that the guest writes to port 0xe9, for Get-ToyVmLog.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter DebugConsole { get; set; }

    /// <summary>Records the codes that the guest writes to port 0x80, for Get-ToyVmLog.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter PostPort { get; set; }

    /// <summary>The first of four ports that end the machine; what is written there is its ExitCode.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowNull]
    public ushort? DebugExitPort { get; set; }

    /// <summary>Gives the machine a firmware configuration device as QEMU's, with files: <c>@{ 'opt/org.example/name' = 'path' }</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowNull]
    public IDictionary? FirmwareConfig { get; set; }

    // What was typed, and did not come down the pipeline.
    bool _nameGiven, _processorsGiven, _topologyGiven;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var given = MyInvocation.BoundParameters;
        (_nameGiven, _processorsGiven, _topologyGiven) = (given.ContainsKey(nameof(Name)), given.ContainsKey(nameof(ProcessorCount)), given.ContainsKey(nameof(Topology)));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A file in the pipeline is the initrd; its name is not the machine's.
        if (!_nameGiven && Name.Length > 0 && Name == Path.GetFileName(Initrd)) Name = "";
        Make(!string.IsNullOrEmpty(Name) ? Name : HasFile ? ConfigPath : Kernel, Configure);
    }

    // To the job all that comes down the pipeline is typed, so what makes a difference there is settled here.
    private protected override void LeaveTo(VmJobWork job, MachineConfiguration configuration) => job.Add(new Dictionary<string, object?>
    {
        [nameof(Name)] = Name,
        [nameof(ProcessorCount)] = configuration.ProcessorCount,
        [nameof(Topology)] = configuration.Topology?.ToString() ?? "",
    });
}
