namespace PSToyVmm.Engine.Machines;

/// <summary>What a network adapter's wire leads to.</summary>
public enum NetworkType
{
    /// <summary>The host's network as one of its programs has it, through passt: without rights on the host.</summary>
    User,
    /// <summary>A tap: an interface of the host, which routes or bridges.</summary>
    Tap,
}
