/* An order is asked of the core, which answers within the step. Whoever gave it
 * hears of it when what it did is durable: nobody is told of a pause that a
 * crash could still undo.
 *
 * A backfill that does not say `yes` is asked for as a dry run first: by how
 * many slots that finds it is told that it wants a `yes`, or is asked for in
 * earnest. Before that the store is asked which of its slots are settled: they
 * are counted, and not run again. What another backfill has taken on meanwhile
 * the store would not have told: then it is asked once more. */
#include "orders.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "mooncron/memory.h"
#include "order_words.h"
#include "settled.h"
#include "writing.h"

#define ANSWER_BYTES_MAX 4096
/* Nobody's number: the answer is for orders_take() alone. */
#define PROBE UINT64_MAX

static void tell(struct daemon *d, uint64_t id, int status, struct text *json)
{
    inbox_tell(d->inbox, id, status, text_take(json), 0);
}

/* ---- the answer ---- */

/* It waits for the disk. */
struct answer {
    struct daemon *d;
    uint64_t id;
    int status;
    struct text json;
};

static void on_settled(void *data, const char *failure)
{
    struct answer *answer = data;
    struct ask ask;
    if (failure && inbox_recall(answer->d->inbox, answer->id, &ask)) {
        text_close(&answer->json);
        text_init(&answer->json, ANSWER_BYTES_MAX);
        answer->status = order_words_unsettled(&ask, failure, &answer->json);
    }
    tell(answer->d, answer->id, answer->status, &answer->json);
    free(answer);
}

static void tell_when_durable(struct daemon *d, uint64_t id, int status,
                              const struct text *json)
{
    struct answer *answer = memory_new(sizeof *answer);
    *answer = (struct answer){ d, id, status, *json };
    records_settle(d->records, on_settled, answer);
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
    int status = order_words(&ask, report, core_status(d->core).set, &json);
    if (report->outcome == ORDER_DONE && !ask.order.dry_run)
        tell_when_durable(d, ask.id, status, &json);
    else
        tell(d, ask.id, status, &json);
}

/* ---- the order ---- */

/* The step of an order may claim runs of others, too. */
const char *orders_by(const struct daemon *d, const struct action *act)
{
    bool ours = d->order && (act->kind == ACT_CLAIM || act->kind == ACT_WAIT) &&
                act->note.trigger >= TRIGGER_MANUAL &&
                !strcmp(act->note.name, d->order->job);
    return ours ? d->order->order.by : "";
}

static void post(struct daemon *d, const struct ask *ask, uint64_t asker,
                 bool dry_run, const struct settled *settled)
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
                   .settled = settled ? settled->list : NULL,
                   .settled_count = settled ? settled->count : 0,
                   .cancel = order->cancel,
                   .by = order->by,
                   .reason = order->reason },
    };
    assert(!d->stepping); /* so it is over, and `ask` with it, on return */
    d->order = ask;
    d->backfills += order->verb == VERB_BACKFILL && !dry_run;
    daemon_post(d, &event, NULL);
    d->order = NULL;
}

/* ---- backfills ---- */

/* False, having said so, where it is so many slots that somebody must say that
 * they are meant. */
static bool is_meant(struct daemon *d, const struct ask *ask)
{
    struct text json, sentence;
    post(d, ask, PROBE, true, NULL);
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

/* One that waits for the store's word on its slots. */
struct backfill {
    struct daemon *d;
    struct ask ask;
    struct wall to;
    struct settled *settled;
    uint64_t backfills; /* that were taken on when the store was asked */
};

static void backfill_free(struct backfill *backfill)
{
    settled_free(backfill->settled);
    free(backfill);
}

static enum question_step on_backfill_asked(struct store *store,
                                            struct wall now, void *question,
                                            struct error *reterr)
{
    static const enum question_step steps[] = {
        [HISTORY_GOES_ON] = QUESTION_GOES_ON,
        [HISTORY_OVER] = QUESTION_ANSWERED,
        [HISTORY_FAILED] = QUESTION_FAILED,
    };
    const struct backfill *backfill = question;
    (void)now;
    return steps[settled_read(backfill->settled, store, reterr)];
}

static void on_backfill_told(void *question, const char *failure);

static void backfill_ask(struct backfill *backfill)
{
    struct daemon *d = backfill->d;
    backfill->backfills = d->backfills;
    backfill->settled =
        settled_new(backfill->ask.job, backfill->ask.order.from, backfill->to);
    journal_ask(records_journal(d->records), on_backfill_asked,
                on_backfill_told, backfill);
}

/* Where the store has failed, the core says so. An order that nobody waits for
 * any more is not carried out. */
static void on_backfill_told(void *question, const char *failure)
{
    struct backfill *backfill = question;
    struct daemon *d = backfill->d;
    const struct ask *ask = &backfill->ask;
    struct ask awaited;
    bool wanted = !d->closing && inbox_recall(d->inbox, ask->id, &awaited);
    if (wanted && !failure && backfill->backfills != d->backfills) {
        settled_free(backfill->settled);
        backfill_ask(backfill);
        return;
    }
    if (wanted)
        post(d, ask, ask->id, ask->order.dry_run,
             failure ? NULL : backfill->settled);
    backfill_free(backfill);
}

/* The last slot that one order comes to. */
static struct wall backfill_end(const struct daemon *d, const struct ask *ask)
{
    const struct jobset *set = core_status(d->core).set;
    uint32_t index = jobset_find_scheduled(set, ask->job), count = 0;
    struct wall slot = { ask->order.from.ms - 1 }, end = ask->order.to;
    if (index == UINT32_MAX)
        return end;
    const struct schedule *schedule = &jobset_job(set, index)->schedule;
    while (slot.ms < end.ms && count++ < BACKFILL_SLOTS_MAX)
        slot = schedule_next(schedule, slot);
    return slot.ms < end.ms ? slot : end;
}

static void take_backfill(struct daemon *d, const struct ask *ask)
{
    const struct ask_order *order = &ask->order;
    bool wants_yes = !order->dry_run && !order->yes;
    if (wants_yes && !is_meant(d, ask))
        return;
    if (!d->records || !records_journal(d->records)) {
        post(d, ask, ask->id, order->dry_run, NULL);
        return;
    }
    struct backfill *backfill = memory_new(sizeof *backfill);
    backfill->d = d;
    backfill->ask = *ask;
    backfill->to = backfill_end(d, ask);
    backfill_ask(backfill);
}

void orders_take(struct daemon *d, const struct ask *ask)
{
    const struct ask_order *order = &ask->order;
    if (order->verb == VERB_BACKFILL && !order->cancel)
        take_backfill(d, ask);
    else
        post(d, ask, ask->id, order->dry_run, NULL);
}
