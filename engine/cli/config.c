/* Settings of the program: one row of a table for each.
 *
 * A value comes from X, or from the file that X_FILE names, or (credentials)
 * from a file in CREDENTIALS_DIRECTORY, or is the row's default; then the row's
 * type reads it into its field of struct config. An empty variable counts as
 * not set, except for an URL: a worker that quietly calls localhost because
 * somebody's template came out empty would be worse than one that stops. */
#include "mooncron/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "reading.h"

enum kind {
    KIND_TEXT,
    KIND_SECRET,
    KIND_WORD,
    KIND_URL,
    KIND_LISTEN,
    KIND_HOST,
    KIND_PORT,
    KIND_BOOL,
    KIND_FORMAT,
    KIND_LEVEL,
    KIND_AUTH,
    KIND_STATUS,
    KIND_DURATION,
    KIND_COUNT,
    KIND_SCALE,
    KIND_INSTANT,
    KIND_NAMES,
};

static const char *const format_words[] = { "auto", "text", "json", NULL };
static const char *const level_words[] = { "debug", "info", "warn", "error",
                                           NULL };
static const char *const auth_words[] = { "any", "signature", NULL };
static const char *const status_words[] = { "private", "public", NULL };
static const char *const *const words_of[] = {
    [KIND_FORMAT] = format_words,
    [KIND_LEVEL] = level_words,
    [KIND_AUTH] = auth_words,
    [KIND_STATUS] = status_words,
};

struct row {
    const char *name;
    enum kind kind;
    const char *standard;   /* NULL: none */
    size_t field;           /* in struct config */
    int64_t min, max;       /* durations in milliseconds, and counts */
    const char *credential; /* its name in CREDENTIALS_DIRECTORY, or NULL */
    const char *help;       /* NULL: hidden */
};

#define FIELD(name) offsetof(struct config, name)
#define SECOND      INT64_C(1000)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)

