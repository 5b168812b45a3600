using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PSToyVmm.Engine.Consoles;

/// <summary>
/// Copies files between the host and a guest by commands in the guest's shell, as text: with <c>base64</c> where the guest has it, by
/// <c>printf</c> and <c>od</c> where not. A hash (<c>sha256sum</c>; where the guest has none, the
/// length) at the end says that both are the same; until then a file in the
/// guest has another name, so that nobody finds a half one.
/// </summary>
/// <param name="shell">The guest's.</param>
/// <param name="timeout">For each piece of a file.</param>
/// <param name="stop">Ends it, at a piece's end.</param>
public sealed class GuestFiles(GuestShell shell, TimeSpan timeout, CancellationToken stop)
{
    // Bytes of a file to a command: base64 makes 4 characters of 3, printf's escapes are 5 each.
    const int PieceBytes = 24 << 10, EscapedPieceBytes = 6 << 10;

    /// <summary>Copies to the guest.</summary>
    /// <param name="from">The bytes.</param>
    /// <param name="path">The file in the guest; a directory that there is takes a file of <paramref name="name"/>.</param>
    /// <param name="name">What the file is called where the path does not say.</param>
    /// <param name="mode">Its permissions, as chmod(1) takes them.</param>
    /// <param name="makeDirectories">Whether directories that are missing are made.</param>
    /// <param name="replace">Whether a file that is there may be lost.</param>
    /// <param name="copied">Told how many bytes have been copied.</param>
    /// <returns>The file's path in the guest.</returns>
    /// <exception cref="VmException">GuestFileExists, GuestFileFailed, or as <see cref="GuestShell.Run(string, IEnumerable{string}, TimeSpan, CancellationToken)"/>.</exception>
    public string Send(Stream from, string path, string name, string mode, bool makeDirectories, bool replace, Action<long> copied)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(copied);
        const string Prepare = """
            f=$1
            case $f in */) m=$f;; *) m=$(dirname "$f"); [ -d "$f" ] && m=$f && f=$f/;; esac
            [ "$3" = yes ] && { mkdir -p "$m" || exit 1; }
            case $f in */) f=$f$2;; esac
            [ "$4" = no ] && [ -e "$f" ] && { echo "$f"; exit 17; }
            : > "$f.part" || exit 1
            echo "$f"
            command -v base64 > /dev/null && echo base64 || echo none
            """;
        ShellResult prepared = shell.Run(Prepare, [path, name, makeDirectories ? "yes" : "no", replace ? "yes" : "no"], timeout, stop);
        if (prepared.ExitCode == 17)
            throw new VmException(VmErrorId.GuestFileExists, VmErrorKind.AlreadyExists, $"The guest has '{Said(prepared)}' already; give another path, or -Force to lose what it holds.");
        if (prepared.ExitCode != 0 || prepared.Output is not [var target, var way]) throw Failed(path, prepared);
        bool hasBase64 = way == "base64";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[hasBase64 ? PieceBytes : EscapedPieceBytes];
        long done = 0;
        for (int count; (count = from.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false)) > 0;)
        {
            hash.AppendData(piece.AsSpan(0, count));
            Check(path, hasBase64
                ? shell.Run("printf %s \"$2\" | base64 -d >> \"$1.part\"", [target, Convert.ToBase64String(piece, 0, count)], timeout, stop)
                : shell.Run("printf %b \"$2\" >> \"$1.part\"", [target, Escape(piece.AsSpan(0, count))], timeout, stop));
            copied(done += count);
        }
        Compare(path, target + ".part", hash, done);
        Check(path, shell.Run("chmod \"$2\" \"$1.part\" && mv -f \"$1.part\" \"$1\"", [target, mode], timeout, stop));
        return target;
    }

    /// <summary>Copies from the guest.</summary>
    /// <param name="path">The file in the guest.</param>
    /// <param name="to">Receives the bytes.</param>
    /// <param name="copied">Told how many bytes have been copied, and how many there are.</param>
    /// <exception cref="VmException">GuestFileNotFound, GuestFileFailed, or as <see cref="GuestShell.Run(string, IEnumerable{string}, TimeSpan, CancellationToken)"/>.</exception>
    public void Receive(string path, Stream to, Action<long, long> copied)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(copied);
        ShellResult found = shell.Run("[ -f \"$1\" ] && [ -r \"$1\" ] || exit 2; wc -c < \"$1\"; command -v base64 > /dev/null && echo base64 || echo none", [path], timeout, stop);
        if (found.ExitCode == 2)
            throw new VmException(VmErrorId.GuestFileNotFound, VmErrorKind.NotFound, $"The guest has no file '{path}' that can be read; check the path there.");
        if (found.Output is not [var size, var way] || !long.TryParse(size.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long length)) throw Failed(path, found);
        bool hasBase64 = way == "base64";
        string read = $"dd if=\"$1\" bs={PieceBytes} skip=$2 count=1 2>/dev/null | {(hasBase64 ? "base64" : "od -An -v -tx1")}";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < length;)
        {
            ShellResult result = shell.Run(read, [path, (done / PieceBytes).ToString(CultureInfo.InvariantCulture)], timeout, stop);
            Check(path, result);
            byte[] piece = Decode(path, result, hasBase64);
            if (piece.Length != Math.Min(PieceBytes, length - done)) throw Changed(path);
            hash.AppendData(piece);
            to.Write(piece);
            copied(done += piece.Length, length);
        }
        Compare(path, path, hash, length);
    }

    static byte[] Decode(string path, ShellResult result, bool isBase64)
    {
        try
        {
            string text = string.Concat(result.Output);
            return isBase64 ? Convert.FromBase64String(text) : Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
        }
        catch (FormatException e)
        {
            throw new VmException(VmErrorId.GuestFileFailed, VmErrorKind.InvalidData,
                $"Something else wrote to the console while '{path}' was copied (the kernel's messages: dmesg -n 1 in the guest silences them); copy it again.", e);
        }
    }

    static string Escape(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length * 5);
        foreach (byte value in bytes) text.Append("\\0").Append((char)('0' + (value >> 6))).Append((char)('0' + ((value >> 3) & 7))).Append((char)('0' + (value & 7)));
        return text.ToString();
    }

    void Compare(string path, string target, IncrementalHash hash, long length)
    {
        ShellResult result = shell.Run("sha256sum < \"$1\" 2> /dev/null || wc -c < \"$1\"", [target], timeout, stop);
        Check(path, result);
        string there = Said(result).Split(' ')[0];
        if (there != Convert.ToHexStringLower(hash.GetHashAndReset()) && there != length.ToString(CultureInfo.InvariantCulture)) throw Changed(path);
    }

    static void Check(string path, ShellResult result)
    {
        if (result.ExitCode != 0) throw Failed(path, result);
    }

    static string Said(ShellResult result) => string.Join(' ', result.Output).Trim();

    static VmException Failed(string path, ShellResult result) =>
        new(VmErrorId.GuestFileFailed, VmErrorKind.DeviceError, $"'{path}' could not be copied, for the guest said: {(Said(result) is { Length: > 0 } said ? said : $"exit status {result.ExitCode}")}.");

    static VmException Changed(string path) =>
        new(VmErrorId.GuestFileFailed, VmErrorKind.InvalidData, $"'{path}' is not the same on both sides; something wrote to it, or to the console, while it was copied. Copy it again.");
}
