namespace PSToyVmm.Terminal;

/// <summary>A line of the escape menu.</summary>
/// <param name="Key">Its key: a small letter or a sign.</param>
/// <param name="Text">What it does as things are; null where it is not to be had now.</param>
/// <param name="Do">Does it, and says in a sentence what came of it; null where the user sees that anyway.</param>
sealed record MenuEntry(char Key, Func<string?> Text, Func<string?> Do);
