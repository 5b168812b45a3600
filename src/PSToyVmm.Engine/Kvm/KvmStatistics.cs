using System.Text;
using Microsoft.Win32.SafeHandles;
using PSToyVmm.Engine.Kvm.Structs;
using PSToyVmm.Engine.Native;

namespace PSToyVmm.Engine.Kvm;

/// <summary>
/// The counters that KVM keeps of a machine or a vCPU (KVM_GET_STATS_FD), exits handled in the kernel included.
/// The descriptors are read once; a reading is one pread and does not stop the guest.
/// </summary>
sealed unsafe class KvmStatistics : IDisposable
{
    readonly SafeFileHandle _file;
    readonly (string Name, KvmStatsDescriptor Descriptor)[] _descriptors;
    readonly long _dataOffset;
    readonly int _dataSize;

    KvmStatistics(SafeFileHandle file)
    {
        _file = file;
        KvmStatsHeader header = default;
        ReadExactly(new Span<byte>(&header, sizeof(KvmStatsHeader)), 0);
        int stride = sizeof(KvmStatsDescriptor) + (int)header.NameSize;
        byte[] table = new byte[checked(stride * (int)header.NumDesc)];
        ReadExactly(table, header.DescOffset);
        _descriptors = new (string, KvmStatsDescriptor)[header.NumDesc];
        for (int i = 0; i < _descriptors.Length; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * stride, stride);
            ReadOnlySpan<byte> name = entry[sizeof(KvmStatsDescriptor)..];
            int end = name.IndexOf((byte)0);
            KvmStatsDescriptor descriptor = System.Runtime.InteropServices.MemoryMarshal.Read<KvmStatsDescriptor>(entry);
            _descriptors[i] = (Encoding.ASCII.GetString(end < 0 ? name : name[..end]), descriptor);
            _dataSize = Math.Max(_dataSize, (int)descriptor.Offset + (descriptor.Size * sizeof(ulong)));
        }
        _dataOffset = header.DataOffset;
    }

    public static KvmStatistics? TryOpen(KvmHandle handle)
    {
        int descriptor = VcpuHandle.TryGetStatisticsDescriptor(handle);
        if (descriptor < 0) return null;
        SafeFileHandle file = new(descriptor, ownsHandle: true);
        try
        {
            return new(file);
        }
        catch (IOException)
        {
            file.Dispose();
            return null;
        }
    }

    /// <summary>The plain counters that are not zero, by name. Histograms and moments of time are left out.</summary>
    public IEnumerable<(string Name, long Value)> Read()
    {
        byte[] data = new byte[_dataSize];
        ReadExactly(data, _dataOffset);
        foreach ((string name, KvmStatsDescriptor descriptor) in _descriptors)
        {
            if (descriptor.Size != 1 || descriptor.Type > KvmStatsDescriptor.Peak || descriptor.Unit != KvmStatsDescriptor.UnitNone) continue;
            long value = BitConverter.ToInt64(data, (int)descriptor.Offset);
            if (value != 0) yield return (name, value);
        }
    }

    public void Dispose() => _file.Dispose();

    // pread by hand: .NET takes the descriptor for a file without positions and would read from the current one.
    void ReadExactly(Span<byte> into, long offset)
    {
        while (!into.IsEmpty)
        {
            nint read;
            fixed (byte* pointer = into) read = Libc.pread(_file, pointer, (nuint)into.Length, (nint)offset);
            if (read <= 0) throw new IOException($"KVM statistics: {(read == 0 ? "end of file" : Errno.Describe(Errno.Last))}");
            into = into[(int)read..];
            offset += read;
        }
    }
}
