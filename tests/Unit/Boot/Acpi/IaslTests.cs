using PSToyVmm.Engine.Boot.Acpi;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Acpi;

/// <summary>The reference compiler takes every table apart and puts it together again: no errors, no warnings, the same bytes.</summary>
public sealed class IaslTests : IDisposable
{
    const int Checksum = 9, Creator = 28, HeaderEnd = 36;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pstoyvmm-");

    public void Dispose() => _folder.Delete(recursive: true);

    [IaslFact]
    public void Every_table_compiles_without_a_word_and_to_the_same_bytes() => Judge(AcpiTablesTests.Everything);

    [IaslFact]
    public void Those_of_a_bare_machine_do() => Judge(new([0], new(0x600, 5, 1)));

    [IaslFact]
    public void Those_of_a_machine_with_x2APICs_do() => Judge(AcpiTablesTests.Everything with { ApicIds = [0, 254, 255, 1000] });

    [IaslFact]
    public void Everything_that_the_writer_knows_does() => Judge(AcpiTablesTests.Everything with
    {
        Devices =
        [
            new AcpiDevice("TEST", "PSTV0001", 0, AcpiResource.Memory(0xd000_2000, 0x1000))
            {
                Objects =
                [
                    Aml.Name("LIST", Aml.Package(0, 1, 0xff, 0xffff, 0xffff_ffff, 0x1_0000_0000, ulong.MaxValue, Aml.Text("text"), Aml.Buffer(new byte[100]))),
                    Aml.OperationRegion("REGS", AmlAddressSpace.SystemMemory, 0xd000_2000, 0x1000),
                    Aml.Field("REGS", AmlAccess.DWord, ("STAT", 32), ("FAR", 5000), ("CTRL", 1)),
                    Aml.Method("LOOK", 2,
                        Aml.Store(Aml.Reference("STAT"), Aml.Local(0)),
                        Aml.If(Aml.And(Aml.Equal(Aml.Arg(0), 1), Aml.Not(Aml.Or(Aml.Arg(1), Aml.Local(0)))),
                            Aml.Store(1, Aml.Reference("CTRL"))),
                        Aml.Else(Aml.Notify("^^TEST", 0x80)),
                        Aml.Return(Aml.Local(0))),
                    Aml.Name("LONG", Aml.Buffer(new byte[5000])),
                ],
            },
        ],
    });

    void Judge(AcpiPlatform platform)
    {
        AcpiReader acpi = AcpiTablesTests.Write(platform);
        foreach ((string signature, (_, byte[] table)) in acpi.Tables)
        {
            File.WriteAllBytes(Path.Combine(_folder.FullName, $"{signature}.aml"), table);
            string disassembly = IaslFactAttribute.Run(_folder.FullName, "-d", $"{signature}.aml");
            Assert.Contains($"{signature}.dsl", disassembly);
            Assert.DoesNotMatch("(?i)error|warning|invalid", disassembly);

            // Unoptimized: it would shorten paths that are absolute on purpose.
            string compilation = IaslFactAttribute.Run(_folder.FullName, "-oa", "-p", $"{signature}-again", $"{signature}.dsl");
            Assert.Contains("0 Errors, 0 Warnings", compilation);
            Assert.Equal(WithoutCompiler(table), WithoutCompiler(File.ReadAllBytes(Path.Combine(_folder.FullName, $"{signature}-again.aml"))));
        }
    }

    // The compiler puts its own name and version into the header, and the checksum follows.
    static byte[] WithoutCompiler(byte[] table) => [.. table[..Checksum], .. table[(Checksum + 1)..Creator], .. table[HeaderEnd..]];
}
