namespace PSToyVmm.Engine;

/// <summary>Every error id a user can meet. They are API: tests and scripts compare them, docs/errors.md lists them.</summary>
public static class VmErrorId
{
    // Files the user names
#pragma warning disable CS1591 // the names say it; docs/errors.md gives cause and cure of each
    public const string FileNotFound = nameof(FileNotFound);
    public const string PathIsDirectory = nameof(PathIsDirectory);
    public const string PathNotFileSystem = nameof(PathNotFileSystem);
    public const string FileEmpty = nameof(FileEmpty);
    public const string FileUnreadable = nameof(FileUnreadable);
    public const string FileUnwritable = nameof(FileUnwritable);

    // Kernels
    public const string KernelNotRecognized = nameof(KernelNotRecognized);
    public const string KernelArchitectureUnsupported = nameof(KernelArchitectureUnsupported);
    public const string KernelTruncated = nameof(KernelTruncated);
    public const string KernelMalformed = nameof(KernelMalformed);
    public const string KernelHasNoSegments = nameof(KernelHasNoSegments);
    public const string KernelSegmentsOverlap = nameof(KernelSegmentsOverlap);
    public const string KernelSegmentOutsideMemory = nameof(KernelSegmentOutsideMemory);
    public const string KernelSegmentInLowMemory = nameof(KernelSegmentInLowMemory);
    public const string KernelEntryOutsideSegments = nameof(KernelEntryOutsideSegments);
    public const string KernelProtocolTooOld = nameof(KernelProtocolTooOld);
    public const string KernelNot64Bit = nameof(KernelNot64Bit);
    public const string KernelPayloadUnsupported = nameof(KernelPayloadUnsupported);
    public const string KernelPayloadDamaged = nameof(KernelPayloadDamaged);
    public const string BootProtocolUnavailable = nameof(BootProtocolUnavailable);
    public const string MultibootHeaderInvalid = nameof(MultibootHeaderInvalid);
    public const string MultibootFeatureUnsupported = nameof(MultibootFeatureUnsupported);

    // Initrd, command line, memory
    public const string InitrdDoesNotFit = nameof(InitrdDoesNotFit);
    public const string ModuleDoesNotFit = nameof(ModuleDoesNotFit);
    public const string ModuleInvalid = nameof(ModuleInvalid);
    public const string CommandLineTooLong = nameof(CommandLineTooLong);
    public const string CommandLineInvalid = nameof(CommandLineInvalid);
    public const string MemoryTooSmall = nameof(MemoryTooSmall);
    public const string MemoryNotPageAligned = nameof(MemoryNotPageAligned);
    public const string MemoryTooLarge = nameof(MemoryTooLarge);
    public const string MemoryUnavailable = nameof(MemoryUnavailable);
    public const string MemoryFileInvalid = nameof(MemoryFileInvalid);
    public const string HugePagesUnavailable = nameof(HugePagesUnavailable);

    // Processors
    public const string ProcessorCountInvalid = nameof(ProcessorCountInvalid);
    public const string ProcessorCountTooLarge = nameof(ProcessorCountTooLarge);
    public const string CpuAffinityInvalid = nameof(CpuAffinityInvalid);
    public const string TopologyInvalid = nameof(TopologyInvalid);
    public const string CpuTemplateInvalid = nameof(CpuTemplateInvalid);
    public const string CpuTemplateUnsupported = nameof(CpuTemplateUnsupported);

    // Files of a machine's configuration
    public const string ConfigurationInvalid = nameof(ConfigurationInvalid);
    public const string ConfigurationUnsupported = nameof(ConfigurationUnsupported);
    public const string ConfigurationVersionUnsupported = nameof(ConfigurationVersionUnsupported);

    // Commands in the guest
    public const string GuestShellNotReady = nameof(GuestShellNotReady);
    public const string GuestCommandTimeout = nameof(GuestCommandTimeout);
    public const string GuestCommandEnded = nameof(GuestCommandEnded);
    public const string GuestCommandInvalid = nameof(GuestCommandInvalid);
    public const string GuestFileExists = nameof(GuestFileExists);
    public const string GuestFileNotFound = nameof(GuestFileNotFound);
    public const string GuestFileFailed = nameof(GuestFileFailed);

