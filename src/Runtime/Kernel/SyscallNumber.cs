using System.Runtime.InteropServices;

namespace Rt.Kernel;

/// <summary>
/// System call numbers: x86-64 beside the generic table that arm64 and riscv64 use. Calls newer than Linux 5.0 have one
/// number everywhere. The AOT compiler folds each into a constant. Source: arch/x86/entry/syscalls/syscall_64.tbl and
/// include/uapi/asm-generic/unistd.h.
/// </summary>
internal static class SyscallNumber
{
    public static bool X64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static int read => X64 ? 0 : 63;
    public static int write => X64 ? 1 : 64;
    public static int close => X64 ? 3 : 57;
    public static int lseek => X64 ? 8 : 62;
    public static int mmap => X64 ? 9 : 222;
    public static int mprotect => X64 ? 10 : 226;
    public static int munmap => X64 ? 11 : 215;
    public static int brk => X64 ? 12 : 214;
    public static int rt_sigaction => X64 ? 13 : 134;
    public static int rt_sigprocmask => X64 ? 14 : 135;
    public static int ioctl => X64 ? 16 : 29;
    public static int pread64 => X64 ? 17 : 67;
    public static int pwrite64 => X64 ? 18 : 68;
    public static int mremap => X64 ? 25 : 216;
    public static int madvise => X64 ? 28 : 233;
    public static int sendfile => X64 ? 40 : 71;
    public static int getpid => X64 ? 39 : 172;
    public static int socket => X64 ? 41 : 198;
    public static int connect => X64 ? 42 : 203;
    public static int sendto => X64 ? 44 : 206;
    public static int recvfrom => X64 ? 45 : 207;
    public static int sendmsg => X64 ? 46 : 211;
    public static int recvmsg => X64 ? 47 : 212;
    public static int bind => X64 ? 49 : 200;
    public static int listen => X64 ? 50 : 201;
    public static int accept4 => X64 ? 288 : 242;
    public static int setsockopt => X64 ? 54 : 208;
    public static int socketpair => X64 ? 53 : 199;
    public static int clone => X64 ? 56 : 220;
    public static int getpgid => X64 ? 121 : 155;
    public static int setpgid => X64 ? 109 : 154;
    public static int pipe2 => X64 ? 293 : 59;
    public static int clock_nanosleep => X64 ? 230 : 115;
    public static int execve => X64 ? 59 : 221;
    public static int kill => X64 ? 62 : 129;
    public static int fcntl => X64 ? 72 : 25;
    public static int flock => X64 ? 73 : 32;
    public static int ftruncate => X64 ? 77 : 46;
    public static int fchdir => X64 ? 81 : 50;
    public static int chdir => X64 ? 80 : 49;
    public static int fchmod => X64 ? 91 : 52;
    public static int fchown => X64 ? 93 : 55;
    public static int umask => X64 ? 95 : 166;
    public static int setgroups => X64 ? 116 : 159;
    public static int setresuid => X64 ? 117 : 147;
    public static int setresgid => X64 ? 119 : 149;
    public static int geteuid => X64 ? 107 : 175;
    public static int getegid => X64 ? 108 : 177;
    public static int setsid => X64 ? 112 : 157;
    public static int capget => X64 ? 125 : 90;
    public static int capset => X64 ? 126 : 91;
    public static int gettid => X64 ? 186 : 178;
    public static int tgkill => X64 ? 234 : 131;
    public static int signalfd4 => X64 ? 289 : 74;
    public static int statfs => X64 ? 137 : 43;
    public static int eventfd2 => X64 ? 290 : 19;
    public static int inotify_init1 => X64 ? 294 : 26;
    public static int inotify_add_watch => X64 ? 254 : 27;
    public static int fstatfs => X64 ? 138 : 44;
    public static int personality => X64 ? 135 : 92;
    public static int pivot_root => X64 ? 155 : 41;
    public static int prctl => X64 ? 157 : 167;
    public static int chroot => X64 ? 161 : 51;
    public static int mount => X64 ? 165 : 40;
    public static int umount2 => X64 ? 166 : 39;
    public static int setxattr => X64 ? 188 : 5;
    public static int getxattr => X64 ? 191 : 8;
    public static int sethostname => X64 ? 170 : 161;
    public static int setdomainname => X64 ? 171 : 162;
    public static int getdents64 => X64 ? 217 : 61;
    public static int clock_gettime => X64 ? 228 : 113;
    public static int exit_group => X64 ? 231 : 94;
    public static int set_mempolicy => X64 ? 238 : 237;
    public static int waitid => X64 ? 247 : 95;
    public static int keyctl => X64 ? 250 : 219;
    public static int ioprio_set => X64 ? 251 : 30;
    public static int openat => X64 ? 257 : 56;
    public static int mkdirat => X64 ? 258 : 34;
    public static int mknodat => X64 ? 259 : 33;
    public static int unlinkat => X64 ? 263 : 35;
    public static int symlinkat => X64 ? 266 : 36;
    public static int fchownat => X64 ? 260 : 54;
    public static int readlinkat => X64 ? 267 : 78;
    public static int faccessat => X64 ? 269 : 48;
    public static int dup3 => X64 ? 292 : 24;
    public static int ppoll => X64 ? 271 : 73;
    public static int unshare => X64 ? 272 : 97;
    public static int prlimit64 => X64 ? 302 : 261;
    public static int setns => X64 ? 308 : 268;
    public static int sched_yield => X64 ? 24 : 124;
    public static int sched_setaffinity => X64 ? 203 : 122;
    public static int sched_setattr => X64 ? 314 : 274;
    public static int renameat2 => X64 ? 316 : 276;
    public static int seccomp => X64 ? 317 : 277;
    public static int memfd_create => X64 ? 319 : 279;
    public static int bpf => X64 ? 321 : 280;
    public static int statx => X64 ? 332 : 291;

    public const int pidfd_send_signal = 424;
    public const int open_tree = 428;
    public const int move_mount = 429;
    public const int fsopen = 430;
    public const int fsconfig = 431;
    public const int fsmount = 432;
    public const int fspick = 433;
    public const int pidfd_open = 434;
    public const int clone3 = 435;
    public const int close_range = 436;
    public const int openat2 = 437;
    public const int pidfd_getfd = 438;
    public const int faccessat2 = 439;
    public const int mount_setattr = 442;
}
