/* Lines with a label each; the same as JSON, where nothing is left out. */
#include "explanation.h"

#include <string.h>

#include "change_words.h"
#include "cron_words.h"
#include "dialects.h"
#include "display.h"
#include "mooncron/duration.h"
#include "policy_words.h"
#include "rewrite.h"
#include "schedule_words.h"
#include "writing.h"

#define YEAR_S      (366 * INT64_C(86400))
#define CHANGES_MAX 8 /* Morocco has four a year at most */

/* ---- what there is to say ---- */

/* The expression, where one is all that the schedule has: with rules on top no
 * other spelling says the same. */
static const struct rules *only_cron(const struct explanation *explanation)
{
    const struct rules *rules = explanation->coming.schedule->rules;
    const struct rules_spec *spec = rules ? rules_spec(rules) : NULL;
    bool alone = spec && spec->term_count == 1 && rules_cron(rules, 0) &&
                 !spec->weekdays_off && !spec->calendar_count &&
                 spec->nth <= 1 && !spec->jitter_ms &&
                 spec->from.ms == EVER_MS && spec->until.ms == NEVER_MS;
    return alone ? rules : NULL;
}

/* The changes of the coming year. */
struct changes {
    struct zone_span at[CHANGES_MAX];
    unsigned count, touching;
    bool ever; /* there will be one, be it later */
};

static struct changes changes_of(const struct coming *coming)
{
    struct changes changes = { .count = 0 };
    int64_t at_s = coming->from.after.ms / 1000, end_s = at_s + YEAR_S;
    struct zone_span change;
    changes.ever = zone_change(coming->zone, at_s, &change);
    while (changes.count < CHANGES_MAX &&
           zone_change(coming->zone, at_s, &change) && change.from_s <= end_s) {
        at_s = change.from_s;
        changes.at[changes.count++] = change;
        if (change_fate(coming->schedule, &change) != FATE_UNTOUCHED)
            changes.touching++;
    }
    return changes;
}

static bool has_clock_times(const struct schedule *schedule)
{
    const struct rules *rules = schedule->rules;
    for (uint32_t i = 0; rules && i < rules_spec(rules)->term_count; i++)
        if (rules_cron(rules, i))
            return true;
    return false;
}

/* "02:30 exists on every day of the coming year", for one time a day. */
static bool put_existence(const struct explanation *explanation,
                          struct text *out)
{
    const struct rules *rules = only_cron(explanation);
    const struct cron *cron = rules ? rules_cron(rules, 0) : NULL;
    struct day_times times;
    if (!cron || (times = day_times_of(cron)).count != 1)
        return false;
    text_printf(out, "%02d:%02d", (int)times.first / 3600,
                (int)times.first / 60 % 60);
    if (times.first % 60)
        text_printf(out, ":%02d", (int)times.first % 60);
    text_puts(out, cron_is_daily(cron)
                       ? " exists on every day of the coming year"
                       : " exists on each of its days in the coming year");
    return true;
}

static void put_verdict(const struct explanation *explanation,
                        const struct changes *changes, struct text *out)
{
    const char *zone = zone_name(explanation->coming.zone);
    if (!has_clock_times(explanation->coming.schedule))
        text_puts(out, "none: it names no time of day");
    else if (!changes->ever)
        text_printf(out, "none: the clock of %s is never set", zone);
    else if (!changes->count)
        text_printf(out, "none: the clock of %s is not set in the coming year",
                    zone);
    else if (changes->touching)
        text_printf(out, "%u change%s in the coming year touch%s it",
                    changes->touching, changes->touching == 1 ? "" : "s",
                    changes->touching == 1 ? "es" : "");
    else if (!put_existence(explanation, out))
        text_puts(out, "no change in the coming year touches it");
}

/* ---- lines ---- */

/* A label before the first line, and before the others none. */
static void put_row(struct text *out, const char *label, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        text_printf(out, "  %-6s %.*s\n", label, (int)len, lines);
        lines += len + (lines[len] == '\n');
        label = "";
    }
}

static void put_rule(void *data, const char *name, const char *clause)
{
    struct text text;
    text_init(&text, 8192);
    bool short_name = strlen(name) <= 6;
    if (!short_name)
        text_printf(&text, "%s ", name);
    text_puts(&text, clause);
    put_row(data, short_name ? name : "", text.data);
    text_close(&text);
}

