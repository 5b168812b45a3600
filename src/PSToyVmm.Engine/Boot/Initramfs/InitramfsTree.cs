namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// The files of an initramfs by their place. Paths are followed as the guest will follow them, through the tree's own
/// symbolic links, because the kernel unpacks in order and drops a file whose directory is not there yet.
/// </summary>
sealed class InitramfsTree
{
    const int MaxLinks = 40; // MAXSYMLINKS of linux/namei.h

    static readonly DirectoryNode s_implied = new(Mode.Executable);

    // In ordinal order a directory always stands before what is in it.
    readonly SortedDictionary<string, InitramfsNode> _nodes = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, InitramfsNode>> Nodes => _nodes;

    /// <summary>Adds a node and the directories above it. Of two files in one place the last wins; directories merge.</summary>
    public void Add(string path, InitramfsNode node) => Put(path, node, replace: true);

    /// <summary>Adds a node unless something was put there on purpose.</summary>
    public void AddMissing(string path, InitramfsNode node) => Put(path, node, replace: false);

    /// <summary>What the guest finds at a path, symbolic links followed; null if nothing.</summary>
    public InitramfsNode? Find(string path) => _nodes.GetValueOrDefault(Resolve(path, followLast: true));

    /// <summary>Whether something stands at a path, be it a link to nowhere.</summary>
    public bool Contains(string path) => _nodes.ContainsKey(Resolve(path, followLast: false));

    void Put(string path, InitramfsNode node, bool replace)
    {
        string place = Resolve(path, followLast: node is DirectoryNode);
        if (place.Length == 0)
        {
            if (node is DirectoryNode) return; // the root is there, and its owner and mode are the kernel's
            throw Invalid($"'{path}' is the root directory of the initrd, not a place for a file");
        }

        ImplyParents(place);
        if (_nodes.TryGetValue(place, out var old))
        {
            if (!replace && !(ReferenceEquals(old, s_implied) && node is DirectoryNode)) return;
            if (old is DirectoryNode && node is not DirectoryNode && HasChildren(place))
                throw Invalid($"'/{place}' is a directory with files in it; something else cannot take its place");
        }
        _nodes[place] = node;
    }

    void ImplyParents(string place)
    {
        for (int slash = place.IndexOf('/'); slash >= 0; slash = place.IndexOf('/', slash + 1))
        {
            string parent = place[..slash];
            if (!_nodes.TryAdd(parent, s_implied) && _nodes[parent] is not DirectoryNode)
                throw Invalid($"'/{parent}' is not a directory, so '/{place}' cannot be in it");
        }
    }

    bool HasChildren(string place) => _nodes.Keys.Any(key => key.StartsWith(place + '/', StringComparison.Ordinal));

    string Resolve(string path, bool followLast)
    {
        var ahead = new Stack<string>(Parts(path).Reverse());
        var place = new List<string>();
        int links = 0;
        while (ahead.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (place.Count > 0) place.RemoveAt(place.Count - 1); // above the root is the root
                continue;
            }

            place.Add(part);
            if (ahead.Count == 0 && !followLast || _nodes.GetValueOrDefault(string.Join('/', place)) is not SymlinkNode link) continue;
            if (++links > MaxLinks) throw Invalid($"the symbolic links on the way to '{path}' go round in a circle");
            if (link.Target.StartsWith('/')) place.Clear();
            else place.RemoveAt(place.Count - 1);
            foreach (string step in Parts(link.Target).Reverse()) ahead.Push(step);
        }
        return string.Join('/', place);
    }

    static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");

    static VmException Invalid(string message) => new(VmErrorId.InitrdSourceInvalid, VmErrorKind.InvalidData, message);
}
