/* A file of the schedule is opened once: stamped, read and compiled from the
 * same descriptor, so that the stamp is of what was read. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blame.h"
#include "loader.h"
#include "mooncron/read_all.h"

/* Where the file is needed from; line 0: it is the schedule itself. */
struct need {
    const char *file;
    uint32_t line;
};

static void blame_file(struct loader *loader, const char *path,
                       const struct need *need, const char *why)
{
    blame_line(loader, "E102", need->line ? need->file : path, need->line, NULL,
               "%s cannot be read: %s", path, why);
}

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static struct file_stamp stamp_of(const struct stat *info, const char *path)
{
    return (struct file_stamp){
        .path = path,
        .device = info->st_dev,
        .inode = info->st_ino,
        .bytes = info->st_size,
        .modified_ns = nanoseconds(info->st_mtim),
        .changed_ns = nanoseconds(info->st_ctim),
    };
}

/* The real folder of a path, with a slash behind it; the caller frees it. */
static char *folder_of(const char *path)
{
    char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        slash[1] = '\0';
    return real;
}

/* A symbolic link may not lead out of the folder. */
static bool lies_below(struct loader *loader, const char *path)
{
    if (!loader->folder) {
        loader->folder = folder_of(path); /* the schedule itself: it sets it */
        return loader->folder != NULL;
    }
    char *real = realpath(path, NULL);
    bool below = real && !strncmp(real, loader->folder, strlen(loader->folder));
    free(real);
    return below;
}

/* Editors of Windows begin a file of UTF-8 with a mark of three bytes, which
 * says nothing; without it columns are those that people see. */
static size_t without_mark(char *text, size_t len)
{
    static const char mark[3] = "\xef\xbb\xbf";
    if (len < sizeof mark || memcmp(text, mark, sizeof mark) != 0)
        return len;
    memmove(text, text + sizeof mark, len - sizeof mark);
    memset(text + len - sizeof mark, 0, sizeof mark);
    return len - sizeof mark;
}

/* The bytes of a regular file, NUL-terminated, or NULL and why not. */
static char *text_read(int fd, const struct stat *info, size_t *ret_len,
                       const char **ret_why)
{
    if (!S_ISREG(info->st_mode)) {
        *ret_why = S_ISDIR(info->st_mode) ? "it is a folder" : "it is no file";
        return NULL;
    }
    if (info->st_size > SOURCE_BYTES_MAX) {
        *ret_why = "it is larger than 16 MiB";
        return NULL;
    }
    char *text = memory_new((size_t)info->st_size + 1);
    ssize_t len = read_all(fd, text, (size_t)info->st_size);
    if (len < 0) {
        *ret_why = strerror(errno);
        free(text);
        return NULL;
    }
    *ret_len = without_mark(text, (size_t)len);
    return text;
}

static struct source *source_read(struct loader *loader, const char *path,
                                  const struct need *need)
{
    const char *why = NULL;
    struct stat info;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info)) {
        blame_file(loader, path, need, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    char *text = NULL;
    if (lies_below(loader, path))
        text = text_read(fd, &info, &len, &why);
    else
        why = "it lies outside the schedule file's folder";
    close(fd);
    struct source *source =
        text ? sources_add(&loader->sources, path, text, len) : NULL;
    if (text && !source) {
        free(text);
        why = "the schedule has more than 256 files";
    }
    if (!source) {
        blame_file(loader, path, need, why);
        return NULL;
    }
    loader->stamps[loader->sources.count - 1] = stamp_of(&info, source->path);
    return source;
}

static bool compile(struct loader *loader, const char *path, const char *file,
                    uint32_t line)
{
    const struct need need = { file, line };
    const struct source *source = source_read(loader, path, &need);
    if (!source)
        return false;
    lua_State *L = loader->vm->L;
    char name[PATH_MAX + 1];
    snprintf(name, sizeof name, "@%s", source->path);
    int status = luaL_loadbufferx(L, source->text, source->len, name, "t");
    if (status == LUA_OK)
        return true;
    if (status == LUA_ERRMEM)
        blame_error(loader, VM_MEMORY);
    else
        blame_syntax(loader, source->path); /* or nested too deeply */
    lua_pop(L, 1);
    return false;
}

bool loader_compile(struct loader *loader, const char *path, const char *file,
                    uint32_t line)
{
    bool good = compile(loader, path, file, line);
    loader->partial |= !good;
    return good;
}
