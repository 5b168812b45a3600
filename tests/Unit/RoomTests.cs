using System.Text.RegularExpressions;
using Xunit;

namespace PSToyVmm.Tests.Unit;

/// <summary>The rules of the house (docs/architecture.md): which room may name which, and what no source file may hold.</summary>
public sealed partial class RoomTests
{
    const string Engine = "src/PSToyVmm.Engine";
    const int MaxLines = 500;

    static readonly string[] s_rooms =
        ["Native", "Memory", "Bus", "Kvm", "Boot", "Devices", "Virtio", "Backends", "Consoles", "Vcpus", "Snapshots", "Machines", "Formats"];

    [Theory]
    [InlineData("Native", "")]
    [InlineData("Memory", "Native")]
    [InlineData("Bus", "")]
    [InlineData("Kvm", "Native")]
    [InlineData("Boot", "Memory")]
    [InlineData("Devices", "Bus")]
    [InlineData("Virtio", "Bus Memory")]
    [InlineData("Backends", "Native Virtio")]
    [InlineData("Consoles", "")]
    [InlineData("Vcpus", "Native Kvm Bus Memory")] // Native for the kick's signal mask
    [InlineData("Snapshots", "Memory")]
    [InlineData("Machines", "Native Memory Bus Kvm Boot Devices Virtio Backends Consoles Vcpus Snapshots")]
    [InlineData("Formats", "Memory Boot Vcpus Machines")]
    public void A_room_names_no_room_it_may_not_import(string room, string allowed)
    {
        string[] forbidden = [.. s_rooms.Except(allowed.Split(' ')).Where(other => other != room)];
        Assert.Empty(LinesThatName(forbidden, $"{Engine}/{room}"));
    }

    [Fact]
    public void The_module_names_of_the_engine_only_what_users_see() =>
        Assert.Empty(LinesThatName([.. s_rooms.Except(["Machines", "Formats", "Memory", "Consoles", "Vcpus", "Boot"]), @"Boot(?!\.Initramfs)"], "src/PSToyVmm"));

    [Fact]
    public void Every_folder_of_the_engine_is_a_room_of_the_design() =>
        Assert.Empty(Directory.GetDirectories(Repository.PathOf(Engine)).Select(Path.GetFileName).Except([.. s_rooms, "bin", "obj"]));

    [Fact]
    public void The_engine_names_neither_a_console_nor_PowerShell() =>
        Assert.Empty(LinesThatMatch(new Regex(@"\bConsole\.[A-Z]|System\.Management\.Automation|Cmdlet"), Engine));

    [Fact]
    public void Pointers_stay_where_the_kernel_is_near() =>
        Assert.DoesNotContain(LinesThatMatch(new Regex(@"\bunsafe\b"), Engine),
            line => !Regex.IsMatch(line, $"^{Engine}/(Native|Kvm|Memory)/|^{Engine}/Vcpus/VcpuKick"));

    [Fact]
    public void No_source_file_is_long() =>
        Assert.Empty(Sources("src").Where(file => File.ReadLines(file).Count() > MaxLines).Select(Relative));

    [Fact]
    public void No_source_file_is_unfinished() =>
        Assert.Empty(Sources("src").SelectMany(file => File.ReadLines(file).Where(line => Unfinished().IsMatch(line)).Select(line => $"{Relative(file)}: {line.Trim()}")));

    [Theory]
    [InlineData("using PSToyVmm.Engine.Kvm;", true)]
    [InlineData("    Kvm.VmHandle vm;", true)]
    [InlineData("    PSToyVmm.Engine.Kvm.VmHandle vm;", true)]
    [InlineData("    KvmException e;", false)]
    [InlineData("    other.Kvm.Call();", false)]
    [InlineData("    // as Kvm.VmHandle does", false)]
    public void The_rule_sees_a_name_however_it_is_reached(string line, bool seen) =>
        Assert.Equal(seen, !IsComment(line) && Naming(["Kvm"]).IsMatch(line));

    // Sibling namespaces can be named relatively, without a using: so names are looked for, not only usings.
    static Regex Naming(string[] rooms) => new($@"(?<![\w.""])(PSToyVmm\.Engine\.)?({string.Join('|', rooms)})(\.[A-Z]|;)");

    static IEnumerable<string> LinesThatName(string[] rooms, string folder) => LinesThatMatch(Naming(rooms), folder);

    static IEnumerable<string> LinesThatMatch(Regex rule, string folder) =>
        from file in Sources(folder)
        from line in File.ReadLines(file)
        where !IsComment(line) && rule.IsMatch(line)
        select $"{Relative(file)}: {line.Trim()}";

    static bool IsComment(string line) => line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    static IEnumerable<string> Sources(string folder) => !Directory.Exists(Repository.PathOf(folder)) ? []
        : Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj"));

    static string Relative(string file) => Path.GetRelativePath(Repository.Root, file);

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
