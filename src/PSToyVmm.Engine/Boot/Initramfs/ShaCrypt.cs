using System.Security.Cryptography;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>crypt(3)'s "$6$" password hash: SHA-512 in 5,000 rounds (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512").</summary>
static class ShaCrypt
{
    const int Rounds = 5000, MaxSalt = 16;
    const string Digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The second field of a line in /etc/shadow.</summary>
    public static string Hash(string password, string salt)
    {
        salt = salt[..Math.Min(salt.Length, MaxSalt)];
        return $"$6${salt}${Encode(Digest(Encoding.UTF8.GetBytes(password), Encoding.ASCII.GetBytes(salt)))}";
    }

    // The numbers are the steps of the specification.
    static byte[] Digest(byte[] key, byte[] salt)
    {
        byte[] b = SHA512.HashData([.. key, .. salt, .. key]);               // 4-8
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        sha.AppendData([.. key, .. salt, .. Repeat(b, key.Length)]);         // 1-3, 9-10
        for (int bits = key.Length; bits > 0; bits >>= 1)                    // 11
            sha.AppendData((bits & 1) != 0 ? b : key);
        byte[] digest = sha.GetHashAndReset();                               // 12

        byte[] p = Repeat(SHA512.HashData(Repeat(key, key.Length * key.Length)), key.Length);   // 13-16
        byte[] s = Repeat(SHA512.HashData(Repeat(salt, salt.Length * (16 + digest[0]))), salt.Length); // 17-20
        for (int round = 0; round < Rounds; round++)                         // 21
        {
            bool odd = (round & 1) != 0;
            sha.AppendData(odd ? p : digest);
            if (round % 3 != 0) sha.AppendData(s);
            if (round % 7 != 0) sha.AppendData(p);
            sha.AppendData(odd ? digest : p);
            digest = sha.GetHashAndReset();
        }
        return digest;
    }

    static byte[] Repeat(byte[] pattern, int length)
    {
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++) result[i] = pattern[i % pattern.Length];
        return result;
    }

    // Step 22: three bytes, 21 apart and rotating, make four digits, the lowest bits first.
    static string Encode(byte[] digest)
    {
        var text = new StringBuilder();
        for (int i = 0; i < 21; i++)
        {
            int first = i * 22 % 63;
            Append(digest[first] << 16 | digest[(first + 21) % 63] << 8 | digest[(first + 42) % 63], 4);
        }
        Append(digest[63], 2);
        return text.ToString();

        void Append(int bits, int count)
        {
            for (; count > 0; count--, bits >>= 6) text.Append(Digits[bits & 63]);
        }
    }
}