static void put_head(const struct explanation *explanation, struct text *out)
{
    const struct job *job = explanation->job;
    struct text words;
    text_init(&words, 1 << 16);
    schedule_words(explanation->coming.schedule, &words);
    if (job) {
        text_printf(out, "%s (%s:%u)\n", job->name, job->file,
                    (unsigned)job->line);
        put_row(out, "when", words.data);
    } else {
        text_printf(out, "%s\n", words.data);
    }
    text_close(&words);
}

static void put_scale(const struct explanation *explanation, struct text *out)
{
    const struct job *job = explanation->job;
    char every[DURATION_TEXT_MAX];
    if (!job || job->multiplier == 0 || job->multiplier == 1 ||
        !job->base_every_ms)
        return;
    text_printf(out, "  scale  written every %s, and %g times that in %s\n",
                duration_format(job->base_every_ms, every), job->multiplier,
                explanation->environment);
}

static void put_times(const struct coming *coming, struct text *out)
{
    struct wall last = coming_begin(coming), at;
    char in[DISPLAY_MAX];
    for (unsigned i = 0; i < coming->number; i++, last = at) {
        if (!coming_step(coming, last, &at)) {
            put_row(out, i ? "then" : "next", "never");
            return;
        }
        bool past = at.ms < coming->now.ms;
        int64_t distance_ms =
            past ? coming->now.ms - at.ms : at.ms - coming->now.ms;
        text_printf(out, "  %-6s ", i == 0 ? "next" : i == 1 ? "then" : "");
        moment_show(at, coming->zone, out);
        if (i == 0)
            text_printf(out, ", %s%s%s", past ? "" : "in ",
                        display_in(distance_ms, in), past ? " ago" : "");
        text_putc(out, '\n');
    }
}

static void put_changes(const struct explanation *explanation, struct text *out)
{
    const struct coming *coming = &explanation->coming;
    struct changes changes = changes_of(coming);
    struct text text;
    text_init(&text, 1 << 14);
    put_verdict(explanation, &changes, &text);
    bool matters = has_clock_times(coming->schedule);
    for (unsigned i = 0; matters && i < changes.count; i++) {
        text_putc(&text, '\n');
        change_words(coming->schedule, coming->zone, &changes.at[i], &text);
    }
    put_row(out, "DST", text.data);
    text_close(&text);
}

/* A line of another dialect: its name, and how it is spelled or why not. */
static void put_dialect(const struct dialect *dialect, const struct cron *cron,
                        const char *zone, struct text *spelling,
                        struct text *out)
{
    text_clear(spelling);
    if (!dialect->spell(cron, zone, spelling)) {
        text_printf(out, "%-10s -   (%s)\n", dialect->name, dialect->lack);
        return;
    }
    char *rest = spelling->data, *line = strsep(&rest, "\n");
    text_printf(out, "%-10s %s", dialect->name, line);
    if (dialect->before_zone)
        text_printf(out, "   (%s%s%s)", dialect->before_zone, zone,
                    dialect->after_zone);
    while ((line = strsep(&rest, "\n")))
        text_printf(out, "\n%-10s %s   (and)", "", line);
    text_putc(out, '\n');
}

static void put_spellings(const struct explanation *explanation,
                          struct text *out)
{
    const struct rules *rules = only_cron(explanation);
    const char *zone = zone_name(explanation->coming.zone);
    struct text lua, others, spelling;
    if (!rules)
        return;
    text_init(&lua, 8192);
    text_init(&others, 1 << 17);
    text_init(&spelling, 1 << 16);
    rewrite_lua(rules, explanation->coming.now, &lua);
    put_row(out, "Lua", lua.data);
    for (size_t i = 0; i < dialect_count; i++)
        put_dialect(&dialects[i], rules_cron(rules, 0), zone, &spelling,
                    &others);
    put_row(out, "others", others.data);
    text_close(&spelling);
    text_close(&others);
    text_close(&lua);
}

void explanation_lines(const struct explanation *explanation, struct text *out)
{
    put_head(explanation, out);
    put_scale(explanation, out);
    schedule_rules(explanation->coming.schedule, put_rule, out);
    if (explanation->job)
        policy_words(explanation->job, put_rule, out);
    if (explanation->not_scheduled)
        text_printf(out, "  here   not scheduled in %s: %s\n",
                    explanation->environment, explanation->not_scheduled);
    else
        put_times(&explanation->coming, out);
    put_changes(explanation, out);
    put_spellings(explanation, out);
}

