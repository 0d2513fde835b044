/* A question goes to the store's thread with an empty dossier, and comes back
 * with a full one; on the loop that is made into JSON, together with what core
 * and jobset say by then. */
#include "inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "dossier.h"
#include "mooncron/memory.h"
#include "order_words.h"
#include "outlook.h"
#include "scrape.h"
#include "status.h"
#include "why.h"
#include "writing.h"

#define ANSWER_BYTES_MAX (1 << 20) /* as the gate's */
#define ROW_BYTES_MAX    8192      /* of one, its sentence escaped */

struct inquiry {
    struct daemon *d;
    struct ask ask;
    struct dossier *dossier; /* the store's thread fills it */
    struct wall now;
    uint32_t generation; /* whose slots are looked up; of why */
};

static void tell(struct daemon *d, uint64_t id, int status, struct text *json,
                 uint64_t tag)
{
    inbox_tell(d->inbox, id, status, text_take(json), tag);
}

void inquiry_refuse(struct daemon *d, uint64_t id, int status,
                    const char *sentence)
{
    struct text json;
    text_init(&json, 4096);
    writing_open(&json, NULL, '{');
    writing_string(&json, "error", sentence);
    text_putc(&json, '}');
    tell(d, id, status, &json, 0);
}

bool inquiry_write(struct daemon *d, uint64_t id, void (*work)(void *data),
                   void (*done)(void *data, bool worked), void *data)
{
    if (clerk_give(d->clerk, work, done, data))
        return true;
    inquiry_refuse(d, id, 503, "too many long answers are being written");
    return false;
}

static const struct jobset *set_of(const struct daemon *d)
{
    return core_status(d->core).set;
}

/* NULL where the schedule in force has no such job. */
static const struct job *job_of(const struct daemon *d, const char *name)
{
    const struct jobset *set = set_of(d);
    uint32_t index = set ? jobset_find(set, name) : UINT32_MAX;
    return index == UINT32_MAX ? NULL : jobset_job(set, index);
}

/* The zone of a job's times, of one that is no more, too. */
static const struct zone *zone_of(const struct daemon *d, const char *name)
{
    const struct jobset *set = set_of(d);
    const struct job *job = job_of(d, name);
    if (job)
        return status_zone(set, job);
    return set ? jobset_zone(set) : zone_utc();
}

/* Of this life, as the rows have it. */
static const char *owner_of(const struct daemon *d)
{
    return d->records ? records_owner(d->records) : NULL;
}

static void tell_no_job(struct daemon *d, const struct ask *ask)
{
    struct text json;
    text_init(&json, 4096);
    order_words_no_job(ask->job, set_of(d), &json);
    tell(d, ask->id, 404, &json, 0);
}

/* ---- status ---- */

static void tell_status(struct daemon *d, const struct ask *ask)
{
    const struct status_view view = {
        .core = d->core,
        .recent = d->recent,
        .now = clock_now(&d->clock).wall,
        .job = ask->job,
        .file = d->config->file,
        .node_env = d->config->node_env,
        .loaded_by = loaded_by_names[d->in_force.by],
        .loaded_who = d->in_force.who,
        .primary = d->config->primary,
    };
    struct text json;
    if (*ask->job && !job_of(d, ask->job)) {
        tell_no_job(d, ask);
        return;
    }
    text_init(&json, ANSWER_BYTES_MAX);
    uint64_t tag = status_write(&view, &json);
    tell(d, ask->id, 200, &json, tag);
}

/* ---- runs ---- */

/* A row, and what the store does not know of it. */
static void put_row(const struct daemon *d, const struct history_row *row,
                    struct text *json)
{
    const struct zone *zone = zone_of(d, row->job);
    const struct run_key key = { row->slot, row->manual };
    dossier_row(row, owner_of(d), zone, json);
    if (!row->count && !row->done)
        status_accepted(recent_going(recent_of(d->recent, row->job), key), zone,
                        json);
}

