/* Each exchange is an errand; what it failed by decides the exit code. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errand.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "token.h"
#include "trial.h"

/* ---- life ---- */

char *talk_token(const struct config *config)
{
    struct error ignored;
    char path[4096];
    if (config->admin_token)
        return memory_copy(config->admin_token, strlen(config->admin_token));
    token_path(config, path, sizeof path);
    char *token = secret_read(path, &ignored);
    return token ? token : memory_copy("", 0);
}

bool talk_begin(struct talk *talk, const struct args *args)
{
    struct text problems;
    *talk = (struct talk){ .args = args };
    text_init(&problems, 1 << 16);
    if (!config_read(&talk->config, &problems))
        talk->code = EXIT_CONFIG;
    fputs(problems.data, stderr);
    text_close(&problems);
    talk->token = talk_token(&talk->config);
    return talk->code == EXIT_OK;
}

static void forget(struct talk *talk)
{
    json_decref(talk->json);
    free(talk->body);
    talk->json = NULL;
    talk->body = NULL;
    talk->status = 0;
}

int talk_end(struct talk *talk)
{
    forget(talk);
    secret_free(talk->token);
    zone_unref(talk->zone);
    zones_free(talk->zones);
    config_close(&talk->config);
    return talk->code;
}

/* ---- paths ---- */

static void encode(struct text *path, const char *string)
{
    for (const char *at = string; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || strchr("-._~:", c);
        if (plain)
            text_putc(path, (char)c);
        else
            text_printf(path, "%%%02X", c);
    }
}

void talk_path(struct text *path, const char *const *segments, size_t count)
{
    text_puts(path, "/api/v1");
    for (size_t i = 0; i < count; i++) {
        text_putc(path, '/');
        encode(path, segments[i]);
    }
}

void talk_param(struct text *path, const char *name, const char *value)
{
    text_putc(path, strchr(path->data, '?') ? '&' : '?');
    text_printf(path, "%s=", name);
    encode(path, value);
}

/* ---- failures ---- */

static const char *name_of(const struct talk *talk)
{
    return talk->args->verb->name;
}

static int say_silence(struct talk *talk, const char *sentence)
{
    fprintf(stderr,
            "mooncron %s: no daemon answers at %s: %s\n"
            "  = help: start it with mooncron run, or set MOONCRON_URL\n",
            name_of(talk), talk->config.url, sentence);
    return EXIT_UNAVAILABLE;
}

/* What a status means for whoever asked. */
static const struct {
    int status, code;
    const char *help;
} failures[] = {
    { 400, EXIT_USAGE, NULL },
    { 401, EXIT_REFUSED,
      "set MOONCRON_ADMIN_TOKEN, or run this as the daemon's user with its "
      "STATE_DIRECTORY" },
    { 403, EXIT_REFUSED, "set MOONCRON_ADMIN_TOKEN here and at the daemon" },
    { 404, EXIT_ASKED_FAILED, NULL },
    { 409, EXIT_ASKED_FAILED, NULL },
    { 422, EXIT_CONFIG, NULL },
};

/* The API says what there is none of; who says no more than that is another
 * program, or has no token. */
static int say_not_found(struct talk *talk)
{
    fprintf(stderr,
            "%s: Not found\n  = help: it has no admin token, or MOONCRON_URL "
            "is another program's\n",
            talk->config.url);
    return EXIT_REFUSED;
}

static int say_failure(struct talk *talk, const char *sentence)
{
    int code = EXIT_UNAVAILABLE;
    const char *help = NULL;
    if (talk->status == 404 && (!*sentence || !strcmp(sentence, "Not found")))
        return say_not_found(talk);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].status == talk->status) {
            code = failures[i].code;
            help = failures[i].help;
        }
    }
    if (strncmp(sentence, "error[", 6) == 0) /* mistakes stand alone */
        fprintf(stderr, "%s\n", sentence);
    else
        fprintf(stderr, "mooncron %s: %s\n", name_of(talk),
                *sentence ? sentence : "an answer that is none of mooncron's");
    if (help)
        fprintf(stderr, "  = help: %s\n", help);
    return code;
}

void talk_complain(struct talk *talk)
{
    const char *sentence = talk_text(talk->json, "message");
    if (!*sentence)
        sentence = talk_text(talk->json, "error");
    if (!talk->status)
        talk->code = say_silence(talk, talk->body ? talk->body : "");
    else
        talk->code = say_failure(talk, sentence);
}

/* ---- exchanges ---- */

bool talk_try(struct talk *talk, enum method method, const char *path,
              const char *body)
{
    struct error error = { "" };
    forget(talk);
    talk->status = errand_send(&talk->config, method, path, talk->token, body,
                               &talk->body, &error);
    if (!talk->status) {
        free(talk->body);
        talk->body = memory_copy(error.text, strlen(error.text));
        return false;
    }
    talk->json = json_loads(talk->body, 0, NULL);
    if (!json_is_object(talk->json)) {
        json_decref(talk->json);
        talk->json = NULL;
    }
    return talk->json && talk->status >= 200 && talk->status < 300;
}

bool talk_get(struct talk *talk, const char *path)
{
    if (talk_try(talk, METHOD_GET, path, ""))
        return true;
    talk_complain(talk);
    return false;
}

bool talk_about(struct talk *talk, const char *job)
{
    static const char *const segments[] = { "status" };
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 1);
    talk_param(&path, "job", job);
    bool good = talk_get(talk, path.data);
    text_close(&path);
    if (!good)
        return false;
    talk_zone(talk, talk->json);
    talk_zone(talk, json_array_get(json_object_get(talk->json, "jobs"), 0));
    return true;
}

/* "ana@host", printable. */
static void add_by(json_t *body)
{
    const char *user = getenv("USER");
    char number[24], host[33] = "", by[65];
    snprintf(number, sizeof number, "uid%u", (unsigned)getuid());
    gethostname(host, sizeof host - 1);
    snprintf(by, sizeof by, "%.28s@%.32s", user && *user ? user : number, host);
    for (char *at = by; *at; at++)
        if (*at <= 0x20 || *at >= 0x7f)
            *at = '?';
    json_object_set_new(body, "by", json_string(by));
}

bool talk_post(struct talk *talk, const char *path, json_t *body)
{
    add_by(body);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    bool good = talk_try(talk, METHOD_POST, path, text ? text : "{}");
    free(text);
    if (!good)
        talk_complain(talk);
    return good;
}

void talk_print(const struct talk *talk)
{
    puts(talk->body);
}

/* ---- reading ---- */

const char *talk_text(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

int64_t talk_number(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

bool talk_bool(const json_t *json, const char *name)
{
    return json_is_true(json_object_get(json, name));
}

struct wall talk_time(const json_t *json, const char *name)
{
    const char *text = talk_text(json, name);
    struct wall at;
    if (rfc3339_parse(text, strlen(text), &at))
        return at;
    return (struct wall){ NEVER_MS };
}

const struct zone *talk_zone(struct talk *talk, const json_t *json)
{
    const char *name = talk_text(json, "timezone");
    struct error ignored;
    if (!*name)
        return talk->zone ? talk->zone : zone_utc();
    if (talk->zone && !strcmp(zone_name(talk->zone), name))
        return talk->zone;
    if (!talk->zones)
        talk->zones = trial_zones();
    struct zone *zone = zones_get(talk->zones, name, &ignored);
    if (zone) {
        zone_unref(talk->zone);
        talk->zone = zone;
    }
    return zone ? zone : zone_utc();
}
