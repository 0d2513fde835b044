/* The news are sentences with fields: text for people, names for machines. */
#include "news.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "call.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "mooncron/error.h"
#include "mooncron/text.h"
#include "mooncron/versions.h"

/* A sentence of ours with names in it; what is longer is cut. */
#define SENTENCE_MAX 1024

/* Of one schedule; a file that was generated may have thousands. */
#define WARNINGS_SHOWN 10

/* A number as text, for a field. */
#define NUMBER_MAX 24
static const char *number(int64_t value, char buffer[NUMBER_MAX])
{
    snprintf(buffer, NUMBER_MAX, "%" PRId64, value);
    return buffer;
}

/* "20.000": of milliseconds that are not below 0. */
static const char *seconds(int64_t ms, char buffer[NUMBER_MAX])
{
    snprintf(buffer, NUMBER_MAX, "%" PRId64 ".%03" PRId64, ms / 1000,
             ms % 1000);
    return buffer;
}

void news_start(struct log *log, const char *file, bool primary,
                const char *tzdata)
{
    struct version list[VERSIONS_MAX];
    size_t count = versions_get(list);
    struct text libraries;
    text_init(&libraries, SENTENCE_MAX);
    for (size_t i = 0; i < count; i++)
        text_printf(&libraries, "%s %s, ", list[i].name, list[i].number);
    log_write(log, LOG_INFO, "main", "mooncron %s runs %s%s (%stzdata %s)",
              MOONCRON_VERSION, file,
              primary ? "" : " and fires nothing (SCHEDULER_IS_PRIMARY=false)",
              libraries.data, *tzdata ? tzdata : "unknown");
    text_close(&libraries);
}

void news_listening(struct log *log, const char *host, uint16_t port,
                    bool loopback)
{
    char sentence[SENTENCE_MAX], digits[NUMBER_MAX];
    snprintf(sentence, sizeof sentence, "listening on %s:%u", host,
             (unsigned)port);
    const char *const pairs[] = { "event", "listening", "#port",
                                  number(port, digits), NULL };
    log_fields(log, LOG_INFO, "server", sentence, pairs);
    if (!loopback)
        log_write(log, LOG_WARN, "server",
                  "%s is not this machine alone, and what comes is not "
                  "encrypted: who can listen on the way hears the webhook's "
                  "secret and the admin token (put a proxy with TLS before "
                  "it; MOONCRON_WEBHOOK_AUTH=signature sends no secret)",
                  host);
}

/* ---- reloads ---- */

/* What the Settings say, as a clause. */
static void put_settings(const struct core_status *status, struct text *text)
{
    const struct facts *facts = &status->settings;
    const char *jobs = facts->enable_jobs ? "on" : "off";
    if (!status->settings_known && !facts->environment[0])
        text_printf(text, "there are no Settings yet, and jobs are %s", jobs);
    else if (!facts->environment[0])
        text_printf(text, "jobs are %s, and Settings name no environment",
                    jobs);
    else
        text_printf(text, "jobs are %s in %s", jobs, facts->environment);
    if (status->unconfirmed)
        text_puts(text, " (by webhook, not confirmed yet)");
}

void news_schedule(struct log *log, const struct action *swap,
                   const struct core_status *status, int64_t at_ns)
{
    const struct reload_report *report = &swap->swap.report;
    const struct jobset_diff *diff = &report->diff;
    uint32_t jobs = jobset_scheduled(status->set);
    struct text sentence;
    text_init(&sentence, SENTENCE_MAX);
    text_printf(&sentence,
                "schedule %u is in force: %u of %u jobs, %u added, %u changed, "
                "%u removed; ",
                report->generation, jobs, jobset_count(status->set),
                diff->added, diff->changed, diff->removed);
    put_settings(status, &sentence);
    char generation[NUMBER_MAX], count[NUMBER_MAX], at[NUMBER_MAX];
    const char *const pairs[] = {
        "event",       "schedule",
        "#generation", number(report->generation, generation),
        "#jobs",       number(jobs, count),
        "#at_ns",      number(at_ns, at),
        "outcome",     "done",
        NULL,
    };
    log_fields(log, LOG_INFO, "reload", sentence.data, pairs);
    text_close(&sentence);
}

