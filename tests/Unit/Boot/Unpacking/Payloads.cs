using System.IO.Compression;

namespace PSToyVmm.Tests.Unit.Boot.Unpacking;

/// <summary>One small vmlinux, packed by each compression that Linux knows, as its Makefiles call the tools.</summary>
static class Payloads
{
    static readonly Dictionary<string, string> s_packed = new()
    {
        // xz --check=crc32 --x86 --lzma2=dict=64KiB
        ["xz"] = "/Td6WFoAAAFpIt42AgEEACEBCADSuXTL4AR3ASRdAD+RRYRoPYmm2orMk+Y3dpW6C093ftFlTd+OyYnv0ykyYupNwDOquM16KOrZj19R52NmYI3IgYG2CzN4lNjb8Mh4eEdxrsH6/P6k6pnCLbslpNyeqLfl8tOD/ZS47FYU46jAtIJtx9ND+P73XyFFl18G/bUaDuqwneL5kSduw724c6vhaN4h8dyFJXDdKoASyihnD8BjwgCDUJmXB62KGlDWfe7VlcOvZTClar/tJ+8RXUHBLzpyFdOLvCuoCdtnapLq44pkJfDDyZDkLxEvnuEH5jeP77nmPMa4JROKGkbE/JFF9+8EgaUc/pRDbkFvptY/72PqJ+flvtuK+s7A8s9oVTRNYXZQF5+3RLx/MAPX5rLcD/x/bPDldRwBRdfsCJ90PgAAJiJxkQABvAL4CAAAQztcmT4wDYsCAAAAAAFZWg==",
        // zstd -19
        ["zstd"] = "KLUv/WR4A90JAKQRf0VMRgIBAQACAD4gQABAADgAAQF4IID/AAQQBw4VHCMqMTg/Rk1UW2JpcHd+hYyTmqGor7a9xMvS2eDn7vX8AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vMPK0djf5u30+wIJEBceJSwzOkFIT1ZdZGtyeYCHjpWco6qxuL/GzdTb4unw9/4FDBMaISgvNj1ES1JZYGdudXyDipGYn6attLvCydDX3uXs8/oBCA8WHSQrMjlAR05VXGNqcXh/ho2Um6KpsLe+xczT2uHo7/b9BAsSGSAnLjU8Q0pRWF9mbXR7gomQl56lrLO6wcjP1t3k6/L5DAD/fgNbCRI6g9xDIOwLJqhyILOe2Xu9pTTR4sYLuBY+zA0=",
        // lz4 -l -9
        ["lz4"] = "AiFMGEcBAACEf0VMRgIBAQABADMCAD4KABEgBgAuQAABAFNAADgAARoABDoAFXgeAGQggP////9AACMABBcAGxBFAP/wBw4VHCMqMTg/Rk1UW2JpcHd+hYyTmqGor7a9xMvS2eDn7vX8AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vMPK0djf5u30+wIJEBceJSwzOkFIT1ZdZGtyeYCHjpWco6qxuL/GzdTb4unw9/4FDBMaISgvNj1ES1JZYGdudXyDipGYn6attLvCydDX3uXs8/oBCA8WHSQrMjlAR05VXGNqcXh/ho2Um6KpsLe+xczT2uHo7/b9BAsSGSAnLjU8Q0pRWF9mbXR7gomQl56lrLO6wcjP1t3k6/L5AAH//+pQ3eTr8vk=",
        // bzip2 -9
        ["bzip2"] = "QlpoOTFBWSZTWcPIZxwAASR/////////////////////////////////////////////wAI8AACTAATAAEwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAASYACYAAmAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACTAATAAEwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACqpEm1CemgT01HkAAJgCY0TTBMmaGoYajEaaYTEwTBDaJgjEwRgTTBGhiGmAAAmjAmJkMCGJpgJppoaaMaBpXaGiVyLYGOiTNAmIUECtQh2oIUEyjJpBFIfbIc3skPuHdIcETvEOYIUaSEOCMIhHEV4JNieEeeERcTwyQIwkSek+J+SJQCglCKGUQopRijk5nVII+klKKWeIUwppTSnFPKgVEqRUyqHilVKsVckisFZPGK0SHjlbK4V0rxXyJ5BXiHJU6wFhPJLEWMxcmStlJMsxKHlHlnmQJQs5aC0lqJUjTzTzi1lsLaeeegW49Et56RcC4lyLmemXQupdj1C7l4LyXovZ6pfC+l+L+YA9Y9c9gwJLFuwRgz2TCGFMMYcw2HMQW/2j2zEmKMWWA9wxhjTHGPMge6e8ZEyRkzKGVMse+Zc+AzBmTNGbM4fCfEZ0+M+Q+UzxnzQHzHzn0GhPpNEaM0hpTTGnNQak1RqzWGtNca82BsTZGzNofUbU+s+w2xtzcG5N0bs+03hvTfH3G/OAfefgficE4RwziHFOMfkfmfocc5ByT9TlH7HLOYc05xzzoHRP3OkfwdM/k6h/R/Z/h1T/TrH/H/nXOwdklztHbO4d07xLzBCS3fF3JFOFCQw8hnHA=",
        // xz --format=lzma -9
        ["lzma"] = "XQAAAAT//////////wA/kUWEaD2JptqKzJPmN3aVugtPd37RZU3fjsmJ79MpMmLqTcAzqrjNeijq2Y9fUedjZmCNyIGBtgszeJTY2/DIeHhHca7B+vz+pOqZwi27JaTcnqi35fLTg/2UuOxWFOOowLSCbcfTQ/j+918hRZdfBv21Gg7qsJ3i+ZEnbsO9uHOr4WjeIfHchSVw3SqAEsooZw/AY8IAg1CZlwetihpQ1n3u1ZXDr2UwpWq/7SfvEV1BwS86chXTi7wrqAnbZ2qS6uOKZCXww8mQ5C8RL57hB+Y3j++55jzGuCUTihpGxPyRRffvBIGlHP6UQ25Bb6bWP+9j6ifn5b7bivrOwPLPaFU0TWF2UBeft0S8fzAD1+ay3A/8f2zw5XUcAUXX7Ai+3HZf/+4P2SA=",
    };

    /// <summary>Where the payload begins in the code of <see cref="BzImage"/>.</summary>
    public const int Offset = 0x210;

    public static ElfBuilder Kernel { get; } = new()
    {
        Segments = [new() { Content = [.. Enumerable.Range(0, 0x400).Select(i => (byte)(i * 7))], MemorySize = 0x1000 }],
    };

    public static IEnumerable<string> Names => ["gzip", .. s_packed.Keys];

    /// <summary>With the size at its end that every payload has: gzip's own, and one appended for the others.</summary>
    public static byte[] Pack(string name) => name == "gzip" ? Gzip(Kernel.Build()) : [.. Convert.FromBase64String(s_packed[name]), .. BitConverter.GetBytes(Kernel.Build().Length)];

    public static byte[] Gzip(byte[] content)
    {
        MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.SmallestSize)) stream.Write(content);
        return packed.ToArray();
    }

    public static byte[] BzImage(byte[] payload, byte[]? code = null, uint initSize = 0x3000)
    {
        byte[] whole = new byte[(Offset + payload.Length + 15) & ~15];
        code?.CopyTo(whole, 0x200);
        payload.CopyTo(whole, Offset);
        return new BzImageBuilder { Code = whole, PayloadOffset = Offset, PayloadLength = (uint)payload.Length, InitSize = initSize }.Build();
    }
}
