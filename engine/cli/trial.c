/* What was said is checked as the script host would, with the same sentences
 * and the same look. */
#include "trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/config.h"
#include "mooncron/mistake.h"

struct zones *trial_zones(void)
{
    struct config config;
    config_read(&config, NULL); /* no other variable matters here */
    struct zones *zones = zones_new(config.zones);
    config_close(&config);
    return zones;
}

const char *trial_option(const struct args *args)
{
    static const char *const names[] = { "tz", "gap", "fold" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (args_value(args, names[i]))
            return names[i];
    return NULL;
}

/* ---- complaints ---- */

static int complain(const struct args *args, const struct mistake *mistake)
{
    struct text text;
    text_init(&text, 1 << 16);
    mistake_render(mistake, args_colour(args, STDERR_FILENO), &text);
    fputs(text.data, stderr);
    text_close(&text);
    return EXIT_USAGE;
}

/* A line of a terminal, about; what is cut off counts as three dots. */
#define SHOWN_BYTES 100
#define SHOWN_LEAD  40

/* The part of an expression that the carets are about, on one line. */
static uint32_t put_source(struct text *out, const char *expr, uint32_t column)
{
    size_t from = strlen(expr) > SHOWN_BYTES && column > SHOWN_LEAD
                      ? column - SHOWN_LEAD
                      : 0;
    size_t len = strnlen(expr + from, SHOWN_BYTES);
    if (from)
        text_puts(out, "...");
    for (size_t i = 0; i < len; i++)
        text_putc(out, strchr("\n\r\033\v\f\b", expr[from + i])
                           ? '?'
                           : expr[from + i]);
    if (expr[from + len])
        text_puts(out, "...");
    return column + 1 - (uint32_t)from + (from ? 3 : 0);
}

static int complain_cron(const struct args *args, const char *expr,
                         const struct cron_fault *fault)
{
    struct text source;
    text_init(&source, 4 * SHOWN_BYTES);
    uint32_t column = put_source(&source, expr, fault->column);
    uint32_t left = (uint32_t)source.len + 1 - column;
    uint32_t width = fault->width < left ? fault->width : left;
    const struct mistake mistake = {
        .code = "E113",
        .message = *expr ? "bad cron expression"
                         : "bad cron expression: there is nothing in it",
        .file = "",
        .line = 1,
        .column = column,
        .width = width ? width : 1,
        .source = source.data,
        .opener = "",
        .label = fault->message,
        .help = fault->hint,
        .note = "",
    };
    complain(args, &mistake);
    text_close(&source);
    return EXIT_USAGE;
}

static int complain_zone(struct trial *trial, const struct args *args,
                         const char *name, const char *why)
{
    char message[128], help[128], near[ZONE_NAME_MAX + 1];
    snprintf(message, sizeof message, "unknown time zone \"%.64s\"", name);
    if (zones_suggest(trial->zones, name, near))
        snprintf(help, sizeof help, "did you mean \"%s\"?", near);
    else
        snprintf(help, sizeof help,
                 "a zone has an IANA name, such as \"Europe/Bucharest\" or "
                 "\"UTC\"");
    return complain(args, &(struct mistake){ .code = "E117",
                                             .message = message,
                                             .file = "",
                                             .source = "",
                                             .opener = "",
                                             .label = "",
                                             .help = help,
                                             .note = why });
}

/* ---- what was said ---- */

static int open_zone(struct trial *trial, const struct args *args)
{
    struct error error = { "" };
    const char *name = args_value(args, "tz");
    if (!name)
        name = "UTC";
    trial->zone = zones_get(trial->zones, name, &error);
    return trial->zone ? EXIT_OK : complain_zone(trial, args, name, error.text);
}

/* Splits a copy of the text, which the terms borrow. */
struct times {
    char text[SCHEDULE_TERMS_MAX * 24];
    struct term terms[SCHEDULE_TERMS_MAX];
};

static bool read_time(const char *text, struct term *ret)
{
    struct cron cron;
    int64_t local_s;
    size_t len = strlen(text);
    bool daily = at_parse(text, len, &cron);
    *ret = (struct term){ .kind = daily ? TERM_AT : TERM_ONCE, .text = text };
    return daily || local_parse(text, len, &local_s);
}

static int read_times(const struct args *args, const char *text,
                      struct times *times, struct rules_spec *spec)
{
    char *rest = times->text, *word;
    if (strlen(text) >= sizeof times->text)
        return args_refuse(args, "--at takes at most %d times",
                           SCHEDULE_TERMS_MAX);
    strcpy(times->text, text);
    while ((word = strsep(&rest, ","))) {
        if (spec->term_count == SCHEDULE_TERMS_MAX)
            return args_refuse(args, "--at takes at most %d times",
                               SCHEDULE_TERMS_MAX);
        if (!read_time(word, &times->terms[spec->term_count++]))
            return args_refuse(args,
                               "--at wants times such as 08:00 or "
                               "2026-12-31T23:00, not \"%.64s\"",
                               word);
    }
    return EXIT_OK;
}

static int read_cron(const struct args *args, const char *text,
                     struct times *times, struct rules_spec *spec)
{
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse(text, strlen(text), &cron, &fault))
        return complain_cron(args, text, &fault);
    times->terms[0] = (struct term){ .kind = TERM_CRON, .text = text };
    spec->term_count = 1;
    return EXIT_OK;
}

static bool read_choices(const struct args *args, struct rules_spec *spec)
{
    unsigned gap = GAP_AFTER, fold = FOLD_FIRST;
    if (!args_choice(args, "gap", gap_names, 3, &gap) ||
        !args_choice(args, "fold", fold_names, 3, &fold))
        return false;
    spec->gap = (uint8_t)gap;
    spec->fold = (uint8_t)fold;
    return true;
}

static int open_rules(struct trial *trial, const struct args *args,
                      enum trial_kind kind, const char *text)
{
    struct error error = { "" };
    struct times times;
    struct rules_spec spec = { .terms = times.terms,
                               .from = { EVER_MS },
                               .until = { NEVER_MS } };
    int code = kind == TRIAL_AT ? read_times(args, text, &times, &spec)
                                : read_cron(args, text, &times, &spec);
    if (code != EXIT_OK)
        return code;
    if (!read_choices(args, &spec))
        return EXIT_USAGE;
    trial->rules = rules_new(&spec, "", trial->zone, &error);
    trial->schedule.rules = trial->rules;
    return trial->rules ? EXIT_OK : args_refuse(args, "%s", error.text);
}

bool trial_open(struct trial *trial, const struct args *args,
                enum trial_kind kind, const char *text, int *ret_code)
{
    *trial = (struct trial){ .zones = trial_zones() };
    *ret_code = open_zone(trial, args);
    if (*ret_code == EXIT_OK)
        *ret_code = open_rules(trial, args, kind, text);
    return *ret_code == EXIT_OK;
}

void trial_close(struct trial *trial)
{
    rules_free(trial->rules);
    zone_unref(trial->zone);
    zones_free(trial->zones);
    *trial = (struct trial){ .zones = NULL };
}
