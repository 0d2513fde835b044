/* Settings come from the backend, and a copy on disk helps where it is gone. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"

struct source {
    const struct config *config;
    const char *file;
    struct http *http;
    const struct clock *clock;
    struct log *log;
    source_done *done;
    void *data;
    struct settings *settings;
    bool cached; /* `settings` came from the disk, and nobody confirmed them */
    bool aged;   /* the copy on disk tells an older time than `settings` do */
    struct mono saved; /* when the copy was last written, or tried to */
    bool believe_older;
    bool keeps_nothing;
    /* said already: it is not said again and again */
    bool failing, unsaved, lagging;
};

/* ---- the copy on disk ----
 *
 * It says when the backend last named these Settings, which for most polls is
 * all that changes. So that time is written only when it begins to matter (the
 * backend fails, or we end), and now and then for the case that we are killed.
 */

#define RENEW_MS 300000

static void cache_read(struct source *source)
{
    struct error err = { "" };
    struct settings *settings = settings_load(
        source->config->state_directory, source->config->backend_url, &err);
    if (settings) {
        settings_free(source->settings);
        source->settings = settings;
        source->cached = true;
    } else if (err.text[0]) {
        log_write(source->log, LOG_WARN, "settings", "%s", err.text);
    }
}

static void cache_write(struct source *source)
{
    if (source->keeps_nothing)
        return;
    struct error err = { "" };
    bool saved =
        settings_save(source->settings, source->config->state_directory,
                      source->config->backend_url, &err);
    if (!saved && !source->unsaved)
        log_write(source->log, LOG_WARN, "settings",
                  "the copy for the next start was not written: %s", err.text);
    source->unsaved = source->aged = !saved;
    source->saved = clock_now(source->clock).mono;
}

static void cache_renew(struct source *source)
{
    if (source->aged)
        cache_write(source);
}

static void cache_renew_seldom(struct source *source)
{
    source->aged = true;
    if (clock_now(source->clock).mono.ms - source->saved.ms >= RENEW_MS)
        cache_write(source);
}

bool source_cached(const struct source *source, struct facts *ret_facts)
{
    if (!source->cached)
        return false;
    *ret_facts = source->settings->facts;
    return true;
}

/* ---- what came ---- */

/* These are the backend's, as of now. */
static void settings_confirm(struct source *source)
{
    source->settings->fetched = clock_now(source->clock).wall;
    source->cached = source->lagging = false;
}

static void settings_take(struct source *source, struct settings *settings)
{
    settings_free(source->settings);
    source->settings = settings;
    settings_confirm(source);
}

/* A backend without ETags sends them all each time. The built-in ones `a` are
 * nobody's. */
static bool settings_same(const struct settings *a, const struct settings *b)
{
    return a->fetched.ms && !strcmp(a->json, b->json) &&
           !strcmp(a->etag, b->etag) && !strcmp(a->version, b->version);
}

static void say_well_again(struct source *source)
{
    if (source->failing)
        log_write(source->log, LOG_INFO, "settings",
                  "the backend answers with Settings again");
    source->failing = false;
}

/* How long ago, in the largest unit that counts at least two. */
static const char *age_text(int64_t age_ms, char buffer[32])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = { { 86400000, "days" },
                  { 3600000, "hours" },
                  { 60000, "minutes" },
                  { 1000, "seconds" } };
    size_t i = 0;
    while (i < 3 && age_ms < 2 * units[i].ms)
        i++;
    snprintf(buffer, 32, "%lld %s", (long long)(age_ms / units[i].ms),
             units[i].unit);
    return buffer;
}

static void say_cached(const struct source *source)
{
    char age[32], fetched[RFC3339_TEXT_MAX];
    struct wall then = source->settings->fetched;
    int64_t age_ms = clock_now(source->clock).wall.ms - then.ms;
    log_write(source->log, LOG_WARN, "settings",
              "the copy of the Settings of %s is used; it is %s old",
              rfc3339_format(then, 0, fetched),
              age_text(age_ms > 0 ? age_ms : 0, age));
}