static void put_rows(const struct daemon *d, const struct dossier *dossier,
                     struct text *json)
{
    bool more = dossier->more;
    writing_open(json, "runs", '[');
    for (size_t i = 0; i < dossier->row_count; i++) {
        if (json->len + ROW_BYTES_MAX > STATUS_BYTES_MAX) {
            more = true;
            break;
        }
        const struct history_row *row = &dossier->rows[i];
        writing_open(json, NULL, '{');
        put_row(d, row, json);
        text_putc(json, '}');
    }
    text_putc(json, ']');
    writing_bool(json, "more", more);
}

static void tell_runs(const struct inquiry *inquiry,
                      const struct dossier *dossier)
{
    struct daemon *d = inquiry->d;
    struct text json;
    if (*inquiry->ask.job && !dossier->known && !dossier->row_count &&
        !job_of(d, inquiry->ask.job)) {
        tell_no_job(d, &inquiry->ask);
        return;
    }
    text_init(&json, ANSWER_BYTES_MAX);
    writing_open(&json, NULL, '{');
    writing_number(&json, "version", 1);
    writing_time(&json, "now", inquiry->now, zone_of(d, inquiry->ask.job));
    writing_string(&json, "timezone", zone_name(zone_of(d, inquiry->ask.job)));
    put_rows(d, dossier, &json);
    text_putc(&json, '}');
    tell(d, inquiry->ask.id, 200, &json, 0);
}

/* ---- one run ---- */

static void put_attempt(const struct recent_attempt *attempt,
                        const struct zone *zone, struct text *json)
{
    writing_open(json, NULL, '{');
    writing_number(json, "attempt", attempt->number);
    writing_time(json, "started", attempt->began, zone);
    writing_time(json, "at", attempt->at, zone);
    writing_number(json, "took_ms", attempt->at.ms - attempt->began.ms);
    if (attempt->status)
        writing_number(json, "status", attempt->status);
    else
        writing_null(json, "status");
    writing_number(json, "pause_ms", attempt->pause_ms);
    writing_word(json, "error", attempt->error);
    text_putc(json, '}');
}

/* What the store does not know: when the attempts of a run began, and how those
 * before the last one went. */
static void put_attempts(const struct daemon *d, const char *job,
                         struct run_key key, struct text *json)
{
    const struct recent_job *recent = recent_of(d->recent, job);
    bool known = recent_attempts_are(recent, key);
    const struct zone *zone = zone_of(d, job);
    writing_time(json, "attempt_started",
                 known ? recent->attempt_began : (struct wall){ EVER_MS },
                 zone);
    writing_open(json, "failed_attempts", '[');
    for (uint32_t i = 0; known && i < recent->attempt_count; i++)
        put_attempt(&recent->attempts[i], zone, json);
    text_putc(json, ']');
}

static void tell_run(const struct inquiry *inquiry,
                     const struct dossier *dossier)
{
    struct daemon *d = inquiry->d;
    const struct run_key *key = &inquiry->ask.key;
    const struct history_row *row = NULL;
    for (size_t i = 0; i < dossier->row_count && !row; i++)
        if (dossier->rows[i].count == 0 &&
            dossier->rows[i].manual == key->manual)
            row = &dossier->rows[i];
    if (!row) {
        inquiry_refuse(d, inquiry->ask.id, 404, "there is no such run");
        return;
    }
    struct text json;
    text_init(&json, ANSWER_BYTES_MAX);
    writing_open(&json, NULL, '{');
    writing_number(&json, "version", 1);
    writing_time(&json, "now", inquiry->now, zone_of(d, row->job));
    put_row(d, row, &json);
    put_attempts(d, row->job, *key, &json);
    text_putc(&json, '}');
    tell(d, inquiry->ask.id, 200, &json, 0);
}

/* ---- why ---- */

/* What the core says of job `index`, which is scheduled. */
static void add_lane(const struct daemon *d, uint32_t index, struct wall now,
                     struct why_case *c)
{
    c->lane = core_lane(d->core, index);
    c->circuit = core_circuit(d->core, index);
    c->next = core_next_slot(d->core, index);
    if (c->lane.going || c->lane.queued)
        c->blocker = blocker_of(d->core, d->recent, index, now);
}

