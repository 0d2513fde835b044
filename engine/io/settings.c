/* Settings: one JSON object, checked once, kept as compact text.
 *
 * Parsing wants an object whose two known fields have their types; any further
 * field is the scripts'. The digest is of the sorted text without what the
 * facts hold already, and without the dates, so that saving a document without
 * a change is no change. */
#include "mooncron/settings.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/civil.h"
#include "mooncron/digest.h"
#include "mooncron/memory.h"
#include "settings_json.h"

static const char *const type_names[] = {
    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
    [JSON_STRING] = "a string",  [JSON_INTEGER] = "a number",
    [JSON_REAL] = "a number",    [JSON_TRUE] = "true",
    [JSON_FALSE] = "false",      [JSON_NULL] = "null",
};

/* What is quoted in a sentence may have come from anywhere. */
static void blank_controls(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

/* What was found, with the text where it is a short string. */
static const char *found(const json_t *value, char *buffer, size_t size)
{
    const char *string = json_string_value(value);
    if (!string)
        return value ? type_names[json_typeof(value)] : "nothing";
    snprintf(buffer, size, "\"%.40s\"", string);
    blank_controls(buffer);
    return buffer;
}

/* ---- checks ---- */

static bool shallow(const json_t *value, unsigned depth)
{
    const char *key;
    size_t i;
    json_t *child;
    if (depth > SETTINGS_DEPTH_MAX)
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, key,
                        child) if (!shallow(child, depth + 1)) return false;
    json_array_foreach(value, i,
                       child) if (!shallow(child, depth + 1)) return false;
    return true;
}

static bool read_enabled(const json_t *json, struct facts *facts,
                         struct error *reterr)
{
    char buffer[64];
    const json_t *value = json_object_get(json, "enableJobs");
    if (json_is_boolean(value)) {
        facts->enable_jobs = json_is_true(value);
        return true;
    }
    error_set(reterr, "enableJobs must be true or false, found %s",
              found(value, buffer, sizeof buffer));
    return false;
}

bool environment_good(const char *name, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return len >= 1 && len <= ENVIRONMENT_MAX && strspn(name, allowed) == len;
}

static bool read_environment(const json_t *json, struct facts *facts,
                             struct error *reterr)
{
    char buffer[64];
    const json_t *value = json_object_get(json, "schedulerEnvironment");
    if (!value || json_is_null(value))
        return true;
    const char *name = json_string_value(value);
    if (name && environment_good(name, json_string_length(value))) {
        memcpy(facts->environment, name, strlen(name) + 1);
        return true;
    }
    error_set(reterr,
              "schedulerEnvironment must be null or 1 to %d letters, digits, "
              "dots, _ and -, found %s",
              ENVIRONMENT_MAX, found(value, buffer, sizeof buffer));
    return false;
}

/* A date of another form is one more field that is kept: the schedule does not
 * hang on it, and what is older is then told by arrival. */
static void read_updated(const json_t *json, struct facts *facts)
{
    const char *text = json_string_value(json_object_get(json, "updatedAt"));
    if (text)
        rfc3339_parse(text, strlen(text), &facts->updated);
}

/* ---- digest ---- */

static uint64_t settings_digest(const json_t *json)
{
    static const char *const aside[] = { "enableJobs", "schedulerEnvironment",
                                         "updatedAt", "createdAt" };
    json_t *rest = json_copy((json_t *)(uintptr_t)json);
    for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
        json_object_del(rest, aside[i]);
    char *text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t digest = digest_bytes(DIGEST_START, text, strlen(text));
    free(text);
    json_decref(rest);
    return digest;
}

/* ---- life ---- */

static char *copy(const char *text)
{
    return memory_string(text);
}

void settings_name_version(struct settings *settings, const char *etag,
                           const char *version)
{
    char *old_etag = settings->etag, *old_version = settings->version;
    settings->etag = copy(etag);
    settings->version = copy(version);
    free(old_etag);
    free(old_version);
}

static struct settings *settings_make(const json_t *json,
                                      const struct facts *facts)
{
    struct settings *settings = memory_new(sizeof *settings);
    settings->facts = *facts;
    settings->facts.digest = settings_digest(json);
    settings->json = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    settings->json_len = strlen(settings->json);
    const char *version = json_string_value(json_object_get(json, "version"));
    settings_name_version(settings, "", version ? version : "");
    return settings;
}

struct settings *settings_from(const json_t *json, struct error *reterr)
{
    struct facts facts = { .enable_jobs = false };
    if (!json_is_object(json))
        error_set(reterr, "Settings must be a JSON object, found %s",
                  type_names[json_typeof(json)]);
    else if (!shallow(json, 1))
        error_set(reterr, "Settings are nested deeper than %d levels",
                  SETTINGS_DEPTH_MAX);
    else if (read_enabled(json, &facts, reterr) &&
             read_environment(json, &facts, reterr)) {
        read_updated(json, &facts);
        return settings_make(json, &facts);
    }
    return NULL;
}

struct settings *settings_parse(const char *json, size_t len,
                                struct error *reterr)
{
    if (len > SETTINGS_BYTES_MAX) {
        error_set(reterr, "Settings are larger than %d KiB",
                  SETTINGS_BYTES_MAX >> 10);
        return NULL;
    }
    json_error_t at;
    json_t *value =
        json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
    if (!value) {
        error_set(reterr, "Settings are no JSON: line %d, column %d: %s",
                  at.line, at.column, at.text);
        blank_controls(reterr->text);
        return NULL;
    }
    struct settings *settings = settings_from(value, reterr);
    json_decref(value);
    return settings;
}

struct settings *settings_none(void)
{
    static const char none[] =
        "{\"enableJobs\":false,\"schedulerEnvironment\":null}";
    struct error err;
    return settings_parse(none, sizeof none - 1, &err);
}

char *settings_overlay(const struct settings *settings, bool enable_jobs,
                       const char *environment)
{
    json_t *json = json_loadb(settings->json, settings->json_len, 0, NULL);
    json_object_set_new(json, "enableJobs", json_boolean(enable_jobs));
    json_object_set_new(json, "schedulerEnvironment",
                        *environment ? json_string(environment) : json_null());
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    free(settings->json);
    free(settings->etag);
    free(settings->version);
    free(settings);
}
