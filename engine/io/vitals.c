/* Vitals come from getrusage(2), getrlimit(2) and /proc/self. */
#include "mooncron/vitals.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_cpu(struct vitals *vitals)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage))
        return;
    vitals->cpu_us =
        ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
        usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void read_memory(struct vitals *vitals)
{
    int64_t pages, resident, page = sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fscanf(file, "%" SCNd64 " %" SCNd64, &pages, &resident) == 2) {
        vitals->virtual_bytes = pages * page;
        vitals->resident_bytes = resident * page;
    }
    fclose(file);
}

/* Entries of a folder, but for "." and "..", and the one that it is read by. */
static int64_t count_entries(const char *path, int64_t less)
{
    DIR *folder = opendir(path);
    int64_t count = 0;
    if (!folder)
        return -1;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2 - less;
}

static void read_limit(struct vitals *vitals)
{
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY)
        vitals->fds_max = (int64_t)limit.rlim_cur;
}

void vitals_read(struct vitals *ret)
{
    memset(ret, 0xff, sizeof *ret); /* -1 each */
    read_cpu(ret);
    read_memory(ret);
    read_limit(ret);
    ret->fds = count_entries("/proc/self/fd", 1);
    ret->threads = count_entries("/proc/self/task", 0);
}
