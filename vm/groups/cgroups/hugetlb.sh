# shellcheck shell=bash
# linux.resources.hugepageLimits, on a machine with 16 pages of 2 MiB.

echo 16 >/proc/sys/vm/nr_hugepages
equal "hugepageLimits: the machine has huge pages" 16 "$(cat /proc/sys/vm/nr_hugepages)"
pages='.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]
    | .mounts += [{destination: "/dev/huge", type: "hugetlbfs", source: "hugetlbfs"}]'
equal "hugepageLimits: pages within the limit can be had" $'4194304 4194304\ntouched\n0' \
    "$(inside 'cd /sys/fs/cgroup; echo $(cat hugetlb.2MB.max hugetlb.2MB.rsvd.max); hugepages 2; echo $?' "$pages")"
equal "hugepageLimits: what is reserved counts" $'mmap: Cannot allocate memory\n1' "$(inside 'hugepages 3 2>&1; echo $?' "$pages")"
equal "hugepageLimits: what is used counts, and the kernel counts who went beyond it" \
    $'fallocate: fallocate \'/dev/huge/x\': No space left on device\nmax 1' \
    "$(inside 'fallocate -l 6M /dev/huge/x 2>&1; cat /sys/fs/cgroup/hugetlb.2MB.events' "$pages")"
refused "hugepageLimits: a size that the machine does not have" "linux.resources.hugepageLimits[0]" inside true \
    '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 4194304}]'
echo 0 >/proc/sys/vm/nr_hugepages
