using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;
using PSToyVmm.Engine.Vcpus;

namespace PSToyVmm;

/// <summary>Changes what machines are made of, and their names, while they are off.</summary>
[Cmdlet(VerbsCommon.Set, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(VirtualMachine))]
public sealed class SetToyVmCommand : VmTargetCmdlet
{
    bool _isNameGone;

    /// <summary>The name from now on; for one machine.</summary>
    [Parameter]
    [Alias("NewVMName"), ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Memory in bytes: 512MB.</summary>
    [Parameter]
    [Alias("MemoryBytes", "MemoryStartupBytes")]
    public long Memory { get; set; }

    /// <summary>vCPUs.</summary>
    [Parameter]
    [Alias("Processors")]
    public int ProcessorCount { get; set; }

    /// <summary>Processors of the host to hold the vCPUs to; none where it is empty.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public int[] CpuAffinity { get; set; } = [];

    /// <summary>Sockets, cores in each and threads in each core: 2,4,1. One socket with a core for each vCPU where it is empty.</summary>
    [Parameter]
    [TopologyArgument, AllowEmptyString]
    public string Topology { get; set; } = "";

    /// <summary>The kernel.</summary>
    [Parameter]
    [Alias("KernelPath"), PathArgument]
    public string Kernel { get; set; } = "";

    /// <summary>The initial RAM disk; none where it is empty.</summary>
    [Parameter]
    [Alias("InitrdPath"), PathArgument, AllowEmptyString]
    public string Initrd { get; set; } = "";

    /// <summary>The kernel's whole command line.</summary>
    [Parameter]
    [AllowEmptyString]
    public string CommandLine { get; set; } = "";

    /// <summary>What happens when the guest resets the machine.</summary>
    [Parameter]
    public RebootAction RebootAction { get; set; }

    /// <summary>Emit the machine.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!ShouldProcess(vm.Name, "Change virtual machine"))
            return;
        if (Given(nameof(NewName)))
            Rename(vm);
        else
            vm.Reconfigure(Changed);
        if (PassThru)
            WriteObject(vm);
    }

    void Rename(VirtualMachine vm)
    {
        if (_isNameGone)
            throw new VmException("OneMachineOnly", VmErrorKind.InvalidArgument, $"'{vm.Name}' cannot have the name '{NewName}', too; -NewName is for one machine.");
        VmRegistry.Rename(vm, NewName, Changed);
        _isNameGone = true;
    }

    // What was given counts; what was not given stays.
    MachineConfiguration Changed(MachineConfiguration now)
    {
        var (topology, processors) = Processors(now);
        return now with
        {
            MemoryBytes = Given(nameof(Memory)) ? MemorySize(Memory) : now.MemoryBytes,
            ProcessorCount = processors,
            Topology = topology,
            CpuAffinity = Given(nameof(CpuAffinity)) ? CpuAffinity ?? [] : now.CpuAffinity,
            KernelPath = Given(nameof(Kernel)) ? ResolvePath(Kernel) : now.KernelPath,
            InitrdPath = !Given(nameof(Initrd)) ? now.InitrdPath : string.IsNullOrEmpty(Initrd) ? null : ResolvePath(Initrd),
            CommandLine = Given(nameof(CommandLine)) ? CommandLine ?? "" : now.CommandLine,
            RebootAction = Given(nameof(RebootAction)) ? RebootAction : now.RebootAction,
        };
    }

    // A topology says how many there are; a number alone does away with a topology that it does not fit.
    (CpuTopology? Topology, int Processors) Processors(MachineConfiguration now)
    {
        int processors = Given(nameof(ProcessorCount)) ? ProcessorCount : now.ProcessorCount;
        if (!Given(nameof(Topology)))
            return (now.Topology?.ProcessorCount == processors ? now.Topology : null, processors);
        var topology = string.IsNullOrEmpty(Topology) ? null : CpuTopology.Parse(Topology);
        return (topology, topology is null || Given(nameof(ProcessorCount)) ? processors : topology.ProcessorCount);
    }

    bool Given(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
