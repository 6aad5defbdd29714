# From a profile in Docker's format, and $config without a filter, to the config with the filter that Docker's default
# capabilities get on the architecture $arch (Debian's name). Every kernel in question is newer than any minKernel.
["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT" | "CAP_" + .] as $caps |
{amd64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64"}[$arch] as $native |

def overlaps($list): any(.[]?; . as $item | any($list[]; . == $item));
def holds:
    (.includes.arches // [] | length == 0 or overlaps([$arch])) and (.includes.caps // [] | . - $caps | length == 0)
    and (.excludes.arches | overlaps([$arch]) | not) and (.excludes.caps | overlaps($caps) | not);
def known: {names, action, errnoRet, args} | with_entries(select(.value != null));

$config[0] + {linux: ($config[0].linux + {seccomp: ({
    defaultAction,
    defaultErrnoRet,
    architectures: [.archMap[] | select(.architecture == $native) | .architecture, .subArchitectures[]?],
    syscalls: [.syscalls[] | select(holds) | known],
} | with_entries(select(.value != null)))})}
