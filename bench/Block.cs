using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PSToyVmm.Bench;

/// <summary>
/// A disk's requests beside fio's, on the same file, with the same engine, size and depth, one thread each: from the page
/// cache, and, where the file is dropped from it first, from the disk. fio may submit and reap as many at a time as there
/// are, as the device does, and gives the kernel no advice about the file, as the device gives none.
/// </summary>
static class Block
{
    const long FileSize = 1L << 30;
    const int Seconds = 2;

    static readonly (string Name, string Fio, bool Write, uint Size, int Depth, bool Cold)[] s_loads =
    [
        ("random read, 4 KiB x 32, cached", "randread", false, 4096, 32, false),
        ("random read, 4 KiB x 32, disk", "randread", false, 4096, 32, true),
        ("sequential read, 1 MiB x 8, cached", "read", false, 1 << 20, 8, false),
        ("sequential read, 1 MiB x 8, disk", "read", false, 1 << 20, 8, true),
        ("sequential write, 1 MiB x 8, flush", "write", true, 1 << 20, 8, false),
    ];

    public static void Run(int pairs, bool ring)
    {
        string path = Path.Combine(Environment.GetEnvironmentVariable("PSTOYVMM_BENCH_DIR") ?? "/var/tmp", "pstoyvmm-bench.raw");
        try
        {
            Fill(path);
            Console.WriteLine($"{"MB/s",-40}{"ours",10}{"fio",10}{"ratio",8}   bytes allocated per request");
            foreach (var load in s_loads) Compare(path, load.Name, load.Fio, load.Write, load.Size, load.Depth, load.Cold, pairs, ring);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void Compare(string path, string name, string fio, bool write, uint size, int depth, bool cold, int pairs, bool ring)
    {
        Samples ours = new(), theirs = new(), ratio = new(), allocated = new();
        using GuestDisk disk = new(path, depth, size, ring);
        for (int i = 0; i <= pairs; i++)
        {
            (double rate, double bytes) = Ours(disk, path, write, fio == "randread", size, cold);
            double peer = Fio(path, fio, write, size, depth, cold, ring);
            if (i == 0) continue; // both have warmed up
            ours.Add(rate);
            theirs.Add(peer);
            ratio.Add(rate / peer);
            allocated.Add(bytes);
        }
        Console.WriteLine($"{name,-40}{ours.Median,10:f0}{theirs.Median,10:f0}{ratio.Median,8:f3}   {allocated.Least:f3} ({disk.Backend})");
    }

    static (double MegabytesPerSecond, double AllocatedPerRequest) Ours(GuestDisk disk, string path, bool write, bool random, uint size, bool cold)
    {
        if (cold) Drop(path);
        Random dice = new(1);
        ulong next = 0, sectors = disk.Sectors, step = size / 512;
        Func<ulong> sector = random ? () => (ulong)dice.NextInt64((long)(sectors / step)) * step : () => (next += step) % sectors;
        long began = Stopwatch.GetTimestamp(), end = began + (Seconds * Stopwatch.Frequency), all = FileSize / size;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long count = disk.Run(write, sector, OnePass(random, write, cold) ? begun => begun < all : _ => Stopwatch.GetTimestamp() < end);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        if (write) disk.FlushAll();
        return (count * (double)size / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds, bytes / (double)count);
    }

    static double Fio(string path, string kind, bool write, uint size, int depth, bool cold, bool ring)
    {
        if (cold) Drop(path);
        string[] length = OnePass(kind == "randread", write, cold) ? ["--loops=1", $"--end_fsync={(write ? 1 : 0)}"] : ["--time_based", $"--runtime={Seconds}"];
        string output = Output("fio", "--name=peer", $"--filename={path}", $"--rw={kind}", $"--bs={size}", $"--iodepth={depth}", $"--ioengine={(ring ? "io_uring" : "pvsync")}",
            "--direct=0", "--thread", "--randrepeat=0", "--norandommap", "--fadvise_hint=0", $"--iodepth_batch_submit={depth}", $"--iodepth_batch_complete_max={depth}", "--invalidate=0", $"--size={FileSize}", "--overwrite=1", "--output-format=json", length[0], length[^1]);
        using JsonDocument json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("jobs")[0].GetProperty(write ? "write" : "read").GetProperty("bw_bytes").GetDouble() / 1e6;
    }

    // The second time around, the page cache would have it.
    static bool OnePass(bool random, bool write, bool cold) => write || (cold && !random);

    // Of this file alone; by the same means before both, as fio's own way leaves half of it.
    static void Drop(string path) => Output("dd", $"of={path}", "oflag=nocache", "conv=notrunc,fdatasync", "count=0");

    // No holes: they would be read from nowhere.
    static void Fill(string path)
    {
        byte[] block = new byte[1 << 20];
        using FileStream file = new(path, FileMode.Create);
        for (long at = 0; at < FileSize; at += block.Length)
        {
            new Random((int)(at >> 20)).NextBytes(block);
            file.Write(block);
        }
        file.Flush(flushToDisk: true);
    }

    static string Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program}: {errors.GetAwaiter().GetResult()}"));
    }
}
