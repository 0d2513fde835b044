/* `mooncron trigger`: a job is run now, and, with --wait, followed to its end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "talk.h"
#include "verbs.h"
#include "writing.h"

/* How often it is looked after: soon for a short run, seldom for a long one. */
#define LOOK_MS_MIN 100
#define LOOK_MS_MAX 1000
/* A daemon that is restarted takes the run up again; longer than this it is
 * gone. */
#define SILENCE_MS_MAX 30000

static const struct args_option options[] = {
    { "wait", 'w', NULL, "until the run has ended, and say how it goes" },
    { "force", 'f', NULL, "beside a run that goes on, whatever overlap says" },
    { "reason", 'r', "TEXT", "for the record" },
    { "json", 0, NULL, "as JSON: the run" },
};

static const struct args_verb verb = {
    .name = "trigger",
    .about =
        "Runs a job now, by the daemon at MOONCRON_URL. No slot is covered by\n"
        "it: the job runs at its times all the same. With --wait the exit "
        "code\n"
        "is 1 where the run failed.\n",
    .operands = "JOB",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 1,
};

struct watch {
    struct talk *talk;
    char *path; /* of the run */
    int64_t attempts, told;
    bool quiet;
};

static void pause_ms(long ms)
{
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* What came of an attempt; `words` where no status says it. */
struct outcome {
    int64_t attempt, status;
    const char *words;
    const char *began; /* RFC 3339, or "" where nobody knows any more */
    int64_t took_ms;   /* likewise */
};

/* "  14:07:33  attempt 1/3  503 after 2.1s", by the clock that the answer
 * shows.
 */
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
    text_init(&line, 4096);
    put_outcome(watch, &outcome, &line);
    text_puts(&line, ", retry in ");
    writing_span(&line, talk_number(attempt, "pause_ms"));
    puts(line.data);
    fflush(stdout);
    text_close(&line);
}

static void tell_attempts(struct watch *watch)
{
    const json_t *list = json_object_get(watch->talk->json, "failed_attempts");
    for (size_t i = 0; i < json_array_size(list); i++)
        tell_attempt(watch, json_array_get(list, i));
}

static bool is_ok(const json_t *run)
{
    return strcmp(talk_text(run, "verdict"), "ok") == 0;
}

/* The last attempt of a run that has ended: what it came to. */
static void tell_last(const struct watch *watch, struct wall ended)
{
    const json_t *run = watch->talk->json;
    const char *cause = talk_text(run, "cause");
    struct wall began = talk_time(run, "attempt_started");
    const struct outcome outcome = {
        .attempt = talk_number(run, "attempt"),
        .status = talk_number(run, "status"),
        .words = *cause ? cause : talk_text(run, "verdict"),
        .began = talk_text(run, "attempt_started"),
        .took_ms = ended.ms - began.ms,
    };
    struct text line;
    text_init(&line, 4096);
    put_outcome(watch, &outcome, &line);
    puts(line.data);
    text_close(&line);
}

/* The end of the run, as people read it. */
static void tell_end(const struct watch *watch)
{
    const json_t *run = watch->talk->json;
    const char *error = talk_text(run, "error");
    bool good = is_ok(run);
    struct wall started = talk_time(run, "started");
    struct wall ended = talk_time(run, "ended");
    struct text line;
    if (!watch->quiet)
        tell_last(watch, ended);
    text_init(&line, 4096);
    text_printf(&line, "%s in ", talk_text(run, "verdict"));
    writing_span(&line, ended.ms != NEVER_MS && started.ms != NEVER_MS
                            ? ended.ms - started.ms
                            : talk_number(run, "took_ms"));
    if (!good && *error)
        text_printf(&line, ": %s", error);
    if (!watch->quiet || !good)
        puts(line.data);
    text_close(&line);
}

static bool is_done(const struct talk *talk)
{
    return strcmp(talk_text(talk->json, "state"), "done") == 0;
}

/* Looks after the run until it has ended; false, having said why, where nobody
 * knows of it any more. */
static bool watch_run(struct watch *watch)
{
    struct talk *talk = watch->talk;
    long look_ms = LOOK_MS_MIN, silence_ms = 0;
    for (;;) {
        bool heard = talk_try(talk, METHOD_GET, watch->path, "");
        bool known = talk->status && talk->status < 500;
        if (heard && !args_value(talk->args, "json"))
            tell_attempts(watch);
        if (heard && is_done(talk))
            return true;
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

static void tell_run(const char *job, const json_t *run)
{
    int64_t line = talk_number(run, "lua");
    printf("%s  run %s  ", job, talk_text(run, "id"));
    if (line)
        printf("lua :%" PRId64 "\n", line);
    else
        printf("%s %s\n", talk_text(run, "method"), talk_text(run, "path"));
    fflush(stdout);
}

static void follow(struct talk *talk, const char *job, const json_t *run)
{
    const char *const segments[] = { "jobs", job, "runs",
                                     talk_text(run, "key") };
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 4);
    struct watch watch = {
        .talk = talk,
        .path = path.data,
        .attempts = talk_number(run, "attempts"),
        .quiet = args_value(talk->args, "quiet") != NULL,
    };
    if (watch_run(&watch)) {
        if (args_value(talk->args, "json"))
            talk_print(talk);
        else
            tell_end(&watch);
        talk->code = is_ok(talk->json) ? EXIT_OK : EXIT_ASKED_FAILED;
    }
    text_close(&path);
}

static void trigger(struct talk *talk)
{
    const char *job = talk->args->operands[0];
    const char *reason = args_value(talk->args, "reason");
    const char *const segments[] = { "jobs", job, "run" };
    bool wait = args_value(talk->args, "wait") != NULL;
    bool json = args_value(talk->args, "json") != NULL;
    struct text path;
    text_init(&path, 1024);
    talk_path(&path, segments, 3);
    json_t *body = json_pack("{s:b, s:s}", "force",
                             args_value(talk->args, "force") != NULL, "reason",
                             reason ? reason : "");
    if (talk_post(talk, path.data, body)) {
        json_t *run = json_incref(json_object_get(talk->json, "run"));
        if (json && !wait)
            talk_print(talk);
        else if (!json && !args_value(talk->args, "quiet"))
            tell_run(job, run);
        if (wait)
            follow(talk, job, run);
        json_decref(run);
    }
    text_close(&path);
}

int cli_trigger(int argc, char **argv)
{
    struct args args;
    struct talk talk;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (talk_begin(&talk, &args))
        trigger(&talk);
    return talk_end(&talk);
}