/* What the core says of the worker, and the dossier of the job. */
static struct why_case case_of(const struct inquiry *inquiry,
                               const struct job *job,
                               const struct core_status *status,
                               const struct dossier *dossier)
{
    const struct daemon *d = inquiry->d;
    return (struct why_case){
        .job = job,
        .zone = zone_of(d, job->name),
        .at = inquiry->ask.at,
        .now = inquiry->now,
        .told_at = clock_now(&d->clock).wall,
        .environment = status_environment(status, d->config->node_env),
        .primary = d->config->primary,
        .stopping = status->stopping,
        .store_ill = !status->store_well,
        .lane = { .started = { EVER_MS },
                  .paused_until = { EVER_MS },
                  .unwritten = { EVER_MS } },
        .recent = recent_of(d->recent, job->name),
        .owner = owner_of(d),
        .generation = status->generation,
        .in_force_since = status->in_force_since,
        .keep_days = d->config->keep_days,
        .dossier = dossier,
    };
}

/* The schedule in force does not have it; the journal may. */
static void tell_gone(const struct inquiry *inquiry,
                      const struct dossier *dossier)
{
    const struct core_status status = core_status(inquiry->d->core);
    const struct job gone = { .name = inquiry->ask.job };
    struct text json;
    if (!status.set || !dossier ||
        !(dossier->row_count || dossier->off_count)) {
        tell_no_job(inquiry->d, &inquiry->ask);
        return;
    }
    const struct why_case c = case_of(inquiry, &gone, &status, dossier);
    text_init(&json, ANSWER_BYTES_MAX);
    why_tell_gone(&c, &json);
    tell(inquiry->d, inquiry->ask.id, 200, &json, 0);
}

static void tell_why(const struct inquiry *inquiry,
                     const struct dossier *dossier, const char *failure)
{
    struct daemon *d = inquiry->d;
    struct core_status status = core_status(d->core);
    const struct job *job = job_of(d, inquiry->ask.job);
    if (!job) {
        tell_gone(inquiry, dossier);
        return;
    }
    struct why_case c = case_of(inquiry, job, &status, dossier);
    c.failure = failure;
    if (job->standing == STANDING_SCHEDULED)
        add_lane(d, jobset_index(status.set, job), inquiry->now, &c);
    struct text json;
    text_init(&json, ANSWER_BYTES_MAX);
    why_tell(&c, &json);
    tell(d, inquiry->ask.id, 200, &json, 0);
}

/* ---- by way of the store ---- */

/* A few milliseconds' worth of rows, then what is written meanwhile has its
 * turn. */
static enum question_step on_asked(struct store *store, struct wall now,
                                   void *question, struct error *reterr)
{
    struct inquiry *inquiry = question;
    if (inquiry->ask.kind == ASK_STATUS)
        return QUESTION_ANSWERED; /* it waited its turn */
    switch (dossier_read(inquiry->dossier, store, reterr)) {
    case HISTORY_GOES_ON:
        return QUESTION_GOES_ON;
    case HISTORY_FAILED:
        return QUESTION_FAILED;
    case HISTORY_OVER:
        break;
    }
    if (inquiry->ask.kind == ASK_WHY && dossier_look_back(inquiry->dossier))
        return QUESTION_GOES_ON;
    if (inquiry->ask.kind == ASK_WHY) {
        dossier_add_pause(inquiry->dossier, store, inquiry->ask.job);
        dossier_add_offs(inquiry->dossier, store, inquiry->ask.job);
        dossier_add_lives(inquiry->dossier, store, now);
    }
    if (inquiry->ask.kind == ASK_RUNS && *inquiry->ask.job &&
        !inquiry->dossier->row_count)
        dossier_add_known(inquiry->dossier, store, inquiry->ask.job);
    return QUESTION_ANSWERED;
}

static bool is_of_before(const struct inquiry *inquiry)
{
    return inquiry->generation != core_status(inquiry->d->core).generation;
}

