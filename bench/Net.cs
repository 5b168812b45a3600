namespace PSToyVmm.Bench;

/// <summary>
/// Frames through a virtio network card and its tap, beside the least loop in C that writes and reads the same frames on such
/// a tap. What is sent, nobody takes, and what is received comes from a packet socket, which is not timed: so nothing but
/// the card, or the loop, and the kernel's tap is in it. The card has its turns on this thread.
/// </summary>
static class Net
{
    const string Tap = "toybench";

    // A batch of the largest is as many as a queue of 256 buffers of 4 KiB has room for.
    static readonly (string Name, int Size, int Batch, int Rounds)[] s_loads = [("64 bytes", 64, 256, 400), ("1514 bytes", 1514, 256, 400), ("65534 bytes", 65534, 15, 1000)];

    public static void Run(int pairs)
    {
        using Peer peer = new();
        Console.WriteLine($"{"",-28}{"ours",10}{"C",10}{"ratio",8}   {"GB/s",6}   bytes allocated per frame");
        foreach (var load in s_loads)
        {
            Samples[] ours = [new(), new()], theirs = [new(), new()], ratio = [new(), new()];
            Samples allocated = new();
            for (int i = 0; i <= pairs; i++)
            {
                (TimeSpan sending, TimeSpan receiving, long bytes) = Ours(load.Size, load.Batch, load.Rounds);
                TimeSpan[] bare = peer.Ask($"net {Tap} {load.Size} {load.Batch} {load.Rounds}");
                if (i == 0) continue; // both have warmed up
                int frames = load.Batch * load.Rounds;
                foreach ((int way, TimeSpan mine) in new[] { sending, receiving }.Index())
                {
                    ours[way].Add(frames / mine.TotalSeconds);
                    theirs[way].Add(frames / bare[way].TotalSeconds);
                    ratio[way].Add(bare[way] / mine);
                }
                allocated.Add(bytes / (2.0 * frames));
            }
            for (int way = 0; way < 2; way++)
                Console.WriteLine($"{load.Name + (way == 0 ? ", sent" : ", received"),-28}{ours[way].Median,10:f0}{theirs[way].Median,10:f0}{ratio[way].Median,8:f3}   {ours[way].Median * load.Size / 1e9,6:f2}   {allocated.Least:f3}");
        }
    }

    static (TimeSpan Sending, TimeSpan Receiving, long Allocated) Ours(int size, int batch, int rounds)
    {
        using GuestNet net = new(Tap, size, batch);
        net.Round(); // its methods are compiled
        (TimeSpan sending, TimeSpan receiving) = (TimeSpan.Zero, TimeSpan.Zero);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < rounds; i++)
        {
            (TimeSpan sent, TimeSpan received) = net.Round();
            (sending, receiving) = (sending + sent, receiving + received);
        }
        return (sending, receiving, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
