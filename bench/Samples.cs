namespace PSToyVmm.Bench;

/// <summary>What was measured of one thing, run after run.</summary>
sealed class Samples
{
    readonly List<double> _values = [];

    public double Least => _values.DefaultIfEmpty(double.NaN).Min();

    public double Median => Quantile(0.5);

    /// <summary>Half of all runs lie in here.</summary>
    public (double From, double To) Middle => (Quantile(0.25), Quantile(0.75));

    public void Add(double value) => _values.Add(value);

    double Quantile(double part)
    {
        if (_values.Count == 0) return double.NaN;
        double[] sorted = [.. _values.Order()];
        double at = (sorted.Length - 1) * part;
        double low = sorted[(int)at], high = sorted[(int)Math.Ceiling(at)];
        return low + ((high - low) * (at - (int)at));
    }
}