static void inquiry_free(struct inquiry *inquiry)
{
    dossier_free(inquiry->dossier);
    free(inquiry);
}

static void take_question(struct daemon *d, const struct ask *ask);

static void on_told(void *question, const char *failure)
{
    struct inquiry *inquiry = question;
    if (inquiry->ask.kind == ASK_STATUS)
        tell_status(inquiry->d, &inquiry->ask);
    else if (inquiry->ask.kind == ASK_WHY && is_of_before(inquiry))
        take_question(inquiry->d, &inquiry->ask);
    else if (inquiry->ask.kind == ASK_WHY)
        tell_why(inquiry, failure ? NULL : inquiry->dossier, failure);
    else if (failure)
        inquiry_refuse(inquiry->d, inquiry->ask.id, 503, failure);
    else if (inquiry->ask.kind == ASK_RUN)
        tell_run(inquiry, inquiry->dossier);
    else
        tell_runs(inquiry, inquiry->dossier);
    inquiry_free(inquiry);
}

static struct history_query query_of(const struct inquiry *inquiry)
{
    const struct ask *ask = &inquiry->ask;
    struct history_query query = { .job = *ask->job ? ask->job : NULL };
    switch (ask->kind) {
    case ASK_RUNS:
        query.from = ask->runs.from;
        query.to = ask->runs.to;
        query.verdicts = ask->runs.verdicts;
        query.limit = ask->runs.limit;
        break;
    case ASK_RUN:
        query.from = query.to = ask->key.slot;
        query.limit = 8; /* by hand, by schedule, and what was missed first */
        break;
    default: /* the slots of the minute, and what came before */
        query.from = (struct wall){ EVER_MS };
        query.to = (struct wall){ ask->at.ms + WHY_MINUTE_MS };
        query.limit = WHY_ROWS_MAX;
        break;
    }
    return query;
}

/* By the schedule of now; where another one comes meanwhile it is asked again.
 */
static void want_slots(struct inquiry *inquiry)
{
    const struct job *job = job_of(inquiry->d, inquiry->ask.job);
    struct wall slots[WHY_SLOTS_MAX];
    size_t count = job ? why_slots(&job->schedule, inquiry->ask.at, slots) : 0;
    inquiry->generation = core_status(inquiry->d->core).generation;
    for (size_t i = 0; i < count; i++)
        dossier_want(inquiry->dossier, slots[i]);
}

/* Pointers of the query lead into the inquiry itself. */
static void take_question(struct daemon *d, const struct ask *ask)
{
    struct journal *journal = d->records ? records_journal(d->records) : NULL;
    struct inquiry *inquiry = memory_new(sizeof *inquiry);
    inquiry->d = d;
    inquiry->ask = *ask;
    inquiry->now = clock_now(&d->clock).wall;
    if (ask->kind == ASK_WHY && ask->at.ms == NEVER_MS)
        inquiry->ask.at = inquiry->now;
    const struct history_query query = query_of(inquiry);
    inquiry->dossier = dossier_new(&query);
    if (ask->kind == ASK_WHY)
        want_slots(inquiry);
    if (journal) {
        journal_ask(journal, on_asked, on_told, inquiry);
        return;
    }
    inquiry_refuse(d, ask->id, 503, "the worker is stopping");
    inquiry_free(inquiry);
}

static bool asks_for_no_job(const struct daemon *d, const struct ask *ask)
{
    return ask->kind == ASK_PLAN && *ask->job && set_of(d) &&
           !job_of(d, ask->job);
}

void inquiry_take(struct daemon *d, const struct ask *ask)
{
    /* Right after a start the status is told when the store has been heard. */
    if (ask->kind == ASK_STATUS && !d->remembering)
        tell_status(d, ask);
    else if (ask->kind == ASK_METRICS)
        scrape_take(d, ask);
    else if (asks_for_no_job(d, ask))
        tell_no_job(d, ask);
    else if (ask->kind == ASK_PLAN)
        outlook_take(d, ask);
    else
        take_question(d, ask);
}
