namespace PSToyVmm.Terminal;

/// <summary>
/// What is to be shown between the guest's words: sentences, and the menu while it is open. Any thread asks for it; the one
/// that writes the screen shows it when the guest is not in the middle of a character or a sequence.
/// </summary>
sealed class Interludes : IDisposable
{
    readonly Lock _gate = new();
    readonly Queue<string> _sentences = [];
    IReadOnlyList<string>? _menu;
    CancellationTokenSource _change = new();
    bool _isDisposed;

    /// <summary>Cancelled at the next change. Who waits takes it first, and then looks.</summary>
    public CancellationToken Change
    {
        get { lock (_gate) return _change.Token; }
    }

    /// <summary>Whether there is something to show.</summary>
    public bool AreWanted
    {
        get { lock (_gate) return _menu is not null || _sentences.Count > 0; }
    }

    /// <summary>The open menu's lines; null where it is closed.</summary>
    public IReadOnlyList<string>? Menu
    {
        get { lock (_gate) return _menu; }
    }

    /// <summary>Opens the menu.</summary>
    public void Open(IReadOnlyList<string> menu)
    {
        lock (_gate) _menu = menu;
        Wake();
    }

    /// <summary>Closes the menu; what came of it is shown before anything else.</summary>
    public void Close(string? outcome = null)
    {
        lock (_gate)
        {
            _menu = null;
            if (outcome is not null) _sentences.Enqueue(outcome);
        }
        Wake();
    }

    public void Say(string sentence)
    {
        lock (_gate) _sentences.Enqueue(sentence);
        Wake();
    }

    public bool TryTakeSentence(out string sentence)
    {
        lock (_gate) return _sentences.TryDequeue(out sentence!);
    }

    /// <summary>Whoever waits for a change looks again.</summary>
    public void Wake()
    {
        CancellationTokenSource change;
        lock (_gate)
        {
            if (_isDisposed) return; // another terminal took the keyboard in the moment in which this one leaves
            (change, _change) = (_change, new());
        }
        change.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _change.Dispose();
        }
    }
}
