/* What a process holds, read from /proc. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proc.h"

static unsigned count_entries(pid_t pid, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    unsigned count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* A process that has gone has no line. */
static bool parent_of(const char *pid, int *ret_parent)
{
    char path[300], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool read = fgets(line, sizeof line, file);
    fclose(file);
    /* The name may hold anything, parentheses too: look from its end. */
    const char *after = read ? strrchr(line, ')') : NULL;
    return after && sscanf(after, ") %*c %d", ret_parent) == 1;
}

static unsigned count_children(pid_t pid)
{
    DIR *folder = opendir("/proc");
    assert_non_null(folder);
    unsigned count = 0;
    int parent;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        bool process = entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
        if (process && parent_of(entry->d_name, &parent))
            count += parent == pid;
    }
    closedir(folder);
    return count;
}

static unsigned long resident_kb(pid_t pid)
{
    char path[64], line[256];
    unsigned long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmRSS: %lu", &kb) == 1)
            break;
    }
    fclose(file);
    return kb;
}

struct footprint footprint_of(pid_t pid)
{
    return (struct footprint){
        .fds = count_entries(pid, "fd"),
        .threads = count_entries(pid, "task"),
        .children = count_children(pid),
        .rss_kb = resident_kb(pid),
    };
}
