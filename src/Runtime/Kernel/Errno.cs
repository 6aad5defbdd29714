namespace Rt.Kernel;

/// <summary>Error numbers, and the words for them that engines parse: glibc's, in lower case, as Go prints them.</summary>
internal static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9,
        ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19,
        ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28,
        EROFS = 30, EMLINK = 31, EPIPE = 32, ERANGE = 34, ENAMETOOLONG = 36, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40,
        ENODATA = 61, EOVERFLOW = 75, EUSERS = 87, EMSGSIZE = 90, EPROTONOSUPPORT = 93, EOPNOTSUPP = 95,
        EAFNOSUPPORT = 97, ECONNRESET = 104, ETIMEDOUT = 110, ESTALE = 116, EDQUOT = 122, EKEYEXPIRED = 127;

    /// <summary>"no such file or directory" for ENOENT, "errno 200" for a number not listed.</summary>
    public static string Describe(int errno) => errno switch
    {
        EPERM => "operation not permitted",
        ENOENT => "no such file or directory",
        ESRCH => "no such process",
        EINTR => "interrupted system call",
        EIO => "input/output error",
        ENXIO => "no such device or address",
        E2BIG => "argument list too long",
        ENOEXEC => "exec format error",
        EBADF => "bad file descriptor",
        ECHILD => "no child processes",
        EAGAIN => "resource temporarily unavailable",
        ENOMEM => "cannot allocate memory",
        EACCES => "permission denied",
        EFAULT => "bad address",
        EBUSY => "device or resource busy",
        EEXIST => "file exists",
        EXDEV => "invalid cross-device link",
        ENODEV => "no such device",
        ENOTDIR => "not a directory",
        EISDIR => "is a directory",
        EINVAL => "invalid argument",
        ENFILE => "too many open files in system",
        EMFILE => "too many open files",
        ETXTBSY => "text file busy",
        EFBIG => "file too large",
        ENOSPC => "no space left on device",
        EROFS => "read-only file system",
        EMLINK => "too many links",
        EPIPE => "broken pipe",
        ERANGE => "numerical result out of range",
        ENAMETOOLONG => "file name too long",
        ENOSYS => "function not implemented",
        ENOTEMPTY => "directory not empty",
        ELOOP => "too many levels of symbolic links",
        ENODATA => "no data available",
        EOVERFLOW => "value too large for defined data type",
        EUSERS => "too many users",
        EMSGSIZE => "message too long",
        EPROTONOSUPPORT => "protocol not supported",
        EOPNOTSUPP => "operation not supported",
        EAFNOSUPPORT => "address family not supported by protocol",
        ECONNRESET => "connection reset by peer",
        ETIMEDOUT => "connection timed out",
        ESTALE => "stale file handle",
        EDQUOT => "disk quota exceeded",
        EKEYEXPIRED => "key has expired",
        _ => $"errno {errno}",
    };
}
