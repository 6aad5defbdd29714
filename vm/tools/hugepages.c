// Usage: hugepages PAGES. Maps so many huge pages of 2 MiB and touches each; exits with 1 and the reason if mmap refuses.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int count, char **arguments) {
    if (count != 2) return 2;
    size_t page = 2 << 20, size = strtoul(arguments[1], NULL, 10) * page;
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (pages == MAP_FAILED) {
        perror("mmap");
        return 1;
    }

    for (size_t at = 0; at < size; at += page) pages[at] = 1;
    puts("touched");
    return 0;
}
