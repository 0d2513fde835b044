/* Each exchange is an errand, with the token that the daemon left. */
#include "talk.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "errand.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "token.h"
#include "trial.h"
#include "writing.h"

/* ---- life ---- */

/* The token that is set, or the one that the daemon left; the caller hands it
 * to secret_free(). */
static char *talk_token(const struct config *config)
{
    struct error ignored;
    char path[4096];
    if (config->admin_token)
        return memory_string(config->admin_token);
    token_path(config, path, sizeof path);
    char *token = secret_read(path, &ignored);
    return token ? token : memory_copy("", 0);
}

/* Reads the environment. False, having said why, with `code`; talk_end() is due
 * in both cases. */
static bool talk_begin(struct talk *talk)
{
    struct text problems;
    talk->job = talk->args.operand_count ? talk->args.operands[0] : NULL;
    text_init(&talk->path, 1024);
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

static int talk_end(struct talk *talk)
{
    forget(talk);
    text_close(&talk->path);
    secret_free(talk->token);
    zone_unref(talk->zone);
    zones_free(talk->zones);
    config_close(&talk->config);
    return talk->code;
}

/* Who is quiet wants to hear what is wrong. */
static void tell(struct talk *talk, const struct talk_verb *verb)
{
    struct text out;
    if (args_value(&talk->args, "json")) {
        puts(talk->body);
        return;
    }
    if (verb->order && talk->code == EXIT_OK &&
        args_value(&talk->args, "quiet"))
        return;
    text_init(&out, 8 << 20);
    verb->tell(talk, &out);
    fwrite(out.data, 1, out.len, stdout);
    text_close(&out);
}

int talk_run(const struct talk_verb *verb, int argc, char **argv)
{
    struct talk talk = { .code = EXIT_OK };
    int code;
    if (!args_read(&talk.args, verb->args, argc, argv, &code))
        return code;
    if (verb->check && !verb->check(&talk.args))
        return EXIT_USAGE;
    if (talk_begin(&talk) && verb->ask(&talk))
        tell(&talk, verb);
    return talk_end(&talk);
}

/* ---- requests ---- */

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

void talk_path(struct talk *talk, const char *segment, ...)
{
    va_list rest;
    va_start(rest, segment);
    text_clear(&talk->path);
    text_puts(&talk->path, "/api/v1");
    for (; segment; segment = va_arg(rest, const char *)) {
        text_putc(&talk->path, '/');
        encode(&talk->path, segment);
    }
    va_end(rest);
}

void talk_param(struct talk *talk, const char *name, const char *value)
{
    text_putc(&talk->path, strchr(talk->path.data, '?') ? '&' : '?');
    text_printf(&talk->path, "%s=", name);
    encode(&talk->path, value);
}

/* ---- failures ---- */

static void say_failure(const struct talk *talk,
                        const struct complaint *complaint)
{
    if (!complaint->bare)
        fprintf(stderr, "mooncron %s: ", talk->args.verb->name);
    fprintf(stderr, "%s\n", complaint->sentence.data);
    if (complaint->help)
        fprintf(stderr, "  = help: %s\n", complaint->help);
}

void talk_fail(struct talk *talk, int code, const char *sentence)
{
    struct text json;
    talk->code = code;
    if (!args_value(&talk->args, "json")) {
        fprintf(stderr, "mooncron %s: %s\n", talk->args.verb->name, sentence);
        return;
    }
    text_init(&json, 1 << 16);
    text_puts(&json, "{\"error\":");
    writing_quote(&json, sentence);
    text_puts(&json, "}");
    puts(json.data);
    text_close(&json);
}

void talk_complain(struct talk *talk)
{
    struct complaint complaint;
    complaint_init(&complaint, talk);
    talk->code = complaint.code;
    if (!args_value(&talk->args, "json"))
        say_failure(talk, &complaint);
    else if (talk->json)
        puts(talk->body);
    else
        talk_fail(talk, complaint.code, complaint.sentence.data);
    complaint_close(&complaint);
}

/* ---- exchanges ---- */

bool talk_try(struct talk *talk, enum method method, const char *body)
{
    const struct errand_request request = { method, talk->path.data,
                                            talk->token, body };
    struct error error = { "" };
    forget(talk);
    talk->status = errand_send(&talk->config, &request, &talk->body, &error);
    if (!talk->status) {
        free(talk->body);
        talk->body = memory_string(error.text);
        return false;
    }
    talk->json = json_loads(talk->body, 0, NULL);
    if (!json_is_object(talk->json)) {
        json_decref(talk->json);
        talk->json = NULL;
    }
    return talk->json && talk->status >= 200 && talk->status < 300;
}

bool talk_get(struct talk *talk)
{
    if (talk_try(talk, METHOD_GET, ""))
        return true;
    talk_complain(talk);
    return false;
}

bool talk_about(struct talk *talk)
{
    talk_path(talk, "status", NULL);
    talk_param(talk, "job", talk->job);
    if (!talk_get(talk))
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

bool talk_post(struct talk *talk, json_t *body)
{
    add_by(body);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    bool good = talk_try(talk, METHOD_POST, text ? text : "{}");
    free(text);
    if (!good)
        talk_complain(talk);
    return good;
}

void talk_amend(struct talk *talk)
{
    free(talk->body);
    talk->body = json_dumps(talk->json, JSON_COMPACT);
    assert(talk->body); /* it was read from text */
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
