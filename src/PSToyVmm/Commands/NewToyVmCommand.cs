using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Memory;

namespace PSToyVmm;

/// <summary>Makes a machine and emits it. It is off until Start-ToyVm.</summary>
[Cmdlet(VerbsCommon.New, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = AppendSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class NewToyVmCommand : VmCmdlet
{
    const string AppendSet = "AppendCommandLine";
    const string ReplaceSet = "CommandLine";

    static readonly Dictionary<string, HugePages> PageSizes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Transparent"] = Engine.Memory.HugePages.Transparent,
        ["None"] = Engine.Memory.HugePages.None,
        ["2MB"] = Engine.Memory.HugePages.TwoMebibytes,
        ["1GB"] = Engine.Memory.HugePages.OneGibibyte,
    };

    /// <summary>The kernel: a vmlinux or a bzImage for x86-64, recognised by its content.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("KernelPath"), PathArgument]
    public string Kernel { get; set; } = "";

    /// <summary>The initial RAM disk, as the kernel reads it: a cpio archive, plain or compressed. None where it is empty.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("InitrdPath", "FullName"), PathArgument, AllowEmptyString]
    public string Initrd { get; set; } = "";

    /// <summary>The kernel's whole command line, in place of the default one.</summary>
    [Parameter(ParameterSetName = ReplaceSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string CommandLine { get; set; } = "";

    /// <summary>What to add to the default command line.</summary>
    [Parameter(ParameterSetName = AppendSet, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string AppendCommandLine { get; set; } = "";

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

    /// <summary>The machine's name; the first free one of toyvm1, toyvm2, ... where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("VMName"), AllowEmptyString]
    public string Name { get; set; } = "";

    /// <summary>A file that receives everything the guest writes to its serial console. None where it is empty.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("SerialLogPath"), PathArgument, AllowEmptyString]
    public string SerialLog { get; set; } = "";

    bool _nameGiven;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _nameGiven = MyInvocation.BoundParameters.ContainsKey(nameof(Name));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A file in the pipeline is the initrd; its name is not the machine's.
        if (!_nameGiven && Name.Length > 0 && Name == Path.GetFileName(Initrd)) Name = "";
        Make();
    }

    void Make() => ForOne(string.IsNullOrEmpty(Name) ? Kernel : Name, () =>
    {
        using var place = VmRegistry.Reserve(Name);
        var configuration = Configure(place.Name);
        configuration.Validate();
        if (!ShouldProcess(place.Name, "New virtual machine"))
            return;
        place.Machine = WithRunspaces(configuration);
        WriteObject(place.Machine);
    });

    static VirtualMachine WithRunspaces(MachineConfiguration configuration)
    {
        var host = new RunspaceVcpuHost();
        var machine = new VirtualMachine(configuration, host);
        host.StopRequested += machine.TurnOff;
        return machine;
    }

    MachineConfiguration Configure(string name) => new()
    {
        Name = name,
        KernelPath = ResolvePath(Kernel),
        InitrdPath = ResolveOptionalPath(Initrd),
        CommandLine = ParameterSetName == ReplaceSet ? CommandLine
            : string.Join(' ', new[] { MachineConfiguration.DefaultCommandLine, Acpi ? "" : MachineConfiguration.WithoutAcpi, AppendCommandLine }.Where(part => part.Length > 0)),
        ProcessorCount = ProcessorCount,
        CpuAffinity = CpuAffinity,
        MemorySource = new(MemoryBacking, PageSizes[HugePages], ResolveOptionalPath(MemoryPath)),
        Acpi = Acpi,
        RebootAction = RebootAction,
        MemoryBytes = Memory > 0 ? (ulong)Memory : throw new VmException(VmErrorId.MemoryTooSmall, VmErrorKind.InvalidArgument,
            $"{Memory} bytes of memory are not enough for any kernel; give a size such as 256MB."),
        SerialLogPath = ResolveOptionalPath(SerialLog),
    };

    string? ResolveOptionalPath(string path) => string.IsNullOrEmpty(path) ? null : ResolvePath(path);
}
