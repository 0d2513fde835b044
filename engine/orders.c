/* An order is asked of the core, which answers within the step.
 *
 * A backfill that does not say `yes` is asked for as a dry run first: by how
 * many slots that finds it is told that it wants a `yes`, or is asked for in
 * earnest. */
#include "orders.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "mooncron/memory.h"
#include "mooncron/suggest.h"
#include "status.h"
#include "writing.h"

#define ANSWER_BYTES_MAX 4096
/* Nobody's number: the answer is for orders_take() alone. */
#define PROBE UINT64_MAX

/* ---- what is said ---- */

static const struct {
    int status;
    const char *sentence; /* NULL: made for the case */
} outcomes[ORDERS] = {
    [ORDER_DONE] = { 200, NULL },
    [ORDER_NO_JOB] = { 404, NULL },
    [ORDER_NOT_SCHEDULED] = { 409, NULL },
    [ORDER_OVERLAP] = { 409, NULL },
    [ORDER_NOT_PAUSED] = { 409, "is not paused" },
    [ORDER_TOO_MANY] = { 503, "has too many runs waiting already; ask again "
                              "when they are done" },
    [ORDER_STORE] = { 503, "cannot be run: the store has failed, and no claim "
                           "can be written down" },
    [ORDER_NOT_PRIMARY] = { 409, "is another worker's to run: this one starts "
                                 "nothing (SCHEDULER_IS_PRIMARY=false)" },
    [ORDER_STOPPING] = { 503, "is not run any more: the worker is stopping" },
};

void orders_no_job(const char *name, const struct jobset *set, struct text *out)
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

static void put_failure(const struct ask *ask,
                        const struct order_report *report,
                        const struct job *job, struct text *out)
{
    struct text sentence;
    text_init(&sentence, 512);
    text_printf(&sentence, "%s ", ask->job);
    if (report->outcome == ORDER_OVERLAP)
        text_printf(&sentence,
                    "is running already, and overlap = \"%s\"; with force it "
                    "is run beside it",
                    overlap_names[job->overlap]);
    else if (report->outcome == ORDER_NOT_SCHEDULED)
        text_printf(&sentence, "is not scheduled here: %s",
                    job ? status_reason(job) : "");
    else
        text_puts(&sentence, outcomes[report->outcome].sentence);
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
    if (job->function) {
        writing_number(out, "lua", job->line);
    } else {
        writing_string(out, "method", method_names[job->method]);
        writing_string(out, "path", job->target);
    }
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
        writing_bool(out, "dry_run", order->dry_run);
        put_slots(report, zone, out);
        writing_bool(out, "more", report->more);
        break;
    }
    text_putc(out, '}');
    bool taken_on = report->verb == VERB_TRIGGER ||
                    (report->verb == VERB_BACKFILL && !order->dry_run);
    return taken_on ? 202 : 200;
}

int orders_describe(const struct ask *ask, const struct order_report *report,
                    const struct jobset *set, struct text *out)
{
    uint32_t index = set ? jobset_find(set, ask->job) : UINT32_MAX;
    const struct job *job = index == UINT32_MAX ? NULL : jobset_job(set, index);
    if (report->outcome == ORDER_DONE)
        return put_success(ask, report, job, status_zone(set, job), out);
    if (report->outcome == ORDER_NO_JOB)
        orders_no_job(ask->job, set, out);
    else
        put_failure(ask, report, job, out);
    return outcomes[report->outcome].status;
}

/* ---- what is done ---- */

static void tell(struct daemon *d, uint64_t id, int status, struct text *json)
{
    inbox_tell(d->inbox, id, status, text_take(json), 0);
}

void orders_answer(struct daemon *d, const struct order_report *report)
{
    struct ask ask;
    struct text json;
    if (report->asker == PROBE) {
        d->probe = *report;
        return;
    }
    if (!inbox_recall(d->inbox, report->asker, &ask))
        return;
    text_init(&json, ANSWER_BYTES_MAX);
    int status = orders_describe(&ask, report, core_status(d->core).set, &json);
    tell(d, ask.id, status, &json);
}

/* The step of an order may claim runs of others, too. */
const char *orders_by(const struct daemon *d, const struct action *act)
{
    bool ours = d->order && (act->kind == ACT_CLAIM || act->kind == ACT_WAIT) &&
                act->note.trigger >= TRIGGER_MANUAL &&
                !strcmp(act->note.name, d->order->job);
    return ours ? d->order->order.by : "";
}

static void post(struct daemon *d, const struct ask *ask, uint64_t asker,
                 bool dry_run)
{
    const struct ask_order *order = &ask->order;
    const struct event event = {
        .kind = EV_ORDER,
        .order = { .asker = asker,
                   .verb = order->verb,
                   .job = ask->job,
                   .force = order->force,
                   .dry_run = dry_run,
                   .until = { clock_now(&d->clock).wall.ms + order->for_ms },
                   .from = order->from,
                   .to = order->to,
                   .by = order->by,
                   .reason = order->reason },
    };
    assert(!d->stepping); /* so it is over, and `ask` with it, on return */
    d->order = ask;
    daemon_post(d, &event, NULL);
    d->order = NULL;
}

/* False, having said so, where it is so many slots that somebody must say that
 * they are meant. */
static bool is_meant(struct daemon *d, const struct ask *ask)
{
    struct text json, sentence;
    post(d, ask, PROBE, true);
    if (d->probe.outcome != ORDER_DONE || d->probe.runs <= ORDERS_SLOTS_MAX)
        return true;
    text_init(&json, ANSWER_BYTES_MAX);
    text_init(&sentence, 512);
    text_printf(&sentence,
                "%s has %" PRId64 " slots there, more than %d: say `yes` where "
                "that is meant",
                ask->job, d->probe.runs, ORDERS_SLOTS_MAX);
    writing_open(&json, NULL, '{');
    writing_string(&json, "error", sentence.data);
    writing_number(&json, "runs", d->probe.runs);
    text_putc(&json, '}');
    text_close(&sentence);
    tell(d, ask->id, 409, &json);
    return false;
}

void orders_take(struct daemon *d, const struct ask *ask)
{
    const struct ask_order *order = &ask->order;
    bool wants_yes =
        order->verb == VERB_BACKFILL && !order->dry_run && !order->yes;
    if (!wants_yes || is_meant(d, ask))
        post(d, ask, ask->id, order->dry_run);
}