/* HOST and PORT come before MOONCRON_LISTEN, which overrules them. */
static const struct row rows[] = {
    { "BACKEND_URL", KIND_URL, "http://localhost:4000", FIELD(backend_url), 0,
      0, NULL, "the backend; paths of jobs are below it" },
    { "WORKER_API_KEY", KIND_SECRET, NULL, FIELD(api_key), 0, 0,
      "worker-api-key", "key for the backend; `run` needs it" },
    { "MOONCRON_API_KEY_COLLECTION", KIND_WORD, "users",
      FIELD(api_key_collection), 0, 0, NULL,
      "whose key it is: Authorization: <this> API-Key <key>" },
    { "WORKER_WEBHOOK_SECRET", KIND_SECRET, NULL, FIELD(webhook_secret), 0, 0,
      "worker-webhook-secret",
      "shared with the backend; without it the webhook answers 500" },
    { "WORKER_WEBHOOK_SECRET_PREVIOUS", KIND_SECRET, NULL,
      FIELD(webhook_secret_previous), 0, 0, "worker-webhook-secret-previous",
      "accepted as well, while the secret is changed" },
    { "MOONCRON_WEBHOOK_AUTH", KIND_AUTH, "any", FIELD(webhook_auth), 0, 0,
      NULL, "any, or signature: plain secrets are refused" },
    { "SCHEDULER_IS_PRIMARY", KIND_BOOL, "true", FIELD(primary), 0, 0, NULL,
      "false: serves, and starts nothing" },
    { "NODE_ENV", KIND_TEXT, "development", FIELD(node_env), 0, 0, NULL,
      "the environment, where Settings name none" },
    { "MOONCRON_FILE", KIND_TEXT, "scripts/schedules.lua", FIELD(file), 0, 0,
      NULL, "the schedule" },
    { "HOST", KIND_HOST, "127.0.0.1", FIELD(listen_host), 0, 0, NULL,
      "address to listen on" },
    { "PORT", KIND_PORT, "3001", FIELD(listen_port), 0, 0, NULL,
      "port to listen on; 0: any free one" },
    { "MOONCRON_LISTEN", KIND_LISTEN, NULL, 0, 0, 0, NULL,
      "HOST:PORT in one, over the two above" },
    { "MOONCRON_URL", KIND_URL, "http://127.0.0.1:3001", FIELD(url), 0, 0, NULL,
      "where commands find the daemon" },
    { "MOONCRON_ADMIN_TOKEN", KIND_SECRET, NULL, FIELD(admin_token), 0, 0,
      "admin-token",
      "for commands that talk to the daemon; made up where unset, for this "
      "machine only" },
    { "MOONCRON_STATUS", KIND_STATUS, "private", FIELD(status), 0, 0, NULL,
      "private, or public: who gets at the port may look without the token" },
    { "MOONCRON_SCRIPT_ENV", KIND_NAMES, NULL, FIELD(script_env), 0, 0, NULL,
      "names of variables that scripts may read with env" },
    { "MOONCRON_ALLOW_HOSTS", KIND_TEXT, NULL, FIELD(allow_hosts), 0, 0, NULL,
      "other origins that jobs may call, separated by spaces" },
    { "MOONCRON_CA_FILE", KIND_TEXT, NULL, FIELD(ca_file), 0, 0, NULL,
      "certificates to trust in place of the system's" },
    { "MOONCRON_CLIENT_CERT", KIND_TEXT, NULL, FIELD(client_cert), 0, 0, NULL,
      "certificate to show to the backend, a PEM file" },
    { "MOONCRON_CLIENT_KEY", KIND_TEXT, NULL, FIELD(client_key), 0, 0, NULL,
      "its key, where that is in a file of its own; no passphrase" },
    { "MOONCRON_HTTPS_ONLY", KIND_BOOL, "false", FIELD(https_only), 0, 0, NULL,
      "true: a BACKEND_URL or a host with http:// is refused" },
    { "MOONCRON_LOG", KIND_FORMAT, "auto", FIELD(log_format), 0, 0, NULL,
      "text, json, or auto: text on a terminal" },
    { "MOONCRON_LOG_LEVEL", KIND_LEVEL, "info", FIELD(log_level), 0, 0, NULL,
      "debug, info, warn or error" },
    { "MOONCRON_POLL", KIND_DURATION, "60s", FIELD(poll_ms), SECOND, 24 * HOUR,
      NULL, "between fetches of Settings that nobody asked for" },
    { "MOONCRON_SETTINGS_TIMEOUT", KIND_DURATION, "5s",
      FIELD(settings_timeout_ms), 100, 5 * MINUTE, NULL,
      "how long a fetch of Settings may take" },
    { "MOONCRON_CONNECT_TIMEOUT", KIND_DURATION, "5s",
      FIELD(connect_timeout_ms), 100, 5 * MINUTE, NULL,
      "how long a connection may take to open" },
    { "MOONCRON_LOAD_TIMEOUT", KIND_DURATION, "3s", FIELD(load_timeout_ms), 100,
      5 * MINUTE, NULL, "how long the schedule may take to load" },
    /* systemd kills 90 s after SIGTERM: runs get half of it. */
    { "MOONCRON_DRAIN", KIND_DURATION, "45s", FIELD(drain_ms), 0, HOUR, NULL,
      "how long runs may go on after SIGTERM" },
    { "MOONCRON_CALLS_MAX", KIND_COUNT, "256", FIELD(calls_max), 1, CALLS_MAX,
      NULL, "calls under way at once" },
    { "MOONCRON_CALLS_PER_ORIGIN_MAX", KIND_COUNT, "64",
      FIELD(calls_per_origin_max), 1, CALLS_MAX, NULL,
      "of them, to one origin; the others wait" },
    { "MOONCRON_KEEP_DAYS", KIND_COUNT, "30", FIELD(keep_days), 1, 36500, NULL,
      "how long the journal keeps what has ended" },
    { "MOONCRON_KEEP_ROWS", KIND_COUNT, "1000000", FIELD(keep_rows), 1000,
      UINT32_MAX, NULL, "and how many rows of it at most" },
    { "TZDIR", KIND_TEXT, "/usr/share/zoneinfo", FIELD(zones), 0, 0, NULL,
      "folder of the time zones' data" },
    { "STATE_DIRECTORY", KIND_TEXT, "./.mooncron", FIELD(state_directory), 0, 0,
      NULL, "the journal, and the last good Settings; systemd sets it" },
    { "RUNTIME_DIRECTORY", KIND_TEXT, NULL, FIELD(runtime_directory), 0, 0,
      NULL, "the admin token that was made up; systemd sets it" },
    { "MOONCRON_TIME_SCALE", KIND_SCALE, "1", FIELD(time_scale), 0, 0, NULL,
      NULL },
    { "MOONCRON_TIME_START", KIND_INSTANT, NULL, FIELD(time_start), 0, 0, NULL,
      NULL },
};
#define ROWS (sizeof rows / sizeof rows[0])