void news_warnings(struct log *log, const struct mistakes *warnings)
{
    uint32_t shown = 0;
    struct text line;
    text_init(&line, SENTENCE_MAX);
    for (; shown < warnings->count && shown < WARNINGS_SHOWN; shown++) {
        text_clear(&line);
        mistake_line(&warnings->items[shown], &line);
        log_write(log, LOG_WARN, "reload", "%s", line.data);
    }
    if (shown < warnings->total)
        log_write(log, LOG_WARN, "reload",
                  "and %u more like these: `mooncron check` tells them",
                  warnings->total - shown);
    text_close(&line);
}

void news_zones(struct log *log, const char *before, const char *now)
{
    char sentence[SENTENCE_MAX];
    snprintf(sentence, sizeof sentence,
             "the time zone data have changed (tzdata %s, was %s): the "
             "schedule is loaded again",
             *now ? now : "?", *before ? before : "?");
    const char *const pairs[] = { "event", "zones", "tzdata", now, NULL };
    log_fields(log, LOG_WARN, "reload", sentence, pairs);
}

void news_unchanged(struct log *log, uint32_t generation)
{
    char digits[NUMBER_MAX];
    const char *const pairs[] = { "event",       "reload",
                                  "#generation", number(generation, digits),
                                  "outcome",     "unchanged",
                                  NULL };
    log_fields(log, LOG_INFO, "reload",
               "file and Settings are those in force: nothing to do", pairs);
}

/* The sentence above the mistakes of a file. */
static void mistakes_title(const char *file, const struct mistakes *mistakes,
                           uint32_t running, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s has %u mistake%s; %s", file, mistakes->total,
             mistakes->total == 1 ? "" : "s",
             running ? "the old schedule keeps running" : "nothing was loaded");
}

static void mistakes_text(const struct mistakes *mistakes, struct text *text)
{
    for (uint32_t i = 0; i < mistakes->count; i++) {
        if (i)
            text_putc(text, '\n');
        mistake_render(&mistakes->items[i], false, text);
    }
}

/* Behind the mistakes, as `check` ends. */
static void put_outcome(uint32_t errors, uint32_t running, struct text *text)
{
    text_printf(text, "\n%u error%s. ", errors, errors == 1 ? "" : "s");
    if (running)
        text_printf(text, "Schedule #%u keeps running.", running);
    else
        text_puts(text, "Nothing was loaded.");
}

char *news_load_failed(struct log *log, const char *file,
                       const struct mistakes *mistakes, const char *failure,
                       uint32_t running)
{
    char title[SENTENCE_MAX];
    struct text text;
    text_init(&text, 256 << 10);
    if (mistakes && mistakes->count) {
        mistakes_title(file, mistakes, running, title, sizeof title);
        mistakes_text(mistakes, &text);
        log_block(log, LOG_ERROR, "reload", title, text.data);
        put_outcome(mistakes->total, running, &text);
        return text_take(&text);
    }
    text_printf(&text, "%s was not loaded: %s; %s", file, failure,
                running ? "the old schedule keeps running"
                        : "nothing is scheduled");
    log_write(log, LOG_ERROR, "reload", "%s", text.data);
    return text_take(&text);
}

/* ---- runs ---- */

/* What names a run in the fields of its lines; a hook after it has its own name
 * in place of the run's. */
struct naming {
    char slot[RFC3339_TEXT_MAX], run[NUMBER_MAX], attempt[NUMBER_MAX];
};

static void naming_make(const struct run_note *note, struct naming *ret)
{
    rfc3339_format(note->key.slot, 0, ret->slot);
    number(note->attempt, ret->attempt);
    ret->run[0] = '\0';
    if (!note->function)
        snprintf(ret->run, sizeof ret->run, "%" PRIx64, note->run.value);
}
#define NAMING(note, naming)                                                   \
    "job", (note)->name, "run", (naming).run, "hook", call_hook(note), "slot", \
        (naming).slot, "trigger", trigger_names[(note)->trigger], "#attempt",  \
        (naming).attempt

