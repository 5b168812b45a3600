using System.Management.Automation;

namespace PSToyVmm;

/// <summary>A cmdlet that can leave its work to a job in the background, as Hyper-V's can.</summary>
interface IVmJobCmdlet
{
    /// <summary>Whether it shall.</summary>
    SwitchParameter AsJob { get; }
}
