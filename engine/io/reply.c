/* A reply says what a reload came to, to the webhook and the command line. */
#include "reply.h"

#include <math.h>

#include "mooncron/civil.h"

/* Rows in the order of enum reload_outcome. A failure without a message of its
 * own says this one. */
static const struct {
    const char *name; /* NULL: a failure */
    const char *message;
} outcomes[] = {
    [RELOAD_DONE] = { "done", "Schedulers restarted" },
    [RELOAD_UNCHANGED] = { "unchanged", "Nothing changed" },
    [RELOAD_STALE] = { "stale", "Older than the Settings in force: ignored" },
    [RELOAD_SUPERSEDED] = { "superseded",
                            "A newer webhook came: one reload serves both" },
    [RELOAD_LOAD_FAILED] = { NULL, "The schedule file could not be loaded" },
    [RELOAD_FETCH_FAILED] = { NULL, "Settings could not be fetched" },
    [RELOAD_STOPPING] = { NULL, "The worker is stopping" },
    [RELOAD_BUSY] = { NULL, "Too many wait for a reload: it goes on, and its "
                            "outcome is in the log" },
};

/* Null where there was none. */
static json_t *time_json(struct wall at)
{
    char buffer[RFC3339_TEXT_MAX];
    return at.ms ? json_string(rfc3339_format(at, 0, buffer)) : json_null();
}

/* 1732, not 1732.0: most rates are whole. */
static json_t *number_json(double number)
{
    if (number == floor(number) && fabs(number) < 1e15)
        return json_integer((json_int_t)number);
    return json_real(number);
}

json_t *reply_success(const struct reload_report *report, struct wall now)
{
    return json_pack(
        "{s:b, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:s}",
        "success", 1, "message", outcomes[report->outcome].message, "timestamp",
        time_json(now), "schedule", (json_int_t)report->generation, "added",
        (json_int_t)report->diff.added, "changed",
        (json_int_t)report->diff.changed, "removed",
        (json_int_t)report->diff.removed, "unchanged",
        (json_int_t)report->diff.unchanged, "runsPerDayBefore",
        number_json(report->runs_per_day_before), "runsPerDay",
        number_json(report->runs_per_day), "inForceSince",
        time_json(report->at), "outcome", outcomes[report->outcome].name);
}

bool reply_is_success(const struct word *word)
{
    return word->answered && outcomes[word->report.outcome].name;
}

const char *reply_failure(const struct word *word)
{
    if (!word->answered)
        return "There is no result yet: the old schedule keeps running, and "
               "loading goes on";
    return word->message ? word->message
                         : outcomes[word->report.outcome].message;
}