/* ---- JSON ---- */

/* An array of the lines of a text. */
static void json_lines(struct text *out, char *lines)
{
    const char *line, *comma = "";
    text_putc(out, '[');
    while ((line = strsep(&lines, "\n"))) {
        text_puts(out, comma);
        writing_quote(out, line);
        comma = ", ";
    }
    text_putc(out, ']');
}

static void json_rule(void *data, const char *name, const char *clause)
{
    struct text *out = data;
    text_puts(out, out->data[out->len - 1] == '{' ? "" : ", ");
    writing_quote(out, name);
    text_puts(out, ": ");
    writing_quote(out, clause);
}

static void json_head(const struct explanation *explanation, struct text *out)
{
    const struct coming *coming = &explanation->coming;
    struct text words;
    text_init(&words, 1 << 16);
    schedule_words(coming->schedule, &words);
    text_puts(out, "{\n  \"version\": 1,\n  \"job\": ");
    if (explanation->job)
        writing_quote(out, explanation->job->name);
    else
        text_puts(out, "null");
    text_puts(out, ",\n  \"words\": ");
    json_lines(out, words.data);
    text_puts(out, ",\n  \"rules\": {");
    schedule_rules(coming->schedule, json_rule, out);
    if (explanation->job)
        policy_words(explanation->job, json_rule, out);
    text_puts(out, "},\n  \"timezone\": ");
    writing_quote(out, zone_name(coming->zone));
    text_puts(out, ",\n  \"next\": ");
    if (explanation->not_scheduled)
        text_puts(out, "[]");
    else
        coming_json(coming, out);
    text_close(&words);
}

static void json_change(const struct coming *coming,
                        const struct zone_span *change, struct text *out)
{
    char at[DISPLAY_MAX];
    struct text words;
    text_init(&words, 4096);
    change_words(coming->schedule, coming->zone, change, &words);
    text_printf(out, "{ \"at\": \"%s\", ",
                display_rfc3339((struct wall){ change->from_s * 1000 },
                                zone_utc(), at));
    text_printf(out, "\"offset_before_s\": %d, \"offset_after_s\": %d, ",
                (int)change->before_s, (int)change->offset_s);
    text_printf(out, "\"fate\": \"%s\", \"words\": ",
                fate_names[change_fate(coming->schedule, change)]);
    writing_quote(out, words.data);
    text_puts(out, " }");
    text_close(&words);
}

static void json_changes(const struct explanation *explanation,
                         struct text *out)
{
    struct changes changes = changes_of(&explanation->coming);
    text_puts(out, ",\n  \"transitions\": [");
    for (unsigned i = 0; i < changes.count; i++) {
        text_puts(out, i ? ",\n    " : "\n    ");
        json_change(&explanation->coming, &changes.at[i], out);
    }
    text_puts(out, changes.count ? "\n  ]" : "]");
}

static void json_dialect(const struct dialect *dialect, const struct cron *cron,
                         const char *zone, struct text *spelling,
                         struct text *out)
{
    text_clear(spelling);
    text_printf(out, "    \"%s\": ", dialect->name);
    if (dialect->spell(cron, zone, spelling))
        json_lines(out, spelling->data);
    else
        text_puts(out, "null");
}

static void json_spellings(const struct explanation *explanation,
                           struct text *out)
{
    const struct rules *rules = only_cron(explanation);
    struct text text;
    if (!rules) {
        text_puts(out, ",\n  \"lua\": null,\n  \"others\": {}\n}");
        return;
    }
    text_init(&text, 1 << 16);
    rewrite_lua(rules, explanation->coming.now, &text);
    text_puts(out, ",\n  \"lua\": ");
    writing_quote(out, text.data);
    text_puts(out, ",\n  \"others\": {\n");
    for (size_t i = 0; i < dialect_count; i++) {
        text_puts(out, i ? ",\n" : "");
        json_dialect(&dialects[i], rules_cron(rules, 0),
                     zone_name(explanation->coming.zone), &text, out);
    }
    text_puts(out, "\n  }\n}");
    text_close(&text);
}

void explanation_json(const struct explanation *explanation, struct text *out)
{
    json_head(explanation, out);
    json_changes(explanation, out);
    json_spellings(explanation, out);
    text_putc(out, '\n');
}
