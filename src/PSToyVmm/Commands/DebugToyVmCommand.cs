using System.Management.Automation;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Machines;

namespace PSToyVmm;

/// <summary>Looks into machines that run or are paused, or knocks at them: registers, memory, non-maskable interrupts.</summary>
[Cmdlet(VerbsDiagnostic.Debug, "ToyVm", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessorRegisters), typeof(VmMemory), typeof(FileInfo), typeof(VirtualMachine), typeof(Job))]
public sealed class DebugToyVmCommand : VmTargetCmdlet, IVmJobCmdlet
{
    string? _path;
    bool _yesToAll, _noToAll;

    /// <summary>Injects a non-maskable interrupt.</summary>
    [Parameter, Alias("Nmi")]
    public SwitchParameter InjectNonMaskableInterrupt { get; set; }

    /// <summary>Emits the registers of every processor.</summary>
    [Parameter]
    public SwitchParameter Register { get; set; }

    /// <summary>Emits the memory at this address.</summary>
    [Parameter]
    [AddressArgument]
    public ulong ReadMemory { get; set; }

    /// <summary>How many bytes of it.</summary>
    [Parameter]
    [ValidateRange(1, 1 << 30)]
    public int Length { get; set; } = 256;

    /// <summary>The address is a linear one, which the page tables of the (first) processor map.</summary>
    [Parameter]
    public SwitchParameter Virtual { get; set; }

    /// <summary>Writes all memory to this file.</summary>
    [Parameter]
    [PathArgument, ValidateNotNullOrEmpty]
    public string DumpMemory { get; set; } = "";

    /// <summary>What the file is to look like.</summary>
    [Parameter]
    public MemoryDumpFormat DumpFormat { get; set; } = MemoryDumpFormat.Elf;

    /// <summary>Which processors; without it, all.</summary>
    [Parameter]
    [ValidateNotNull]
    public int[] Processor { get; set; } = [];

    /// <summary>Do not ask before the interrupt; replace a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emit the machine after the interrupt.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do it in a background job, and emit the job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    bool IsToRead => MyInvocation.BoundParameters.ContainsKey(nameof(ReadMemory));

    bool IsToDump => MyInvocation.BoundParameters.ContainsKey(nameof(DumpMemory));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        bool[] asked = [InjectNonMaskableInterrupt, Register, IsToRead, IsToDump];
        if (asked.Count(wanted => wanted) != 1)
            Refuse("DebugActionInvalid", "Give one of -InjectNonMaskableInterrupt, -Register, -ReadMemory and -DumpMemory.");
        if (IsToDump)
            _path = OrEnd(DumpMemory, () => ResolvePath(DumpMemory));
    }

    /// <inheritdoc/>
    protected override bool Wants(VirtualMachine vm) => InjectNonMaskableInterrupt ? MayInterrupt(vm) : !IsToDump || ShouldProcess(vm?.Name, $"Dump memory to '{_path}'");

    /// <inheritdoc/>
    protected override void ProcessMachine(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        if (!Wants(vm))
            return;
        if (InjectNonMaskableInterrupt)
            Interrupt(vm);
        else if (Register)
            WriteObject(vm.ReadRegisters(Processor, StopToken), enumerateCollection: true);
        else if (IsToRead)
            WriteObject(new VmMemory(vm.Name, ReadMemory, Virtual, Virtual
                ? vm.ReadVirtualMemory(ReadMemory, Length, Processor is [var first, ..] ? first : 0, StopToken)
                : vm.ReadMemory(ReadMemory, Length)));
        else
            Dump(vm);
    }

    // An explicit -Confirm:$false is an answer, too: a job has it, whose user was asked before.
    bool MayInterrupt(VirtualMachine vm)
    {
        if (IsOff(vm))
            throw new VmException(VmErrorId.VmNotRunning, VmErrorKind.InvalidState, $"'{vm.Name}' is {vm.State}; it has to run or to be paused.");
        bool isAnswered = Force || (MyInvocation.BoundParameters.TryGetValue("Confirm", out object? confirm) && !LanguagePrimitives.IsTrue(confirm));
        return ShouldProcess(vm.Name, "Inject a non-maskable interrupt")
            && (isAnswered || ShouldContinue($"The guest of '{vm.Name}' may panic, as kernels can be set up to do at a non-maskable interrupt. Inject it?",
                "Inject a non-maskable interrupt", ref _yesToAll, ref _noToAll));
    }

    void Interrupt(VirtualMachine vm)
    {
        vm.InjectNonMaskableInterrupt(Processor, StopToken);
        if (PassThru)
            WriteObject(vm);
    }

    void Dump(VirtualMachine vm)
    {
        vm.DumpMemory(_path!, DumpFormat, Force, StopToken);
        WriteObject(InvokeProvider.Item.Get([_path!], force: false, literalPath: true), enumerateCollection: true);
    }
}
