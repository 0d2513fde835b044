/* The daemon's zones: a file of tzdata is read when it is first asked for, and
 * again when it has changed. */
#include "mooncron/zones.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mooncron/memory.h"
#include "mooncron/read_all.h"
#include "mooncron/text.h"
#include "tzdata.h"

#define PATH_BYTES_MAX   4096
#define TZDATA_BYTES_MAX (1u << 20) /* 112 KiB in 2025 */

/* A file that was read. */
struct source {
    char *path;
    struct stat stat;
    struct zone *zone; /* NULL: tzdata.zi */
};

struct zones {
    char *folder;
    /* A few, as schedules name them: looked up one by one. */
    struct source *sources;
    size_t count;
    struct tzdata *tzdata; /* NULL until somebody asks */
};

struct zones *zones_new(const char *folder)
{
    struct zones *zones = memory_new(sizeof *zones);
    if (!folder)
        folder = ZONES_FOLDER;
    zones->folder = memory_string(folder);
    return zones;
}

void zones_forget(struct zones *zones)
{
    for (size_t i = 0; i < zones->count; i++) {
        free(zones->sources[i].path);
        zone_unref(zones->sources[i].zone);
    }
    zones->count = 0;
    if (zones->tzdata)
        tzdata_close(zones->tzdata);
    free(zones->tzdata);
    zones->tzdata = NULL;
}

void zones_free(struct zones *zones)
{
    if (!zones)
        return;
    zones_forget(zones);
    free(zones->sources);
    free(zones->folder);
    free(zones);
}

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static bool source_current(const struct source *source)
{
    const struct stat *then = &source->stat;
    struct stat now;
    return stat(source->path, &now) == 0 && now.st_dev == then->st_dev &&
           now.st_ino == then->st_ino && now.st_size == then->st_size &&
           nanoseconds(now.st_mtim) == nanoseconds(then->st_mtim) &&
           nanoseconds(now.st_ctim) == nanoseconds(then->st_ctim);
}

bool zones_changed(const struct zones *zones)
{
    for (size_t i = 0; i < zones->count; i++)
        if (!source_current(&zones->sources[i]))
            return true;
    return false;
}

static char *path_of(const struct zones *zones, const char *name)
{
    struct text path;
    text_init(&path, PATH_BYTES_MAX);
    text_printf(&path, "%s/%s", zones->folder, name);
    return text_take(&path);
}

/* The source is remembered, and its path and zone are the cache's. */
static void zones_add(struct zones *zones, struct source source)
{
    zones->sources =
        memory_resize(zones->sources, zones->count + 1, sizeof *zones->sources);
    zones->sources[zones->count++] = source;
}

static const char *open_fault(const struct zones *zones, int reason)
{
    if (reason != ENOENT && reason != ENOTDIR)
        return strerror(reason);
    struct stat folder; /* access(2) is forbidden in the script host */
    return stat(zones->folder, &folder) == 0
               ? "there is no such zone"
               : "there are no zones on this machine: install tzdata";
}

static const char *stat_fault(const struct stat *stat, size_t bytes_max)
{
    if (S_ISDIR(stat->st_mode))
        return "that is a folder of zones";
    if (!S_ISREG(stat->st_mode))
        return "that is no plain file";
    return (uint64_t)stat->st_size > bytes_max ? "the file is too long" : NULL;
}

/* Opened without waiting, should somebody have put a pipe there; links are
 * followed, for tzdata has some. */
static int source_open(const struct zones *zones, struct source *source,
                       size_t bytes_max, const char **reterr)
{
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *reterr = open_fault(zones, errno);
        return -1;
    }
    const char *fault = fstat(fd, &source->stat) == 0
                            ? stat_fault(&source->stat, bytes_max)
                            : strerror(errno);
    if (fault) {
        *reterr = fault;
        close(fd);
        return -1;
    }
    return fd;
}

/* The file and a NUL, or NULL and why not. The stamp is older than the bytes:
 * who writes the file meanwhile is noticed later. */
static char *source_read(const struct zones *zones, struct source *source,
                         size_t bytes_max, size_t *ret_len, const char **reterr)
{
    int fd = source_open(zones, source, bytes_max, reterr);
    if (fd < 0)
        return NULL;
    size_t size = (size_t)source->stat.st_size;
    char *bytes = memory_new(size + 1);
    ssize_t len = read_all(fd, bytes, size);
    if (len < 0) {
        *reterr = strerror(errno);
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    *ret_len = (size_t)len;
    return bytes;
}

static struct zone *zones_find(const struct zones *zones, const char *name)
{
    for (size_t i = 0; i < zones->count; i++) {
        struct zone *zone = zones->sources[i].zone;
        if (zone && strcmp(zone_name(zone), name) == 0)
            return zone;
    }
    return NULL;
}

static struct zone *zones_read(struct zones *zones, const char *name,
                               struct error *reterr)
{
    struct source source = { .path = path_of(zones, name) };
    size_t len;
    const char *fault;
    char *bytes = source_read(zones, &source, ZONE_BYTES_MAX, &len, &fault);
    if (bytes)
        source.zone = zone_read(name, bytes, len, reterr);
    else
        error_set(reterr, "zone %s: %s", name, fault);
    free(bytes);
    if (source.zone)
        zones_add(zones, source);
    else
        free(source.path);
    return source.zone;
}

struct zone *zones_get(struct zones *zones, const char *name,
                       struct error *reterr)
{
    const char *fault = zone_name_fault(name);
    if (fault) {
        error_set(reterr, "zone \"%.*s\" %s", ZONE_NAME_MAX, name, fault);
        return NULL;
    }
    if (strcmp(name, "UTC") == 0)
        return zone_utc();
    struct zone *zone = zones_find(zones, name);
    if (!zone)
        zone = zones_read(zones, name, reterr);
    return zone ? zone_ref(zone) : NULL;
}

static const struct tzdata *zones_tzdata(struct zones *zones)
{
    if (zones->tzdata)
        return zones->tzdata;
    struct source source = { .path = path_of(zones, "tzdata.zi") };
    size_t len;
    const char *fault;
    char *text = source_read(zones, &source, TZDATA_BYTES_MAX, &len, &fault);
    if (text)
        zones_add(zones, source);
    else
        free(source.path);
    zones->tzdata = memory_new(sizeof *zones->tzdata);
    tzdata_init(zones->tzdata, text);
    return zones->tzdata;
}

const char *zones_version(struct zones *zones)
{
    return zones_tzdata(zones)->version;
}

size_t zones_names(struct zones *zones, const char *const **ret_names)
{
    *ret_names = zones_tzdata(zones)->names;
    return zones_tzdata(zones)->count;
}

const char *zones_suggest(struct zones *zones, const char *wrong,
                          char buffer[ZONE_NAME_MAX + 1])
{
    const char *name = tzdata_suggest(zones_tzdata(zones), wrong);
    if (!name)
        return NULL;
    assert(strlen(name) <= ZONE_NAME_MAX);
    return strcpy(buffer, name);
}
