/* Each exchange is an errand; what it failed by decides the exit code. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "display.h"
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

/* What is said of a failure, and the exit code. */
struct complaint {
    int code;
    bool bare; /* no command's name before it */
    struct text sentence;
    const char *help; /* or NULL */
};

static void judge_silence(const struct talk *talk, struct complaint *complaint)
{
    complaint->code = EXIT_UNAVAILABLE;
    text_printf(&complaint->sentence, "no daemon answers at %s: %s",
                talk->config.url, talk->body ? talk->body : "");
    complaint->help = "start it with mooncron run, or set MOONCRON_URL";
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
static void judge_not_found(const struct talk *talk,
                            struct complaint *complaint)
{
    complaint->code = EXIT_REFUSED;
    complaint->bare = true;
    text_printf(&complaint->sentence, "%s: Not found", talk->config.url);
    complaint->help =
        "it has no admin token, or MOONCRON_URL is another program's";
}

static void judge_answer(const struct talk *talk, const char *sentence,
                         struct complaint *complaint)
{
    complaint->code = EXIT_UNAVAILABLE;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].status == talk->status) {
            complaint->code = failures[i].code;
            complaint->help = failures[i].help;
        }
    }
    complaint->bare = strncmp(sentence, "error[", 6) == 0; /* a mistake */
    text_puts(&complaint->sentence,
              *sentence ? sentence : "an answer that is none of mooncron's");
}

static void judge(const struct talk *talk, struct complaint *complaint)
{
    const char *sentence = talk_text(talk->json, "message");
    if (!*sentence)
        sentence = talk_text(talk->json, "error");
    bool said = *sentence && strcmp(sentence, "Not found") != 0;
    if (!talk->status)
        judge_silence(talk, complaint);
    else if (talk->status == 404 && !said)
        judge_not_found(talk, complaint);
    else
        judge_answer(talk, sentence, complaint);
}

static void say_failure(const struct talk *talk,
                        const struct complaint *complaint)
{
    if (!complaint->bare)
        fprintf(stderr, "mooncron %s: ", talk->args->verb->name);
    fprintf(stderr, "%s\n", complaint->sentence.data);
    if (complaint->help)
        fprintf(stderr, "  = help: %s\n", complaint->help);
}

void talk_fail(struct talk *talk, int code, const char *sentence)
{
    struct text json;
    talk->code = code;
    if (!args_value(talk->args, "json")) {
        fprintf(stderr, "mooncron %s: %s\n", talk->args->verb->name, sentence);
        return;
    }
    text_init(&json, 1 << 16);
    text_puts(&json, "{\"error\":");
    display_json(&json, sentence);
    text_puts(&json, "}");
    puts(json.data);
    text_close(&json);
}

void talk_complain(struct talk *talk)
{
    struct complaint complaint = { .code = EXIT_OK };
    text_init(&complaint.sentence, 1 << 16);
    judge(talk, &complaint);
    talk->code = complaint.code;
    if (!args_value(talk->args, "json"))
        say_failure(talk, &complaint);
    else if (talk->json)
        talk_print(talk);
    else
        talk_fail(talk, complaint.code, complaint.sentence.data);
    text_close(&complaint.sentence);
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
