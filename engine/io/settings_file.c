/* Settings on disk: the last good copy, and files that people write.
 *
 * The copy is written aside, synced and renamed, so that a reader, or the next
 * start after a crash, sees the old one or the new one. It names the backend it
 * came from: a copy of another one is not ours to trust. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "settings_json.h"

#define COPY_VERSION 1
#define COPY_NAME    "settings.json"

/* The object, its envelope, and how it may be escaped. */
#define FILE_BYTES_MAX (4 * SETTINGS_BYTES_MAX)

/* ---- writing ---- */

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

static bool write_aside(const char *path, const char *text)
{
    int fd =
        open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    /* One that was left there may be readable by others. */
    bool good =
        !fchmod(fd, 0600) && write_all(fd, text, strlen(text)) && !fsync(fd);
    int failed = errno;
    if (close(fd) && good)
        return false;
    errno = failed;
    return good;
}

/* The rename is on disk when its folder is. */
static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = !fsync(fd);
    close(fd);
    return good;
}

static bool replace_file(const char *directory, const char *text,
                         struct error *reterr)
{
    char path[PATH_MAX], aside[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, COPY_NAME);
    if ((size_t)snprintf(aside, sizeof aside, "%s/%s.new", directory,
                         COPY_NAME) >= sizeof aside) {
        error_set(reterr, "the state folder's name is too long");
        return false;
    }
    if (write_aside(aside, text) && !rename(aside, path) &&
        sync_folder(directory))
        return true;
    error_set(reterr, "%s: %s", path, strerror(errno));
    unlink(aside);
    return false;
}

bool settings_save(const struct settings *settings, const char *directory,
                   const char *backend_url, struct error *reterr)
{
    char fetched[RFC3339_TEXT_MAX];
    json_t *object = json_loadb(settings->json, settings->json_len, 0, NULL);
    json_t *copy = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "version",
                             COPY_VERSION, "backend", backend_url, "fetched",
                             rfc3339_format(settings->fetched, 0, fetched),
                             "etag", settings->etag, "settingsVersion",
                             settings->version, "settings", object);
    char *text = copy ? json_dumps(copy, JSON_INDENT(2)) : NULL;
    json_decref(copy);
    bool good = text && replace_file(directory, text, reterr);
    if (!text)
        error_set(reterr, "Settings hold text that is no UTF-8");
    free(text);
    return good;
}

/* ---- reading ---- */

/* The whole of a regular file; NULL and a sentence otherwise. */
static char *read_file(const char *path, size_t *ret_len, struct error *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        error_set(reterr, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct stat info;
    const char *why = NULL;
    if (fstat(fd, &info))
        why = strerror(errno);
    else if (!S_ISREG(info.st_mode))
        why = "it is no file";
    else if (info.st_size > FILE_BYTES_MAX)
        why = "it is larger than Settings may be";
    size_t len = 0, room = why ? 0 : (size_t)info.st_size;
    char *text = why ? NULL : memory_new(room);
    while (text && len < room) {
        ssize_t got = read(fd, text + len, room - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    close(fd);
    *ret_len = len;
    if (!text)
        error_set(reterr, "%s: %s", path, why);
    return text;
}

static json_t *read_json(const char *path, struct error *reterr)
{
    size_t len;
    char *text = read_file(path, &len, reterr);
    if (!text)
        return NULL;
    json_error_t at;
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    free(text);
    if (!json)
        error_set(reterr, "%s:%d:%d: no JSON: %s", path, at.line, at.column,
                  at.text);
    return json;
}

static const char *string_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* The Settings in a copy, checked like those from the backend. */
static struct settings *copy_open(const json_t *copy, const char *backend_url,
                                  struct error *reterr)
{
    struct wall fetched;
    const char *when = string_of(copy, "fetched");
    const char *from = string_of(copy, "backend");
    if (json_integer_value(json_object_get(copy, "version")) != COPY_VERSION ||
        !rfc3339_parse(when, strlen(when), &fetched)) {
        error_set(reterr, "it is no copy that this version wrote");
        return NULL;
    }
    if (strcmp(from, backend_url) != 0) {
        error_set(reterr, "it is a copy of another backend's (%s)", from);
        return NULL;
    }
    const json_t *object = json_object_get(copy, "settings");
    if (!object) {
        error_set(reterr, "it holds no settings");
        return NULL;
    }
    struct settings *settings = settings_from(object, reterr);
    if (!settings)
        return NULL;
    settings->fetched = fetched;
    settings_name_version(settings, string_of(copy, "etag"),
                          string_of(copy, "settingsVersion"));
    return settings;
}

struct settings *settings_load(const char *directory, const char *backend_url,
                               struct error *reterr)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, COPY_NAME) >=
        sizeof path) {
        error_set(reterr, "the state folder's name is too long");
        return NULL;
    }
    if (access(path, F_OK)) {
        reterr->text[0] = '\0'; /* none was ever written */
        return NULL;
    }
    json_t *copy = read_json(path, reterr);
    if (!copy)
        return NULL;
    struct settings *settings = copy_open(copy, backend_url, reterr);
    json_decref(copy);
    if (!settings)
        error_wrap(reterr, "%s is not used", path);
    return settings;
}

struct settings *settings_read(const char *path, struct error *reterr)
{
    json_t *json = read_json(path, reterr);
    if (!json)
        return NULL;
    struct settings *settings = settings_from(json, reterr);
    json_decref(json);
    if (!settings)
        error_wrap(reterr, "%s", path);
    return settings;
}
