/* The floor of the benchmarks: the least that must be done to start the container of bench/run.sh's default bundle. The same
 * namespaces, mounts, masks and pivot_root as rt's, in one straight line of C with nothing parsed, nothing checked, no state,
 * no seccomp filter and no protection of the binary. Usage: floor ROOTFS PROGRAM
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what) { perror(what); _exit(1); }
#define MUST(call) do { if ((call) < 0) die(#call); } while (0)

static void device(const char *path, int major, int minor) { MUST(mknod(path, S_IFCHR | 0666, makedev(major, minor))); }

static void readonly(const char *path) {
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) == 0)
        MUST(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
}

static void mask(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0) return;
    if (S_ISDIR(status.st_mode)) MUST(mount("tmpfs", path, "tmpfs", MS_RDONLY, NULL));
    else MUST(mount("/dev/null", path, NULL, MS_BIND, NULL));
}

static void container(const char *root, char **argv) {
    static const int kept[] = {CAP_KILL, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE};
    const unsigned common = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    char *environment[] = {"PATH=/bin", "TERM=xterm", "HOME=/", NULL};
    struct rlimit files = {1024, 1024};
    struct ifreq lo = {.ifr_name = "lo"};
    int net;

    setsid();
    umask(0);
    MUST(unshare(CLONE_NEWCGROUP));
    MUST(net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    MUST(ioctl(net, SIOCGIFFLAGS, &lo));
    lo.ifr_flags |= IFF_UP;
    MUST(ioctl(net, SIOCSIFFLAGS, &lo));
    MUST(sethostname("runc", 4));
    MUST(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
    MUST(mount(root, root, NULL, MS_BIND | MS_REC, NULL));
    MUST(chdir(root));
    MUST(mount("proc", "proc", "proc", 0, NULL));
    MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
    MUST(mkdir("dev/pts", 0755));
    MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    MUST(mkdir("dev/shm", 0755));
    MUST(mount("shm", "dev/shm", "tmpfs", common, "mode=1777,size=65536k"));
    MUST(mkdir("dev/mqueue", 0755));
    MUST(mount("mqueue", "dev/mqueue", "mqueue", common, NULL));
    MUST(mount("sysfs", "sys", "sysfs", common | MS_RDONLY, NULL));
    MUST(mount("cgroup", "sys/fs/cgroup", "cgroup2", common | MS_RDONLY, NULL));
    device("dev/null", 1, 3);
    device("dev/zero", 1, 5);
    device("dev/full", 1, 7);
    device("dev/random", 1, 8);
    device("dev/urandom", 1, 9);
    device("dev/tty", 5, 0);
    MUST(symlink("pts/ptmx", "dev/ptmx"));
    MUST(symlink("/proc/self/fd", "dev/fd"));
    MUST(symlink("/proc/self/fd/0", "dev/stdin"));
    MUST(symlink("/proc/self/fd/1", "dev/stdout"));
    MUST(symlink("/proc/self/fd/2", "dev/stderr"));
    readonly("proc/bus");
    readonly("proc/fs");
    readonly("proc/irq");
    readonly("proc/sys");
    readonly("proc/sysrq-trigger");
    mask("proc/acpi");
    mask("proc/asound");
    mask("proc/kcore");
    mask("proc/keys");
    mask("proc/latency_stats");
    mask("proc/timer_list");
    mask("proc/timer_stats");
    mask("proc/sched_debug");
    mask("sys/firmware");
    mask("proc/scsi");
    MUST(syscall(SYS_pivot_root, ".", "."));
    MUST(umount2(".", MNT_DETACH));
    MUST(chdir("/"));
    MUST(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    MUST(setrlimit(RLIMIT_NOFILE, &files));
    umask(022);
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (capability != kept[0] && capability != kept[1] && capability != kept[2]) prctl(PR_CAPBSET_DROP, capability);
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    unsigned set = 1u << kept[0] | 1u << kept[1] | 1u << kept[2];
    struct __user_cap_data_struct data[2] = {{set, set, 0}, {0, 0, 0}};
    MUST(syscall(SYS_capset, &header, data));
    MUST(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
    execve(argv[0], argv, environment);
    die(argv[0]);
}

int main(int argc, char **argv) {
    char cgroup[64];
    int directory, status;
    if (argc < 3) return 2;
    snprintf(cgroup, sizeof cgroup, "/sys/fs/cgroup/floor-%d", getpid());
    MUST(mkdir(cgroup, 0755));
    MUST(directory = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct clone_args args = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = directory,
    };
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid < 0) die("clone3");
    if (pid == 0) container(argv[1], argv + 2);
    MUST(waitpid(pid, &status, 0));
    MUST(rmdir(cgroup));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
