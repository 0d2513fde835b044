/* Each outcome has a status and a sentence. */
#include "order_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mooncron/memory.h"
#include "mooncron/suggest.h"
#include "status.h"
#include "writing.h"

static const struct {
    int status;
    const char *sentence; /* NULL: made for the case */
} outcomes[ORDERS] = {
    [ORDER_DONE] = { 200, NULL },
    [ORDER_NO_JOB] = { 404, NULL },
    [ORDER_NOT_SCHEDULED] = { 409, NULL },
    [ORDER_OVERLAP] = { 409, NULL },
    [ORDER_LEFT_OPEN] = { 409, NULL },
    [ORDER_NOT_PAUSED] = { 409, "is not paused" },
    [ORDER_TOO_MANY] = { 503, NULL },
    [ORDER_TOO_OLD] = { 400, "is not run again for slots of more than ten "
                             "years ago: `from` must be later" },
    [ORDER_STORE] = { 503, "waits: the store has failed, and nothing can be "
                           "written down" },
    [ORDER_NOT_PRIMARY] = { 409, "is another worker's to run: this one starts "
                                 "nothing (SCHEDULER_IS_PRIMARY=false)" },
    [ORDER_STOPPING] = { 503, "is not run any more: the worker is stopping" },
};

void order_words_no_job(const char *name, const struct jobset *set,
                        struct text *out)
{
    uint32_t count = set ? jobset_count(set) : 0;
    const char **names = memory_new(count * sizeof *names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = jobset_job(set, i)->name;
    const char *near = suggest_or_prefix(name, names, count);
    struct text sentence;
    text_init(&sentence, 512);
    text_printf(&sentence, "there is no job \"%.128s\"", name);
    if (near)
        text_printf(&sentence, ", did you mean \"%s\"?", near);
    writing_open(out, NULL, '{');
    writing_string(out, "error", sentence.data);
    writing_word(out, "suggestion", near);
    text_putc(out, '}');
    text_close(&sentence);
    free(names);
}

/* Its overlap is "allow", and the limit was reached; or it is not. */
static void say_overlap(const struct order_report *report,
                        const struct job *job, struct text *out)
{
    if (job->overlap == OVERLAP_ALLOW)
        text_printf(out,
                    "has %u runs that go on, and overlap allows at most %u",
                    report->going, job->overlap_max);
    else
        text_printf(out, "is running already, and overlap = \"%s\"",
                    overlap_names[job->overlap]);
    text_puts(out, "; with force it is run beside ");
    text_puts(out, report->going > 1 ? "them" : "it");
}

static void say_left_open(const struct order_report *report,
                          const struct job *job, const struct zone *zone,
                          struct text *out)
{
    text_puts(out, "has a run that a worker left open, that of ");
    writing_date(out, report->key.slot, zone);
    text_printf(out,
                ": it may have been sent, and is about to be tried again, and "
                "overlap = \"%s\"; with force another is run beside it",
                overlap_names[job->overlap]);
}

static void say_too_many(const struct order_report *report, struct text *out)
{
    if (report->verb == VERB_TRIGGER)
        text_printf(out, "has %d runs that go on, the most that force may do",
                    FORCED_MAX);
    else
        text_puts(out, "finds no place: too many runs wait to be made up; ask "
                       "again when there are fewer");
}

static void say_failure(const struct order_report *report,
                        const struct job *job, const struct zone *zone,
                        struct text *out)
{
    switch (report->outcome) {
    case ORDER_OVERLAP:
        say_overlap(report, job, out);
        break;
    case ORDER_LEFT_OPEN:
        say_left_open(report, job, zone, out);
        break;
    case ORDER_TOO_MANY:
        say_too_many(report, out);
        break;
    case ORDER_NOT_SCHEDULED:
        text_printf(out, "is not scheduled here: %s",
                    job ? status_reason(job) : "");
        break;
    default:
        text_puts(out, outcomes[report->outcome].sentence);
        break;
    }
}

static void put_failure(const struct ask *ask,
                        const struct order_report *report,
                        const struct job *job, const struct zone *zone,
                        struct text *out)
{
    struct text sentence;
    text_init(&sentence, 1024);
    text_printf(&sentence, "%s ", ask->job);
    say_failure(report, job, zone, &sentence);
    writing_open(out, NULL, '{');
    writing_string(out, "error", sentence.data);
    writing_string(out, "outcome", order_names[report->outcome]);
    text_putc(out, '}');
    text_close(&sentence);
}

static void put_slots(const struct order_report *report,
                      const struct zone *zone, struct text *out)
{
    writing_number(out, "runs", report->runs);
    writing_time(out, "first", report->first, zone);
    writing_time(out, "last", report->last, zone);
}

static void put_count(struct text *out, const char *name, int64_t count)
{
    if (count < 0)
        writing_null(out, name);
    else
        writing_number(out, name, count);
}

static void put_backfill(const struct ask_order *order,
                         const struct order_report *report,
                         const struct zone *zone, struct text *out)
{
    if (order->cancel) {
        writing_number(out, "cancelled", report->runs);
        writing_time(out, "first", report->first, zone);
        writing_time(out, "last", report->last, zone);
    } else {
        writing_bool(out, "dry_run", order->dry_run);
        put_slots(report, zone, out);
        put_count(out, "done", report->done);
        put_count(out, "waiting", report->waiting);
    }
    writing_bool(out, "more", report->more);
}

static void put_trigger(const struct order_report *report,
                        const struct job *job, const struct zone *zone,
                        struct text *out)
{
    char key[STATUS_KEY_MAX], id[24];
    snprintf(id, sizeof id, "%" PRIx64, report->run.value);
    writing_open(out, "run", '{');
    writing_string(out, "id", id);
    writing_string(out, "key", status_key(report->key, key));
    writing_time(out, "slot", report->key.slot, zone);
    writing_number(out, "attempts", job->retry.attempts);
    status_target(job, out);
    text_putc(out, '}');
}

static int put_success(const struct ask *ask, const struct order_report *report,
                       const struct job *job, const struct zone *zone,
                       struct text *out)
{
    const struct ask_order *order = &ask->order;
    writing_open(out, NULL, '{');
    writing_string(out, "job", ask->job);
    writing_string(out, "outcome", order_names[report->outcome]);
    switch (report->verb) {
    case VERB_TRIGGER:
        put_trigger(report, job, zone, out);
        break;
    case VERB_PAUSE:
        writing_time(out, "until", report->until, zone);
        break;
    case VERB_RESUME:
        writing_bool(out, "dry_run", order->dry_run);
        put_slots(report, zone, out);
        writing_number(out, "missed", report->missed);
        break;
    case VERB_BACKFILL:
        put_backfill(order, report, zone, out);
        break;
    }
    text_putc(out, '}');
    bool taken_on = report->verb == VERB_TRIGGER ||
                    (report->verb == VERB_BACKFILL && report->runs &&
                     !order->dry_run && !order->cancel);
    return taken_on ? 202 : 200;
}

int order_words(const struct ask *ask, const struct order_report *report,
                const struct jobset *set, struct text *out)
{
    uint32_t index = set ? jobset_find(set, ask->job) : UINT32_MAX;
    const struct job *job = index == UINT32_MAX ? NULL : jobset_job(set, index);
    if (report->outcome == ORDER_DONE)
        return put_success(ask, report, job, status_zone(set, job), out);
    if (report->outcome == ORDER_NO_JOB)
        order_words_no_job(ask->job, set, out);
    else
        put_failure(ask, report, job, job ? status_zone(set, job) : NULL, out);
    return outcomes[report->outcome].status;
}

int order_words_unsettled(const struct ask *ask, const char *failure,
                          struct text *out)
{
    struct text sentence;
    text_init(&sentence, 1024);
    text_printf(&sentence,
                "%s: this is not written down yet, and forgotten where the "
                "worker ends before it is: %s",
                ask->job, failure);
    writing_open(out, NULL, '{');
    writing_string(out, "error", sentence.data);
    writing_string(out, "outcome", "unsettled");
    text_putc(out, '}');
    text_close(&sentence);
    return 503;
}
