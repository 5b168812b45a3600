namespace PSToyVmm.Bench;

/// <summary>One thing measured in ours and in a peer, pair by pair.</summary>
sealed class Comparison(string name)
{
    readonly Samples _ours = new(), _theirs = new(), _ratio = new();

    /// <summary>Adds a pair, each over so many times.</summary>
    public void Add(TimeSpan ours, TimeSpan theirs, int times)
    {
        _ours.Add(ours.TotalMicroseconds / times);
        _theirs.Add(theirs.TotalMicroseconds / times);
        _ratio.Add(ours / theirs);
    }

    public void Print() => Console.WriteLine(
        $"{name,-32}{_ours.Median,8:f2}{_theirs.Median,8:f2}{_ratio.Median,8:f3}  ({_ratio.Middle.From:f3} to {_ratio.Middle.To:f3})");
}
