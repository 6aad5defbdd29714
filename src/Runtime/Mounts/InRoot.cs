using Rt.Kernel;

namespace Rt.Mounts;

/// <summary>
/// Opens paths inside the container's root, whose content an attacker may have written. The kernel resolves them as if the
/// process had chrooted there, magic links of procfs refused, and all that follows acts on the descriptor: there is no path
/// to swap between a check and its use (CVE-2021-30465, CVE-2019-19921 and their kin).
/// </summary>
internal static unsafe class InRoot
{
    private const int PathMax = 4096;

    /// <summary>The kernel's own limit on symlinks in a path (path_resolution(7)).</summary>
    private const int MaxLinks = 40;

    /// <summary>An O_PATH descriptor, or -errno.</summary>
    public static int Open(int root, byte* path) =>
        Files.openat2(root, path, Files.O_PATH, Files.RESOLVE_IN_ROOT | Files.RESOLVE_NO_MAGICLINKS);

    /// <summary>As <see cref="Open"/>; ENOTDIR for what is no directory, nor a symlink to one.</summary>
    public static int OpenOrdinaryDirectory(int root, byte* path) => Files.openat2(
        root, path, Files.O_PATH | Files.O_NOFOLLOW | Files.O_DIRECTORY, Files.RESOLVE_IN_ROOT | Files.RESOLVE_NO_MAGICLINKS);

    /// <summary>
    /// As <see cref="Open"/>, but makes what is missing on the way: directories (0755), and an empty file at the end if
    /// <paramref name="directory"/> is false. A symlink to what is not there has its target made, inside the root like all else.
    /// </summary>
    public static int OpenOrMake(int root, byte* path, bool directory)
    {
        int found = Open(root, path);
        if (found != -Errno.ENOENT) return found;

        byte* walk = stackalloc byte[PathMax];
        int length = Text.Length(path);
        if (length >= PathMax) return -Errno.ENAMETOOLONG;
        Text.Copy(walk, path, length + 1);

        for (int links = 0; links < MaxLinks; links++)
        {
            int result = Walk(root, walk, directory, out bool again);
            if (!again) return result;
        }

        return -Errno.ELOOP;
    }

    /// <summary>
    /// Goes along the path, component by component. Where a symlink leads nowhere, its target is put into the path in its
    /// place, to be walked <paramref name="again"/>.
    /// </summary>
    private static int Walk(int root, byte* walk, bool directory, out bool again)
    {
        again = false;
        int parent = root;
        int start = 0;
        while (true)
        {
            while (walk[start] == '/') start++;
            if (walk[start] == 0) return parent == root ? Open(root, walk) : parent;
            int end = start;
            while (walk[end] != 0 && walk[end] != '/') end++;

            bool last = walk[end] == 0;
            walk[end] = 0;
            int next = OpenOrMakeOne(root, parent, walk, walk + start, directory || !last);
            if (next == -Errno.ENOENT)
            {
                int spliced = SpliceLink(parent, walk, start, end, last);
                again = spliced >= 0;
                next = again ? 0 : spliced;
            }

            if (parent != root) Files.close(parent);
            if (next < 0 || last || again) return next;
            walk[end] = (byte)'/';
            parent = next;
            start = end;
        }
    }

    /// <summary>
    /// One component: <paramref name="prefix"/> is the path so far, whose last part <paramref name="name"/> is looked for in
    /// <paramref name="parent"/>. Each prefix is resolved from the root anew, since a symlink in it may lead anywhere in there.
    /// ENOENT: it is a symlink to nothing.
    /// </summary>
    private static int OpenOrMakeOne(int root, int parent, byte* prefix, byte* name, bool directory)
    {
        int fd = Open(root, prefix);
        if (fd != -Errno.ENOENT) return fd;
        int made = directory
            ? Files.mkdirat(parent, name, 0x1ed) // 0755
            : Files.mknodat(parent, name, Files.S_IFREG | 0x1a4, 0); // 0644
        return made is < 0 and not -Errno.EEXIST ? made : Open(root, prefix);
    }

    /// <summary>
    /// Replaces the component from <paramref name="start"/> to <paramref name="end"/>, a symlink in <paramref name="parent"/>, by
    /// its target.
    /// </summary>
    private static int SpliceLink(int parent, byte* walk, int start, int end, bool last)
    {
        byte* spliced = stackalloc byte[PathMax];
        byte* target = stackalloc byte[PathMax];
        int length = (int)Files.readlinkat(parent, walk + start, target, PathMax);
        if (length < 0) return length;

        int before = target[0] == '/' ? 0 : start; // an absolute one counts from the root
        int rest = last ? 0 : Text.Length(walk + end + 1) + 1;
        if (before + length + rest >= PathMax) return -Errno.ENAMETOOLONG;
        Text.Copy(spliced, walk, before);
        Text.Copy(spliced + before, target, length);
        if (!last)
        {
            spliced[before + length] = (byte)'/';
            Text.Copy(spliced + before + length + 1, walk + end + 1, rest - 1);
        }

        spliced[before + length + rest] = 0;
        Text.Copy(walk, spliced, before + length + rest + 1);
        return 0;
    }
}