static enum log_level verdict_level(enum verdict verdict)
{
    return verdict == VERDICT_OK ? LOG_DEBUG : LOG_WARN;
}

/* Why it ended so: ", deadline", ", replaced: the call was cancelled", ", the
 * backend answered 503; no attempt 2 of 3: the next slot would come before
 * it". */
static void put_end(const struct action *act, const char *why,
                    struct text *text)
{
    const struct run_note *note = &act->finish.note;
    const char *no_more = why_no_more(act->finish.verdict, act->finish.why);
    const char *cause = no_more ? "" : why_names[act->finish.why];
    if (*cause)
        text_printf(text, ", %s", cause);
    if (*why)
        text_printf(text, "%s %s", *cause ? ":" : ",", why);
    if (no_more)
        text_printf(text, "; no attempt %u of %u: %s", note->attempt + 1,
                    note->job->retry.attempts, no_more);
}

void news_finish(struct log *log, const struct action *act, const char *why)
{
    enum verdict verdict = act->finish.verdict;
    if (!log_wants(log, verdict_level(verdict)))
        return;
    const struct run_note *note = &act->finish.note;
    const char *known =
        verdict_of_left(verdict, act->finish.why) ? NULL : "#took_ms";
    struct text sentence;
    struct naming naming;
    char took[NUMBER_MAX];
    naming_make(note, &naming);
    text_init(&sentence, SENTENCE_MAX);
    text_printf(&sentence, "%s of %s: %s", note->name, naming.slot,
                verdict_names[verdict]);
    put_end(act, why, &sentence);
    const char *const pairs[] = {
        NAMING(note, naming),
        "verdict",
        verdict_names[verdict],
        "why",
        why_names[act->finish.why],
        known,
        number(act->finish.took_ms, took),
        NULL,
    };
    log_fields(log, verdict_level(verdict), "run", sentence.data, pairs);
    text_close(&sentence);
}

void news_accepted(struct log *log, const struct action *act, struct wall until)
{
    const struct run_note *note = &act->note;
    char sentence[SENTENCE_MAX], slot[RFC3339_TEXT_MAX], end[RFC3339_TEXT_MAX],
        attempt[NUMBER_MAX];
    rfc3339_format(note->key.slot, 0, slot);
    rfc3339_format(until, 0, end);
    snprintf(sentence, sizeof sentence,
             "%s of %s: accepted; whether it is done is asked until %s",
             note->name, slot, end);
    const char *const pairs[] = {
        "event", "accepted", "job",      note->name,
        "slot",  slot,       "trigger",  trigger_names[note->trigger],
        "until", end,        "#attempt", number(note->attempt, attempt),
        NULL,
    };
    log_fields(log, LOG_INFO, "run", sentence, pairs);
}

void news_again(struct log *log, const struct action *act, const char *why)
{
    const struct run_note *note = &act->note;
    struct text sentence;
    struct naming naming;
    char pause[NUMBER_MAX];
    naming_make(note, &naming);
    text_init(&sentence, SENTENCE_MAX);
    text_printf(&sentence,
                "%s of %s: attempt %u of %u failed, %s; the next in %s s",
                note->name, naming.slot, note->attempt,
                note->job->retry.attempts, why, seconds(note->pause_ms, pause));
    const char *const pairs[] = { NAMING(note, naming), NULL };
    log_fields(log, LOG_WARN, "run", sentence.data, pairs);
    text_close(&sentence);
}

void news_hook(struct log *log, const struct action *act, const char *why)
{
    const struct run_note *note = &act->note;
    struct text sentence;
    struct naming naming;
    naming_make(note, &naming);
    text_init(&sentence, SENTENCE_MAX);
    text_printf(&sentence, "%s of %s of %s failed: %s", call_hook(note),
                note->name, naming.slot, why);
    const char *const pairs[] = { NAMING(note, naming), NULL };
    log_fields(log, LOG_ERROR, "script", sentence.data, pairs);
    text_close(&sentence);
}