    // Debugging devices and firmware configuration
    public const string PortUnavailable = nameof(PortUnavailable);
    public const string FirmwareFileInvalid = nameof(FirmwareFileInvalid);

    // Kernel modules for an initrd
    public const string KernelModuleTreeNotFound = nameof(KernelModuleTreeNotFound);
    public const string KernelModuleNotFound = nameof(KernelModuleNotFound);
    public const string KernelModuleInvalid = nameof(KernelModuleInvalid);

    // Disks
    public const string DiskFormatUnsupported = nameof(DiskFormatUnsupported);
    public const string DiskSizeInvalid = nameof(DiskSizeInvalid);
    public const string DiskInUse = nameof(DiskInUse);
    public const string DiskOptionInvalid = nameof(DiskOptionInvalid);
    public const string DiskNotFound = nameof(DiskNotFound);
    public const string DiskFileExists = nameof(DiskFileExists);
    public const string DiskContentFailed = nameof(DiskContentFailed);
    public const string Mke2fsNotFound = nameof(Mke2fsNotFound);

    // Networks
    public const string NetworkOptionInvalid = nameof(NetworkOptionInvalid);
    public const string NetworkAdapterNotFound = nameof(NetworkAdapterNotFound);
    public const string NetworkTapUnavailable = nameof(NetworkTapUnavailable);
    public const string NetworkTapInUse = nameof(NetworkTapInUse);
    public const string NetworkAccessDenied = nameof(NetworkAccessDenied);
    public const string NetworkInterfaceFailed = nameof(NetworkInterfaceFailed);
    public const string PasstNotFound = nameof(PasstNotFound);
    public const string PasstFailed = nameof(PasstFailed);
    public const string PortInUse = nameof(PortInUse);

    // Virtio devices
    public const string TooManyDevices = nameof(TooManyDevices);

    // Machines
    public const string NameInUse = nameof(NameInUse);
    public const string NameInvalid = nameof(NameInvalid);
    public const string VmNotFound = nameof(VmNotFound);
    public const string VmAlreadyRunning = nameof(VmAlreadyRunning);
    public const string VmNotRunning = nameof(VmNotRunning);
    public const string VmPaused = nameof(VmPaused);
    public const string VmRunning = nameof(VmRunning);
    public const string ProcessorNotFound = nameof(ProcessorNotFound);
    public const string MemoryAddressInvalid = nameof(MemoryAddressInvalid);
    public const string VmRemoved = nameof(VmRemoved);
    public const string VmWaitTimeout = nameof(VmWaitTimeout);

    // Consoles
    public const string ConsolePortNotFound = nameof(ConsolePortNotFound);
    public const string SerialWaitTimeout = nameof(SerialWaitTimeout);
    public const string SerialWaitEnded = nameof(SerialWaitEnded);
    public const string SerialPatternInvalid = nameof(SerialPatternInvalid);
    public const string TerminalRequired = nameof(TerminalRequired);
    public const string BreakUnavailable = nameof(BreakUnavailable);

    // The host
    public const string PlatformNotSupported = nameof(PlatformNotSupported);
    public const string KvmNotPresent = nameof(KvmNotPresent);
    public const string KvmAccessDenied = nameof(KvmAccessDenied);
    public const string KvmVersionUnsupported = nameof(KvmVersionUnsupported);
    public const string KvmCapabilityMissing = nameof(KvmCapabilityMissing);
    public const string KvmCallFailed = nameof(KvmCallFailed);

    // Building an initrd
    public const string InitrdSourceInvalid = nameof(InitrdSourceInvalid);
    public const string PreferenceInvalid = nameof(PreferenceInvalid);
    public const string InitrdInitMissing = nameof(InitrdInitMissing);
    public const string BusyboxNotFound = nameof(BusyboxNotFound);
    public const string BusyboxNotStatic = nameof(BusyboxNotStatic);
#pragma warning restore CS1591
}
