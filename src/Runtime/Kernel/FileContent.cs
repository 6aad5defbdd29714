using System.Text;

namespace Rt.Kernel;

/// <summary>
/// Whole small files, for the managed side: System.IO's streams cost ten times the system calls. Errors are
/// <see cref="KernelException"/>s that name the path.
/// </summary>
internal static unsafe class FileContent
{
    /// <summary>An open descriptor, close-on-exec, or an exception "open PATH: cause".</summary>
    public static int Open(string path, int flags, uint mode = 0) => (int)KernelException.Check(TryOpen(path, flags, mode), $"open {path}");

    /// <summary>As <see cref="Open"/>, with -errno instead of an exception.</summary>
    public static int TryOpen(string path, int flags, uint mode = 0) => TryOpenAt(Files.AT_FDCWD, path, flags, mode);

    public static int TryOpenAt(int directory, string path, int flags, uint mode = 0)
    {
        fixed (byte* name = Terminated(path)) return Files.openat(directory, name, flags, mode);
    }

    /// <summary>The magic number of the file system that a path is on, symbolic links followed; or -errno.</summary>
    public static nint FileSystemType(string path)
    {
        fixed (byte* name = Terminated(path)) return Files.FileSystemType(name);
    }

    /// <summary>Whether the caller may write to what is there.</summary>
    public static bool IsWritable(string path)
    {
        fixed (byte* name = Terminated(path)) return Files.AccessWritable(name) >= 0;
    }