/* What it does in place of answering well. */
static void put_trouble(const struct action *act, struct text *text)
{
    if (act->circuit.trouble == TROUBLE_UNREACHABLE)
        text_puts(text, "cannot be reached");
    else if (act->circuit.cause == CAUSE_SERVER)
        text_printf(text, "answers with %u", act->circuit.status);
    else if (act->circuit.cause == CAUSE_TIMEOUT)
        text_puts(text, "does not answer in time");
    else
        text_puts(text, "breaks connections off");
}

static void put_circuit(const struct action *act, struct text *text)
{
    if (!act->circuit.open) {
        text_puts(text, " answers again");
        return;
    }
    text_putc(text, ' ');
    put_trouble(act, text);
    text_printf(text, " (%u failures in a row", act->circuit.fails);
    if (act->circuit.times > 1)
        text_printf(text, ", %u times since this was last said",
                    act->circuit.times);
    text_printf(text, "): %s, and it is tried again in %" PRId64 " s",
                act->circuit.trouble == TROUBLE_UNREACHABLE
                    ? "its jobs are skipped"
                    : "jobs that have failed there are skipped for a while",
                act->circuit.cool_ms / 1000);
}

void news_circuit(struct log *log, const struct action *act,
                  const char *backend)
{
    const char *origin = act->circuit.origin;
    char fails[NUMBER_MAX], status[NUMBER_MAX];
    struct text sentence;
    text_init(&sentence, SENTENCE_MAX);
    if (*origin)
        text_puts(&sentence, origin);
    else
        text_printf(&sentence, "the backend (%s)", backend);
    put_circuit(act, &sentence);
    const char *const pairs[] = {
        "event",   "circuit",
        "origin",  *origin ? origin : backend,
        "trouble", trouble_names[act->circuit.trouble],
        "#status", number(act->circuit.status, status),
        "#fails",  number(act->circuit.fails, fails),
        NULL,
    };
    log_fields(log, act->circuit.open ? LOG_ERROR : LOG_WARN, "run",
               sentence.data, pairs);
    text_close(&sentence);
}

void news_pause(struct log *log, const struct action *act)
{
    char until[RFC3339_TEXT_MAX];
    const char *by = act->pause.by;
    const char *const pairs[] = { "job", act->pause.job, NULL };
    char sentence[SENTENCE_MAX];
    if (act->kind == ACT_RESUME)
        snprintf(sentence, sizeof sentence, "%s goes on: %s%s", act->pause.job,
                 *by ? "resumed by " : "its pause is over", by);
    else
        snprintf(sentence, sizeof sentence, "%s is paused until %s by %s%s%s",
                 act->pause.job, rfc3339_format(act->pause.until, 0, until), by,
                 *act->pause.reason ? ": " : "", act->pause.reason);
    log_fields(log, LOG_WARN, "run", sentence, pairs);
}

/* A slot that was held back by its own job is an ordinary day; one that was
 * missed is not. */
void news_pass(struct log *log, const struct action *act)
{
    enum log_level level =
        act->pass.verdict == VERDICT_MISSED ? LOG_WARN : LOG_INFO;
    if (!log_wants(log, level))
        return;
    const char *why = why_names[act->pass.why];
    char sentence[SENTENCE_MAX], slot[RFC3339_TEXT_MAX], count[NUMBER_MAX];
    rfc3339_format(act->pass.first, 0, slot);
    snprintf(sentence, sizeof sentence, "%s of %s: %s, %s", act->pass.job->name,
             slot, verdict_names[act->pass.verdict], why);
    if (act->pass.count > 1) {
        char last[RFC3339_TEXT_MAX];
        snprintf(sentence, sizeof sentence,
                 "%s: %" PRId64 " slots from %s to %s: %s, %s",
                 act->pass.job->name, act->pass.count, slot,
                 rfc3339_format(act->pass.last, 0, last),
                 verdict_names[act->pass.verdict], why);
    }
    const char *const pairs[] = {
        "job",     act->pass.job->name,
        "slot",    slot,
        "verdict", verdict_names[act->pass.verdict],
        "why",     why,
        "#slots",  number(act->pass.count, count),
        NULL,
    };
    log_fields(log, level, "run", sentence, pairs);
}