/* More names than anybody lists by hand. */
#define SCRIPT_VARS_MAX 64

struct config_store {
    char *texts[ROWS]; /* what was read, one a row, if any */
    bool wrong[ROWS];  /* and was found wrong */
    char *vars[SCRIPT_VARS_MAX];
    uint32_t var_count;
};

static const char *env_text(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void problem_add(struct text *problems, const char *name,
                        const struct error *why)
{
    if (problems)
        text_printf(problems, "%s %s\n", name, why->text);
}

static char *file_text(const char *path, struct error *err)
{
    char *text = secret_read(path, err);
    if (!text)
        error_wrap(err, "cannot be read");
    return text;
}

static char *credential_text(const struct row *row, struct error *err)
{
    const char *folder = env_text("CREDENTIALS_DIRECTORY");
    char path[4096];
    err->text[0] = '\0';
    if (!folder || !row->credential)
        return NULL;
    int len = snprintf(path, sizeof path, "%s/%s", folder, row->credential);
    if (len >= (int)sizeof path || access(path, F_OK) != 0)
        return NULL;
    return file_text(path, err);
}

/* The text of a row from where it comes first, owned by the caller; NULL where
 * nobody set it, or with `err` set. */
static char *row_text(const struct row *row, struct error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s_FILE", row->name);
    const char *value = env_text(row->name);
    const char *path = row->kind == KIND_SECRET ? env_text(name) : NULL;
    err->text[0] = '\0';
    if (value && path) {
        error_set(err, "and %s are both set; keep one", name);
        return NULL;
    }
    if (path)
        return file_text(path, err);
    if (!value && row->kind == KIND_URL)
        value = getenv(row->name); /* "" is no URL, and is said so */
    if (value)
        return memory_string(value);
    return credential_text(row, err);
}

/* A field of a choice is an enum, which is an unsigned int here. */
static bool read_choice(const char *text, const char *const *words, void *field,
                        struct error *err)
{
    unsigned choice;
    static_assert(sizeof(enum log_level) == sizeof choice, "an enum is an int");
    if (!reading_choice(text, words, &choice, err))
        return false;
    memcpy(field, &choice, sizeof choice);
    return true;
}

/* The host is cut out of the row's own text, so it lives as long. */
static bool read_listen(struct config *config, char *text, struct error *err)
{
    char host[256];
    if (!reading_listen(text, host, sizeof host, &config->listen_port, err))
        return false;
    strcpy(text, host); /* shorter than what it was cut from */
    config->listen_host = text;
    return true;
}

/* Reads `text` into the field; it lives as long as `config`. */
static bool row_read(const struct row *row, struct config *config, char *text,
                     struct error *err)
{
    void *field = (char *)config + row->field;
    switch (row->kind) {
    case KIND_BOOL:
        return reading_bool(text, field, err);
    case KIND_FORMAT:
    case KIND_LEVEL:
    case KIND_AUTH:
    case KIND_STATUS:
        return read_choice(text, words_of[row->kind], field, err);
    case KIND_DURATION:
        return reading_duration(text, row->min, row->max, field, err);
    case KIND_COUNT:
        return reading_count(text, row->min, row->max, field, err);
    case KIND_SCALE:
        return reading_scale(text, field, err);
    case KIND_INSTANT:
        return reading_instant(text, field, err);
    case KIND_PORT:
        return reading_port(text, field, err);
    case KIND_LISTEN:
        return read_listen(config, text, err);
    case KIND_SECRET:
        if (!secret_check(text, strlen(text), err)) {
            error_wrap(err, "is no secret");
            return false;
        }
        break;
    case KIND_WORD:
        if (!reading_word(text, err))
            return false;
        break;
    case KIND_URL:
        if (!reading_url(text, err))
            return false;
        break;
    case KIND_NAMES:
        if (!reading_names(text, err))
            return false;
        break;
    case KIND_TEXT:
    case KIND_HOST:
        break;
    }
    *(const char **)field = text;
    return true;
}

/* Where a value is wrong, the field gets its default all the same: commands
 * that need no backend go on with it. */
static bool row_set(const struct row *row, struct config *config,
                    char **ret_text, struct error *reterr)
{
    struct error unlikely;
    char *text = row_text(row, reterr);
    bool good = text || !reterr->text[0];
    if (text && !row_read(row, config, text, reterr)) {
        secret_free(text);
        text = NULL;
        good = false;
    }
    if (!text && row->standard) {
        text = memory_string(row->standard);
        bool standard = row_read(row, config, text, &unlikely);
        assert(standard);
    }
    *ret_text = text;
    return good;
}

/* A secret of the worker's own is not for scripts, whoever lists it. */
static bool var_is_secret(const char *name, size_t len)
{
    for (size_t i = 0; i < ROWS; i++) {
        size_t own = strlen(rows[i].name);
        if (rows[i].kind == KIND_SECRET && own == len &&
            memcmp(rows[i].name, name, own) == 0)
            return true;
    }
    return false;
}

static bool vars_read(struct config *config, struct error *err)
{
    struct config_store *store = config->store;
    const char *at = config->script_env ? config->script_env : "";
    for (at += strspn(at, ", "); *at; at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");
        if (var_is_secret(at, len)) {
            error_set(err, "must not list %.*s, which is the worker's own",
                      (int)len, at);
            return false;
        }
        if (store->var_count == SCRIPT_VARS_MAX) {
            error_set(err, "lists more than %d names", SCRIPT_VARS_MAX);
            return false;
        }
        char *name = memory_copy(at, len);
        const char *value = getenv(name);
        struct text pair;
        text_init(&pair, 1 << 20); /* the kernel allows 128 KiB a variable */
        text_puts(&pair, name);
        if (value)
            text_printf(&pair, "=%s", value);
        free(name);
        store->vars[store->var_count++] = text_take(&pair);
        at += len;
    }
    return true;
}

/* Where only the whole is smaller than is usual, so is the part. */
static bool origin_check(struct config *config, struct error *err)
{
    uint32_t all = config->calls_max, one = config->calls_per_origin_max;
    if (one <= all)
        return true;
    config->calls_per_origin_max = all;
    if (!env_text("MOONCRON_CALLS_PER_ORIGIN_MAX"))
        return true;
    error_set(err,
              "is %u, and MOONCRON_CALLS_MAX is %u: calls to one origin cannot "
              "be more than calls at all",
              (unsigned)one, (unsigned)all);
    return false;
}

bool config_read(struct config *config, struct text *problems)
{
    *config =
        (struct config){ .store = memory_new(sizeof(struct config_store)) };
    bool good = true;
    struct error err;
    for (size_t i = 0; i < ROWS; i++) {
        if (row_set(&rows[i], config, &config->store->texts[i], &err))
            continue;
        good = false;
        config->store->wrong[i] = true;
        problem_add(problems, rows[i].name, &err);
    }
    if (!vars_read(config, &err)) {
        good = false;
        problem_add(problems, "MOONCRON_SCRIPT_ENV", &err);
    }
    if (!origin_check(config, &err)) {
        good = false;
        problem_add(problems, "MOONCRON_CALLS_PER_ORIGIN_MAX", &err);
    }
    if (config->log_format == LOG_FORMAT_AUTO)
        config->log_format =
            isatty(STDERR_FILENO) ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON;
    return good;
}

bool config_is_wrong(const struct config *config, const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return config->store->wrong[i];
    return false;
}

void config_close(struct config *config)
{
    struct config_store *store = config->store;
    if (!store)
        return;
    for (size_t i = 0; i < ROWS; i++)
        secret_free(store->texts[i]);
    for (uint32_t i = 0; i < store->var_count; i++)
        secret_free(store->vars[i]); /* they are often secrets, too */
    free(store);
    *config = (struct config){ 0 };
}

void config_describe(struct text *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        char name[64];
        if (!row->help)
            continue;
        snprintf(name, sizeof name, "%s%s", row->name,
                 row->kind == KIND_SECRET ? " (_FILE)" : "");
        text_printf(out, "  %-38s %s%s%s%s\n", name, row->help,
                    row->standard ? " [" : "",
                    row->standard ? row->standard : "",
                    row->standard ? "]" : "");
    }
}

struct http_config config_http(const struct config *config)
{
    return (struct http_config){
        .backend_url = config->backend_url,
        .api_key = config->api_key,
        .api_key_collection = config->api_key_collection,
        .allow_hosts = config->allow_hosts,
        .https_only = config->https_only,
        .ca_file = config->ca_file,
        .client_cert = config->client_cert,
        .client_key = config->client_key,
        .connect_timeout_ms = config->connect_timeout_ms,
    };
}

const char *const *config_script_vars(const struct config *config,
                                      uint32_t *ret_count)
{
    *ret_count = config->store->var_count;
    return (const char *const *)config->store->vars;
}
