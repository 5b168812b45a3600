using System.Reflection;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using Xunit;

namespace PSToyVmm.Tests.Unit;

/// <summary>docs/errors.md and the code know the same error ids.</summary>
public partial class ErrorIdTests
{
    static readonly string[] s_ids = [.. typeof(VmErrorId).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!)];

    static readonly string[] s_documented =
        [.. File.ReadLines(Repository.PathOf("docs/errors.md")).Select(line => Row().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    static readonly string s_source = string.Concat(
        Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories).Where(file => !file.EndsWith("VmErrorId.cs", StringComparison.Ordinal)).Select(File.ReadAllText));

    [Fact]
    public void Every_id_has_its_name_for_a_value() =>
        Assert.All(typeof(VmErrorId).GetFields(), field => Assert.Equal(field.Name, field.GetRawConstantValue()));

    [Fact]
    public void Every_id_is_explained() => Assert.Empty(s_ids.Except(s_documented));

    [Fact]
    public void Every_id_is_raised_somewhere() => Assert.All(s_ids, id => Assert.Contains($"VmErrorId.{id}", s_source));

    [Fact]
    public void What_is_explained_exists() =>
        Assert.All(s_documented.Except(s_ids), id => Assert.Contains($"\"{id}\"", s_source));

    [GeneratedRegex(@"^\| ([A-Z]\w+) \| (?!What it means)")]
    private static partial Regex Row();
}
