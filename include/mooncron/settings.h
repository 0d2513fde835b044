/* Settings: the JSON object that the backend serves, kept whole, and the few
 * fields that mooncron itself understands. Whoever makes them owns them, until
 * settings_free(). */
#ifndef MOONCRON_SETTINGS_H
#define MOONCRON_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/core.h"
#include "mooncron/error.h"
#include "mooncron/http.h"

#define SETTINGS_BYTES_MAX (64 << 10)
#define SETTINGS_DEPTH_MAX 32

struct settings {
    struct facts facts; /* digest: over all but updatedAt and createdAt */
    char *json;         /* compact text of the object */
    size_t json_len;
    char *etag;          /* "" where none came; with its quotes */
    char *version;       /* X-Settings-Version, or the field; "" */
    struct wall fetched; /* when the backend last said that it is so */
};

/* May an environment be called that? 1 to ENVIRONMENT_MAX letters, digits,
 * dots, _ and -. */
bool environment_good(const char *name, size_t len);

/* `json` must be an object with a boolean enableJobs and a schedulerEnvironment
 * that is a good one or null or absent; any further field is kept. NULL and a
 * sentence that names the field, what was wanted and what was found. */
struct settings *settings_parse(const char *json, size_t len,
                                struct error *reterr);
/* The built-in ones: jobs off, no environment. */
struct settings *settings_none(void);

/* The JSON text of `settings` with these two fields put over it; owned by the
 * caller. An environment of "" is null. */
char *settings_overlay(const struct settings *settings, bool enable_jobs,
                       const char *environment);

void settings_free(struct settings *settings); /* NULL is fine */

/* The last good copy: <dir>/settings.json, mode 0600, written aside, synced and
 * renamed. Loading a file that is not ours to trust (truncated, wrong types,
 * another backend's) fails with a sentence and leaves it there. */
bool settings_save(const struct settings *settings, const char *directory,
                   const char *backend_url, struct error *reterr);
struct settings *settings_load(const char *directory, const char *backend_url,
                               struct error *reterr);

/* Settings from a plain JSON file (`--settings FILE`). */
struct settings *settings_read(const char *path, struct error *reterr);

/* Asks the backend once, with If-None-Match where `known` has an ETag.
 * `done` gets FETCH_OK with Settings, which it owns, or
 * FETCH_NOT_MODIFIED, or a failure with a sentence that names the environment
 * variable to look at. False where http has no room. */
typedef void settings_done(void *data, enum fetch_outcome outcome,
                           struct settings *settings,
                           const struct error *error);
bool settings_fetch(struct http *http, const struct settings *known,
                    uint32_t timeout_ms, settings_done *done, void *data);

#endif
