using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Security;

/// <summary>
/// Compiled filters kept in a directory, since libseccomp takes 1.4 ms for Docker's default profile. An entry holds the very
/// bytes of the linux.seccomp section that it was compiled from, and serves only when they are the same: the hash in its
/// name just finds it.
/// </summary>
/// <param name="directory">Writable by root alone; null: nothing is kept.</param>
/// <param name="build">What else the result depends on: rt's version.</param>
internal sealed class SeccompCache(string? directory, string build)
{
    private const int HeaderSize = 12;
    private const int MaxEntries = 64;
    private const int MaxEntrySize = 4 << 20;

    public SeccompFilter Get(SeccompSection section)
    {
        byte[] key = [.. Encoding.UTF8.GetBytes($"{build} {RuntimeInformation.ProcessArchitecture}\n"), .. section.Json.Span];
        string? path = directory == null ? null : $"{directory}/{Hash(key):x16}";
        if (path != null && Read(path, key) is { } kept) return kept;

        SeccompFilter filter = SeccompCompiler.Compile(SeccompReader.Read(section));
        if (path != null && filter.Listener == null) Keep(path, key, filter); // an entry has no room for a listener
        return filter;
    }

    /// <summary>Entry: lengths of key and program, flags (32 bits each, little endian), key, program.</summary>
    private static SeccompFilter? Read(string path, byte[] key)
    {
        int file = FileContent.TryOpen(path, Files.O_RDONLY | Files.O_NOFOLLOW);
        if (file < 0) return null;
        try
        {
            byte[] entry = FileContent.Read(file, MaxEntrySize, path);
            if (entry.Length <= HeaderSize + key.Length || BinaryPrimitives.ReadInt32LittleEndian(entry) != key.Length) return null;
            byte[] program = entry[(HeaderSize + key.Length)..];
            bool same = BinaryPrimitives.ReadInt32LittleEndian(entry.AsSpan(4)) == program.Length
                && entry.AsSpan(HeaderSize, key.Length).SequenceEqual(key);
            return same ? new SeccompFilter(program, BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(8))) : null;
        }
        catch (KernelException e)
        {
            Log.Debug($"seccomp cache: {e.Message}");
            return null;
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>A cache that can't be written (a full disk, another process at it) costs time, not the container.</summary>
    private void Keep(string path, byte[] key, SeccompFilter filter)
    {
        byte[] entry = new byte[HeaderSize + key.Length + filter.Program.Length];
        if (entry.Length > MaxEntrySize) return;
        BinaryPrimitives.WriteInt32LittleEndian(entry, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(4), filter.Program.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), filter.Flags);
        key.CopyTo(entry, HeaderSize);
        filter.Program.CopyTo(entry, HeaderSize + key.Length);
        try
        {
            FileContent.MakeDirectories(directory!, 0x1c0);
            string[] others = Directory.GetFiles(directory!);
            if (others.Length >= MaxEntries) Array.ForEach(others, other => FileContent.Remove(other));
            string draft = $"{path}.{Environment.ProcessId}";
            FileContent.WriteNew(draft, entry, 0x180);
            FileContent.Rename(draft, path);
        }
        catch (Exception e) when (e is KernelException or IOException or UnauthorizedAccessException)
        {
            Log.Debug($"seccomp cache: {e.Message}");
        }
    }

    /// <summary>FNV-1a, 64 bits.</summary>
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in bytes) hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