static void fetch_failed(struct source *source, enum fetch_outcome outcome,
                         const char *sentence)
{
    char since[RFC3339_TEXT_MAX] = "";
    if (source->settings->fetched.ms)
        rfc3339_format(source->settings->fetched, 0, since);
    const char *const pairs[] = {
        "event",   "settings",
        "outcome", outcome == FETCH_REFUSED ? "refused" : "failed",
        "last",    since,
        NULL
    };
    char text[768];
    snprintf(text, sizeof text, "no Settings: %s", sentence);
    log_fields(source->log, LOG_WARN, "settings", text, pairs);
    if (source->cached && !source->failing)
        say_cached(source);
    source->failing = true;
    cache_renew(source);
    source->done(source->data, outcome, NULL, text);
}

/* From a replica that lags behind, or a database that was set back. What a disk
 * remembers is no proof against the backend. */
static bool is_older(const struct source *source,
                     const struct settings *settings)
{
    int64_t updated_ms = settings->facts.updated.ms;
    return !source->believe_older && !source->cached && updated_ms &&
           updated_ms < source->settings->facts.updated.ms;
}

static void say_older(struct source *source, const struct settings *settings)
{
    char theirs[RFC3339_TEXT_MAX], ours[RFC3339_TEXT_MAX];
    if (!source->lagging)
        log_write(source->log, LOG_WARN, "settings",
                  "the backend's Settings are of %s, older than those of %s "
                  "in force, and are not believed (`mooncron reload --force` "
                  "takes them)",
                  rfc3339_format(settings->facts.updated, 0, theirs),
                  rfc3339_format(source->settings->facts.updated, 0, ours));
    source->lagging = true;
}

static void on_settings(void *data, enum fetch_outcome outcome,
                        struct settings *settings, const struct error *error)
{
    struct source *source = data;
    if (outcome == FETCH_FAILED || outcome == FETCH_REFUSED) {
        fetch_failed(source, outcome, error->text);
        return;
    }
    say_well_again(source);
    if (outcome == FETCH_OK && is_older(source, settings)) {
        say_older(source, settings);
        settings_free(settings);
        outcome = FETCH_NOT_MODIFIED;
    } else if (outcome == FETCH_OK &&
               !settings_same(source->settings, settings)) {
        settings_take(source, settings);
        cache_write(source);
    } else {
        settings_free(settings);
        settings_confirm(source);
        cache_renew_seldom(source);
    }
    source->done(source->data, outcome, &source->settings->facts, NULL);
}

/* ---- asking ---- */

static void file_fetch(struct source *source)
{
    struct error err = { "" };
    struct settings *settings = settings_read(source->file, &err);
    if (!settings) {
        fetch_failed(source, FETCH_FAILED, err.text);
        return;
    }
    say_well_again(source);
    settings_take(source, settings);
    source->done(source->data, FETCH_OK, &settings->facts, NULL);
}

void source_fetch(struct source *source, bool believe_older)
{
    source->believe_older = believe_older;
    if (source->file) {
        file_fetch(source);
        return;
    }
    /* A copy from disk is compared by its ETag like any other. */
    if (!settings_fetch(source->http, source->settings,
                        source->config->settings_timeout_ms, on_settings,
                        source))
        fetch_failed(source, FETCH_FAILED,
                     "too many calls are under way to ask for them now");
}

const struct settings *source_settings(const struct source *source)
{
    return source->settings;
}

struct source *source_new(const struct config *config, const char *file,
                          struct http *http, const struct clock *clock,
                          struct log *log, source_done *done, void *data)
{
    struct source *source = memory_new(sizeof *source);
    source->config = config;
    source->file = file;
    source->http = http;
    source->clock = clock;
    source->log = log;
    source->done = done;
    source->data = data;
    source->settings = settings_none();
    source->saved = clock_now(clock).mono;
    if (!file)
        cache_read(source);
    return source;
}

void source_keep_nothing(struct source *source)
{
    source->keeps_nothing = true;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    cache_renew(source);
    settings_free(source->settings);
    free(source);
}