void news_cancel(struct log *log, const struct action *act)
{
    const struct run_note *note = &act->cancel.note;
    const char *hook = call_hook(note);
    struct naming naming;
    char sentence[SENTENCE_MAX];
    naming_make(note, &naming);
    snprintf(sentence, sizeof sentence, "%s%s%s of %s is cancelled: %s", hook,
             *hook ? " of " : "", note->name, naming.slot, act->cancel.because);
    const char *const pairs[] = { NAMING(note, naming), NULL };
    log_fields(log, LOG_WARN, "run", sentence, pairs);
}

void news_jump(struct log *log, const struct action *act)
{
    int64_t by_ms = act->jump.by_ms;
    char by[NUMBER_MAX];
    log_write(log, LOG_WARN, "clock", "the clock was set %s by %s s",
              by_ms < 0 ? "back" : "forward",
              seconds(by_ms < 0 ? -by_ms : by_ms, by));
}

void news_beat(struct log *log, const char *job, const char *why)
{
    const char *const pairs[] = { "job", job, NULL };
    char sentence[SENTENCE_MAX];
    snprintf(sentence, sizeof sentence, "the heartbeat of %s %s%s", job,
             *why ? "does not get through: " : "gets through", why);
    log_fields(log, *why ? LOG_WARN : LOG_INFO, "run", sentence, pairs);
}

void news_died(struct log *log, uint32_t generation, const char *how)
{
    log_write(log, LOG_ERROR, "script",
              "the script host of schedule %u %s; the file is loaded again",
              generation, how);
}

void news_stopping(struct log *log, uint32_t runs, int64_t drain_ms, bool again)
{
    char sentence[SENTENCE_MAX], count[NUMBER_MAX], limit[DURATION_TEXT_MAX];
    const char *s = runs == 1 ? "" : "s", *are = runs == 1 ? "is" : "are";
    if (again)
        snprintf(sentence, sizeof sentence,
                 "told to stop again: %u run%s %s cut short", runs, s, are);
    else if (runs)
        snprintf(sentence, sizeof sentence,
                 "stopping: %u run%s %s awaited, for at most %s", runs, s, are,
                 duration_format(drain_ms, limit));
    else
        snprintf(sentence, sizeof sentence, "stopping: no run goes on");
    const char *const pairs[] = { "event", "stopping", "#runs",
                                  number(runs, count), NULL };
    log_fields(log, LOG_INFO, "main", sentence, pairs);
}

void news_damaged(struct log *log, bool ends, bool read)
{
    static const char next[] =
        "the next start moves the journal aside, and begins a new one";
    if (ends)
        log_write(log, LOG_ERROR, "store",
                  "the journal is damaged, and no second try mends that: the "
                  "worker ends with exit code %d, and %s",
                  EXIT_UNAVAILABLE, next);
    else
        log_write(log, LOG_ERROR, "store", "the journal is damaged%s; %s",
                  read ? " where it was read just now, and jobs are fired as "
                         "before"
                       : "",
                  next);
}

void news_script(struct log *log, const struct host_log *said,
                 const struct run_note *note)
{
    static const enum log_level levels[4] = { LOG_DEBUG, LOG_INFO, LOG_WARN,
                                              LOG_ERROR };
    const char *const bare[] = { "fields", said->fields, NULL };
    enum log_level level = levels[said->level];
    struct naming naming;
    if (!note) {
        log_fields(log, level, "script", said->message, bare);
        return;
    }
    naming_make(note, &naming);
    const char *const pairs[] = { NAMING(note, naming), "fields", said->fields,
                                  NULL };
    log_fields(log, level, "script", said->message, pairs);
}