    public static byte[] Read(string path, int maxSize)
    {
        int file = Open(path, Files.O_RDONLY);
        try
        {
            return Read(file, maxSize, path);
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>Reads to the end of the file; more than <paramref name="maxSize"/> bytes are refused.</summary>
    public static byte[] Read(int file, int maxSize, string path)
    {
        byte[] buffer = new byte[Math.Min(maxSize, 16 << 10) + 1];
        int length = 0;
        while (true)
        {
            nint read;
            fixed (byte* room = buffer) read = Files.readBlocking(file, room + length, buffer.Length - length);
            KernelException.Check(read, $"read {path}");
            if (read == 0) return buffer[..length];
            length += (int)read;
            if (length > maxSize) throw TooLarge(maxSize, path);
            if (length == buffer.Length) Array.Resize(ref buffer, Room(file, length, maxSize, path));
        }
    }

    /// <summary>Room for a file that is longer than what was read of it: all that it says it has, if that is not too much.</summary>
    private static int Room(int file, int length, int maxSize, string path)
    {
        ulong size = Statx.Of(file, out Statx stat) >= 0 && stat.Type == Files.S_IFREG ? stat.Size : 0;
        if (size > (ulong)maxSize) throw TooLarge(maxSize, path);
        return size > (ulong)length ? (int)size + 1 : Math.Min(maxSize + 1, length * 4); // those of procfs say 0
    }

    private static KernelException TooLarge(int maxSize, string path) => new($"read {path}: larger than {maxSize} bytes", Errno.EFBIG);

    /// <summary>The text of a small file of procfs or sysfs, or null if it can't be read.</summary>
    public static string? TryReadText(string path) => TryReadTextAt(Files.AT_FDCWD, path);

    public static string? TryReadTextAt(int directory, string path)
    {
        int file = TryOpenAt(directory, path, Files.O_RDONLY);
        if (file < 0) return null;
        byte[] buffer = new byte[4096];
        nint read;
        fixed (byte* room = buffer) read = Files.read(file, room, buffer.Length);
        Files.close(file);
        return read < 0 ? null : Encoding.UTF8.GetString(buffer, 0, (int)read);
    }

    /// <summary>Writes all bytes to a descriptor.</summary>
    public static void Write(int file, ReadOnlySpan<byte> content, string path)
    {
        fixed (byte* bytes = content)
        {
            for (int written = 0; written < content.Length;)
                written += (int)KernelException.Check(Files.write(file, bytes + written, content.Length - written), $"write {path}");
        }
    }

    /// <summary>As <see cref="Write"/>; false if nobody is there to read it any more.</summary>
    public static bool TryWrite(int file, ReadOnlySpan<byte> content, string path)
    {
        try
        {
            Write(file, content, path);
            return true;
        }
        catch (KernelException e) when (e.Errno == Errno.EPIPE)
        {
            return false;
        }
    }

    /// <summary>Writes to a file that is there, as those of procfs, cgroups and the like are, at once.</summary>
    public static void WriteTo(string path, ReadOnlySpan<byte> content)
    {
        int file = Open(path, Files.O_WRONLY);
        try
        {
            Write(file, content, path);
        }
        finally
        {
            Files.close(file);
        }
    }

    /// <summary>As <see cref="WriteTo"/>, in one write and with -errno instead of an exception; 0 if all went well.</summary>
    public static int TryWriteTo(string path, ReadOnlySpan<byte> content)
    {
        int file = TryOpen(path, Files.O_WRONLY);
        if (file < 0) return file;
        nint written;
        fixed (byte* bytes = content) written = Files.write(file, bytes, content.Length);
        Files.close(file);
        return (int)Math.Min(written, 0);
    }

    /// <summary>An empty file that is in memory alone, open for reading and writing.</summary>
    /// <param name="name">Shown in /proc/PID/fd.</param>
    public static int CreateInMemory(string name)
    {
        fixed (byte* text = Terminated(name))
            return (int)KernelException.Check(Files.memfd_create(text, Files.MFD_CLOEXEC), "memfd_create");
    }

    /// <summary>Replaces a file: a reader sees the old one or the new one, never a half.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, uint mode)
    {
        string draft = path + ".new";
        WriteNew(draft, content, mode);
        Rename(draft, path);
    }

    /// <summary>Writes a file that is not there yet, or takes the place of what is; a symlink there is not followed.</summary>
    public static void WriteNew(string path, ReadOnlySpan<byte> content, uint mode)
    {
        int file = Open(path, Files.O_WRONLY | Files.O_CREAT | Files.O_TRUNC | Files.O_NOFOLLOW, mode);
        try
        {
            Write(file, content, path);
        }
        catch
        {
            Remove(path);
            throw;
        }
        finally
        {
            Files.close(file);
        }
    }

    public static void Rename(string from, string to)
    {
        fixed (byte* oldName = Terminated(from), newName = Terminated(to))
            KernelException.Check(Files.rename(oldName, newName), $"rename {from} to {to}");
    }

    /// <summary>Removes a file; 0 or -errno.</summary>
    public static int Remove(string path)
    {
        fixed (byte* name = Terminated(path)) return Files.unlinkat(Files.AT_FDCWD, name, 0);
    }

    /// <summary>Removes an empty directory; 0 or -errno.</summary>
    public static int RemoveDirectory(string path)
    {
        fixed (byte* name = Terminated(path)) return Files.unlinkat(Files.AT_FDCWD, name, Files.AT_REMOVEDIR);
    }

    /// <summary>Makes a directory; 0 or -errno.</summary>
    public static int MakeDirectory(string path, uint mode)
    {
        fixed (byte* name = Terminated(path)) return Files.mkdirat(Files.AT_FDCWD, name, mode);
    }

    /// <summary>Makes a directory and those above it that are missing; 0 or -errno (not -EEXIST).</summary>
    public static int MakeDirectories(string path, uint mode)
    {
        int result = MakeDirectory(path, mode);
        if (result == -Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 1 } parent)
        {
            result = MakeDirectories(parent, mode);
            if (result >= 0) result = MakeDirectory(path, mode);
        }

        return result == -Errno.EEXIST ? 0 : result;
    }

    /// <summary>UTF-8 with the NUL that the kernel wants.</summary>
    public static byte[] Terminated(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
