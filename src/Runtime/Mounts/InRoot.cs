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

    /// <summary>An O_PATH descriptor, or -errno.</summary>
    public static int Open(int root, byte* path) =>
        Files.openat2(root, path, Files.O_PATH, Files.RESOLVE_IN_ROOT | Files.RESOLVE_NO_MAGICLINKS);

    /// <summary>
    /// As <see cref="Open"/>, but makes what is missing on the way: directories (0755), and an empty file at the end if
    /// <paramref name="directory"/> is false.
    /// </summary>
    public static int OpenOrMake(int root, byte* path, bool directory)
    {
        int found = Open(root, path);
        if (found != -Errno.ENOENT) return found;

        byte* walk = stackalloc byte[PathMax];
        int length = Text.Length(path);
        if (length >= PathMax) return -Errno.ENAMETOOLONG;
        Text.Copy(walk, path, length + 1);

        int parent = root;
        int start = 0;
        while (true)
        {
            while (walk[start] == '/') start++;
            if (walk[start] == 0) return parent == root ? Open(root, path) : parent;
            int end = start;
            while (walk[end] != 0 && walk[end] != '/') end++;

            bool last = walk[end] == 0;
            walk[end] = 0;
            int next = OpenOrMakeOne(root, parent, walk, walk + start, directory || !last);
            if (parent != root) Files.close(parent);
            if (next < 0 || last) return next;
            walk[end] = (byte)'/';
            parent = next;
            start = end;
        }
    }

    /// <summary>
    /// One component: <paramref name="prefix"/> is the path so far, whose last part <paramref name="name"/> is looked for in
    /// <paramref name="parent"/>. Each prefix is resolved from the root anew, since a symlink in it may lead anywhere in there.
    /// A symlink to nothing stays ENOENT.
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
}
