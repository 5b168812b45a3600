using PSToyVmm.Engine.Machines;

namespace PSToyVmm.Engine.Formats;

/// <content>Drives, network interfaces, and their limits (vmm_config/drive.rs, net.rs and mod.rs).</content>
public sealed partial class FirecrackerFile
{
    (IReadOnlyList<DiskConfiguration> Disks, string RootParameters) Disks(JsonValue? section)
    {
        List<DiskConfiguration> disks = [];
        HashSet<string> ids = [];
        string parameters = "";
        foreach (JsonValue item in section?.Items() ?? [])
        {
            JsonMembers members = item.Members();
            if (members.Take("drive_id") is { } id && !ids.Add(id.Text())) throw id.Fault($"there are two drives '{id.Text()}'");
            if (members.Take("socket") is { } socket) throw socket.Unsupported("drives of a vhost-user process");
            // Which of them a driver of the host's uses is decided by what the host allows.
            members.Take("io_engine")?.OneOf(("Sync", true), ("Async", true));
            // Unsafe is Firecracker's word for not to flush at all; a flush more harms nobody.
            members.Take("cache_type")?.OneOf(("Unsafe", true), ("Writeback", true));
            (long bytes, long burstBytes, long operations, long burstOperations) = Limits(members.Take("rate_limiter"));
            DiskConfiguration disk = new()
            {
                Path = members.Need("path_on_host").FilePath(_resolve),
                IsRoot = members.Need("is_root_device").Boolean(),
                ReadOnly = members.Take("is_read_only")?.Boolean() is true,
                BytesPerSecond = bytes,
                BurstBytes = burstBytes,
                OperationsPerSecond = operations,
                BurstOperations = burstOperations,
            };
            string? partition = members.Take("partuuid")?.Text();
            WarnOfOthers(members);
            if (disk.IsRoot && !string.IsNullOrEmpty(partition)) parameters = $"root=PARTUUID={partition} {(disk.ReadOnly ? "ro" : "rw")}";
            // The root device is the guest's first, wherever in the file it is.
            disks.Insert(disk.IsRoot ? 0 : disks.Count, disk);
        }
        return (disks, parameters);
    }

    NetworkConfiguration Network(JsonValue item)
    {
        JsonMembers members = item.Members();
        members.Take("iface_id")?.Text();
        RequireUnlimited(members.Take("rx_rate_limiter"), "a limit for what a guest receives");
        RequireUnlimited(members.Take("tx_rate_limiter"), "a limit for what a guest sends");
        NetworkConfiguration network = new()
        {
            Type = NetworkType.Tap,
            TapName = members.Need("host_dev_name").Text(),
            MacAddress = members.Take("guest_mac")?.Text() ?? "",
            Mtu = (int)(members.Take("mtu")?.Integer(0, ushort.MaxValue) ?? 0),
        };
        WarnOfOthers(members);
        return network;
    }

    void RequireUnlimited(JsonValue? section, string what)
    {
        (long bytes, _, long operations, _) = Limits(section);
        if (bytes != 0 || operations != 0) throw section!.Value.Unsupported(what);
    }

    (long Bytes, long BurstBytes, long Operations, long BurstOperations) Limits(JsonValue? section)
    {
        if (section?.Members() is not { } members) return default;
        (long bytes, long burstBytes) = Bucket(members.Take("bandwidth"));
        (long operations, long burstOperations) = Bucket(members.Take("ops"));
        WarnOfOthers(members);
        return (bytes, burstBytes, operations, burstOperations);
    }

    // A bucket of so many tokens that is full again after so many milliseconds; without one of the two, no bucket.
    (long PerSecond, long Burst) Bucket(JsonValue? section)
    {
        if (section?.Members() is not { } members) return default;
        ulong size = members.Need("size").Unsigned(), milliseconds = members.Need("refill_time").Unsigned();
        if (members.Take("one_time_burst") is { } once && once.Unsigned() > 0)
            Warn(once, "there is no burst that comes once only; the bucket is full at the start, and no fuller");
        WarnOfOthers(members);
        if (size == 0 || milliseconds == 0) return default;
        UInt128 perSecond = (UInt128)size * 1000 / milliseconds;
        if (perSecond == 0) Warn(section.Value, $"{size} in {milliseconds} ms is less than one per second, and becomes one");
        return ((long)UInt128.Clamp(perSecond, 1, long.MaxValue), (long)Math.Min(size, long.MaxValue));
    }
}
