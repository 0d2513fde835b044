/* A stamp is what stat(2) says of a file. */
#include "stamps.h"

#include <sys/stat.h>

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static bool stamp_current(const struct file_stamp *stamp)
{
    struct stat now;
    return !stat(stamp->path, &now) && now.st_dev == stamp->device &&
           now.st_ino == stamp->inode && now.st_size == stamp->bytes &&
           nanoseconds(now.st_mtim) == stamp->modified_ns &&
           nanoseconds(now.st_ctim) == stamp->changed_ns;
}

bool stamps_current(const struct jobset *set)
{
    for (uint32_t i = 0; i < jobset_file_count(set); i++)
        if (!stamp_current(jobset_file(set, i)))
            return false;
    return jobset_file_count(set) > 0;
}
