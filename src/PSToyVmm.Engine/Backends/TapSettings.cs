using System.Net;

namespace PSToyVmm.Engine.Backends;

/// <summary>A tap to make or to use.</summary>
/// <param name="Name">The interface's name; with %d at its end for the first that is free.</param>
/// <param name="Mtu">0 for what it has, or 1500.</param>
/// <param name="Bridge">A bridge to join; empty for none.</param>
/// <param name="HostAddress">The host's own address on it; null for what it has.</param>
/// <param name="HostPrefix">Bits of that address that are its network's.</param>
sealed record TapSettings(string Name, int Mtu = 0, string Bridge = "", IPAddress? HostAddress = null, int HostPrefix = 0);
