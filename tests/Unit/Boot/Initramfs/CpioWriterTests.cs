using CsCheck;
using PSToyVmm.Engine;
using PSToyVmm.Engine.Boot.Initramfs;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Initramfs;

public class CpioWriterTests
{
    const UnixFileMode Executable = (UnixFileMode)0b111_101_101, Private = (UnixFileMode)0b110_000_000;

    [Fact]
    public void Every_field_of_every_kind_is_what_was_given()
    {
        var entries = CpioReader.Read(Archive(cpio =>
        {
            cpio.AddDirectory("dev", Executable);
            cpio.AddFile("dev/file", Private | UnixFileMode.SetUser, new MemoryStream("hello"u8.ToArray()), 5);
            cpio.AddSymlink("dev/link", "../nowhere");
            cpio.AddDevice("dev/sda", Private, DeviceKind.Block, 8, 1);
            cpio.AddDevice("dev/ttyS0", Private, DeviceKind.Character, 4, 64);
            cpio.AddFifo("dev/pipe", Private);
        }, modified: 1_700_000_000));

        Assert.Equal(
            ["d 40755 2 0:0 dev ", "- 104600 1 0:0 dev/file hello", "l 120777 1 0:0 dev/link ../nowhere",
                "b 60600 1 8:1 dev/sda ", "c 20600 1 4:64 dev/ttyS0 ", "p 10600 1 0:0 dev/pipe "],
            entries.Select(e => $"{e.Kind} {Convert.ToString(e.Mode, 8)} {e.Links} {e.Major}:{e.Minor} {e.Name} {e.Text}"));
        Assert.All(entries, e => Assert.Equal((0u, 0u, 1_700_000_000u, 0u, 0u, 0u), (e.User, e.Group, e.Modified, e.HostMajor, e.HostMinor, e.Checksum)));
        Assert.Equal(entries.Count, entries.Select(e => e.Inode).Distinct().Count());
    }

    [Fact]
    public void Any_name_and_content_comes_back_whole() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Byte.Array[0, 300]).Array[0, 20].Sample(files =>
        {
            var entries = CpioReader.Read(Archive(cpio =>
            {
                foreach (var (name, content) in files) cpio.AddFile(name, Private, new MemoryStream(content), content.Length);
            }));
            Assert.Equal(files.Length, entries.Count);
            foreach (var ((name, content), entry) in files.Zip(entries))
            {
                Assert.Equal(name, entry.Name);
                Assert.Equal(content, entry.Content);
            }
        });

    [Theory, InlineData(""), InlineData("/etc"), InlineData("TRAILER!!!"), InlineData("a\0b")]
    public void A_name_that_would_break_the_archive_is_refused(string name) => AssertRefused(cpio => cpio.AddDirectory(name, Executable));

    [Fact]
    public void A_name_that_Linux_cannot_hold_is_refused()
    {
        AssertRefused(cpio => cpio.AddDirectory(new string('ä', 128), Executable));                                 // 256 bytes
        AssertRefused(cpio => cpio.AddDirectory(string.Join('/', Enumerable.Repeat(new string('x', 255), 17)), Executable)); // 4351
        Archive(cpio => cpio.AddDirectory(new string('x', 255), Executable));
    }

    [Theory, InlineData(""), InlineData("a\0b")]
    public void A_link_to_no_possible_path_is_refused(string target) => AssertRefused(cpio => cpio.AddSymlink("link", target));

    [Fact]
    public void Four_gigabytes_are_refused_and_named() =>
        Assert.Contains("'big' has 4294967296 bytes", AssertRefused(cpio => cpio.AddFile("big", Private, Stream.Null, 1L << 32)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_shrinks_meanwhile_is_an_error() => AssertRefused(cpio => cpio.AddFile("log", Private, new MemoryStream(new byte[7]), 8));

    [Fact]
    public void A_file_that_grows_meanwhile_is_cut_where_it_ended() =>
        Assert.Equal("abc", CpioReader.Read(Archive(cpio => cpio.AddFile("log", Private, new MemoryStream("abcdef"u8.ToArray()), 3)))[0].Text);

    internal static byte[] Archive(Action<CpioWriter> add, uint modified = 0)
    {
        using var output = new MemoryStream();
        var cpio = new CpioWriter(output, modified);
        add(cpio);
        cpio.Finish();
        return output.ToArray();
    }

    static VmException AssertRefused(Action<CpioWriter> add)
    {
        var refusal = Assert.Throws<VmException>(() => Archive(add));
        Assert.Equal(VmErrorId.InitrdSourceInvalid, refusal.Id);
        return refusal;
    }
}
