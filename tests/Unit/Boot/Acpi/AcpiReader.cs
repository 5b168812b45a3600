using System.Buffers.Binary;
using System.Text;
using PSToyVmm.Engine.Memory;
using Xunit;

namespace PSToyVmm.Tests.Unit.Boot.Acpi;

/// <summary>Finds the tables as an operating system does: root, XSDT, and the DSDT by way of the FADT. Checks lengths and checksums on the way.</summary>
sealed class AcpiReader
{
    readonly GuestMemory _memory;
    readonly Dictionary<string, (ulong Address, byte[] Bytes)> _tables = [];

    public AcpiReader(GuestMemory memory, GuestAddress root)
    {
        _memory = memory;
        Root = memory.Slice(root, 36).ToArray();
        AssertSum(Root.AsSpan(0, 20));
        AssertSum(Root);
        byte[] xsdt = Read(U64(Root, 24));
        for (int at = 36; at < xsdt.Length; at += 8) Order.Add(Signature(Read(U64(xsdt, at))));
        Read(U64(this["FACP"], 140));
    }

    public byte[] Root { get; }

    /// <summary>Signatures in the XSDT's order.</summary>
    public List<string> Order { get; } = [];

    public byte[] this[string signature] => _tables[signature].Bytes;

    public IReadOnlyDictionary<string, (ulong Address, byte[] Bytes)> Tables => _tables;

    public static uint U32(byte[] table, int at) => BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(at));

    public static ulong U64(byte[] table, int at) => BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(at));

    byte[] Read(ulong address)
    {
        byte[] table = _memory.Slice(new(address), _memory.Ref<int>(new(address + 4))).ToArray();
        AssertSum(table);
        _tables.Add(Signature(table), (address, table));
        return table;
    }

    static string Signature(byte[] table) => Encoding.ASCII.GetString(table, 0, 4);

    public static void AssertSum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes) sum += value;
        Assert.Equal(0, sum);
    }
}
