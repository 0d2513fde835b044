/* A run is asked for again and again, and each attempt is told when it is over.
 */
#include "watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "result.h"
#include "writing.h"

/* How often it is looked after: soon for a short run, seldom for a long one. */
#define LOOK_MS_MIN 100
#define LOOK_MS_MAX 1000
/* A daemon that is restarted takes the run up again; longer than this it is
 * gone. */
#define SILENCE_MS_MAX 30000
/* An attempt's error is a sentence. */
#define LINE_BYTES_MAX 4096

struct watch {
    struct talk *talk;
    int64_t attempts, told;
    int64_t accepted; /* the last attempt of which that was told */
    bool quiet;       /* nothing is told on the way */
};

static void pause_ms(long ms)
{
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* Prints a line, and closes it. */
static void say(struct text *line)
{
    puts(line->data);
    fflush(stdout);
    text_close(line);
}

/* ---- attempts ---- */

/* What came of an attempt; `words` where no status says it. */
struct outcome {
    int64_t attempt, status;
    const char *words;
    const char *began; /* RFC 3339, or "" where nobody knows any more */
    int64_t took_ms;   /* likewise */
};

/* "  14:07:33  attempt 1/3  503 after 2.1s", by the clock that the answer
 * shows. */
static void put_outcome(const struct watch *watch,
                        const struct outcome *outcome, struct text *line)
{
    bool known = strlen(outcome->began) > 19;
    text_printf(line, "  %.8s  attempt %" PRId64 "/%" PRId64 "  ",
                known ? outcome->began + 11 : "--:--:--", outcome->attempt,
                watch->attempts);
    if (outcome->status)
        text_printf(line, "%" PRId64, outcome->status);
    else
        text_puts(line, outcome->words);
    if (!known)
        return;
    text_puts(line, " after ");
    writing_span(line, outcome->took_ms);
}

/* A success that is denied is told in words, too. */
static void tell_attempt(struct watch *watch, const json_t *attempt)
{
    struct text line;
    int64_t status = talk_number(attempt, "status");
    const struct outcome outcome = {
        .attempt = talk_number(attempt, "attempt"),
        .status = status >= 300 ? status : 0,
        .words = talk_text(attempt, "error"),
        .began = talk_text(attempt, "started"),
        .took_ms = talk_number(attempt, "took_ms"),
    };
    if (outcome.attempt <= watch->told || watch->quiet)
        return;
    watch->told = outcome.attempt;
    text_init(&line, LINE_BYTES_MAX);
    put_outcome(watch, &outcome, &line);
    text_puts(&line, ", retry in ");
    writing_span(&line, talk_number(attempt, "pause_ms"));
    say(&line);
}

static void tell_attempts(struct watch *watch)
{
    const json_t *list = json_object_get(watch->talk->json, "failed_attempts");
    for (size_t i = 0; i < json_array_size(list); i++)
        tell_attempt(watch, json_array_get(list, i));
}

/* An attempt that the backend goes on with. */
static void tell_accepted(struct watch *watch)
{
    const json_t *run = watch->talk->json;
    struct wall began = talk_time(run, "attempt_started");
    struct wall accepted = talk_time(run, "accepted");
    const struct outcome outcome = {
        .attempt = talk_number(run, "attempt"),
        .words = "accepted",
        .began = talk_text(run, "attempt_started"),
        .took_ms = accepted.ms - began.ms,
    };
    struct text line;
    if (accepted.ms == NEVER_MS || outcome.attempt <= watch->accepted ||
        watch->quiet)
        return;
    watch->accepted = outcome.attempt;
    text_init(&line, LINE_BYTES_MAX);
    put_outcome(watch, &outcome, &line);
    text_puts(&line, ", asked for at most ");
    writing_span(&line, talk_time(run, "asked_until").ms - accepted.ms);
    say(&line);
}

/* The last attempt of a run that has ended: what it came to. */
static void tell_last(const struct watch *watch)
{
    const json_t *run = watch->talk->json;
    const char *cause = talk_text(run, "cause");
    struct wall began = talk_time(run, "attempt_started");
    struct wall ended = talk_time(run, "ended");
    const struct outcome outcome = {
        .attempt = talk_number(run, "attempt"),
        .status = talk_number(run, "status"),
        .words = *cause ? cause : talk_text(run, "verdict"),
        .began = talk_text(run, "attempt_started"),
        .took_ms = ended.ms - began.ms,
    };
    struct text line;
    if (watch->quiet)
        return;
    text_init(&line, LINE_BYTES_MAX);
    put_outcome(watch, &outcome, &line);
    result_put_no_more(run, ", ", &line);
    say(&line);
}

static bool is_done(const struct talk *talk)
{
    return strcmp(talk_text(talk->json, "state"), "done") == 0;
}

/* ---- the run ---- */

/* Looks after the run until it has ended. */
static bool look(struct watch *watch)
{
    struct talk *talk = watch->talk;
    long look_ms = LOOK_MS_MIN, silence_ms = 0;
    for (;;) {
        bool heard = talk_try(talk, METHOD_GET, "");
        bool known = talk->status && talk->status < 500;
        if (heard) {
            tell_attempts(watch);
            tell_accepted(watch);
        }
        if (heard && is_done(talk)) {
            tell_last(watch);
            return true;
        }
        silence_ms = known ? 0 : silence_ms + look_ms;
        if ((known && !heard) || silence_ms > SILENCE_MS_MAX) {
            talk_complain(talk);
            return false;
        }
        pause_ms(look_ms);
        if (look_ms < LOOK_MS_MAX)
            look_ms += look_ms / 2;
    }
}

void watch_put(const char *job, const json_t *run, struct text *out)
{
    int64_t line = talk_number(run, "lua");
    text_printf(out, "%s  run %s  ", job, talk_text(run, "id"));
    if (line)
        text_printf(out, "lua :%" PRId64, line);
    else
        text_printf(out, "%s %s", talk_text(run, "method"),
                    talk_text(run, "path"));
}

static void tell_begin(const char *job, const json_t *run)
{
    struct text line;
    text_init(&line, LINE_BYTES_MAX);
    watch_put(job, run, &line);
    say(&line);
}

bool watch_run(struct talk *talk, const json_t *run)
{
    const struct args *args = &talk->args;
    struct watch watch = {
        .talk = talk,
        .attempts = talk_number(run, "attempts"),
        .quiet = args_value(args, "quiet") || args_value(args, "json"),
    };
    if (!watch.quiet)
        tell_begin(talk->job, run);
    talk_path(talk, "jobs", talk->job, "runs", talk_text(run, "key"), NULL);
    return look(&watch);
}
