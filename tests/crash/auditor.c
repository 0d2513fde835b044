/* The auditor asks the journal for each order how much of it is there. */
#include "auditor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "mooncron/civil.h"
#include "mooncron/verdict.h"

struct audit {
    const struct orders *orders;
    const json_t *calls;
    sqlite3 *db;
    struct findings *findings;
};

/* ---- what is there ---- */

#define OF_JOB " JOIN job ON job.id = job WHERE job.name = ?1"
#define BACKFILLED                                                             \
    "FROM run" OF_JOB " AND kind = 0 AND trigger = ?6"                         \
    " AND slot_ms BETWEEN ?3 AND ?4"

enum fact {
    FACT_PAUSED,     /* whether the job is */
    FACT_PAUSES,     /* of this hand, with its reason */
    FACT_SINCE,      /* when the pause of this hand began */
    FACT_PASSED,     /* slots of the job that pauses passed over */
    FACT_MANUAL,     /* runs by this hand */
    FACT_MANUAL_ALL, /* of the job, by any */
    FACT_MANUAL_AT,  /* the slot of one by this hand */
    FACT_OPEN,       /* of them, without a verdict */
    FACT_NOT_RUN,    /* of them, skipped or missed */
    FACT_TAKEN_ON,   /* slots that were backfilled */
    FACT_WAIT,       /* of them, whose turn has not come */
    FACT_CANCELLED,  /* of them, taken back */
    FACT_TAKEN_BACK, /* slots of the job that were, by this hand */
    FACTS
};

/* ?1 the job, ?2 the hand, ?3 and ?4 from and to, ?5 the reason; the rest are
 * words of verdict.h */
static const char *const facts[FACTS] = {
    [FACT_PAUSED] = "SELECT count(*) FROM pause" OF_JOB,
    [FACT_PAUSES] =
        "SELECT count(*) FROM pause" OF_JOB " AND who = ?2 AND reason = ?5",
    [FACT_SINCE] = "SELECT since_ms FROM pause" OF_JOB " AND who = ?2",
    [FACT_PASSED] =
        "SELECT sum(slots) FROM run" OF_JOB " AND kind = 2 AND why = ?7",
    [FACT_MANUAL] =
        "SELECT count(*) FROM run" OF_JOB " AND kind = 1 AND who = ?2",
    [FACT_MANUAL_ALL] = "SELECT count(*) FROM run" OF_JOB " AND kind = 1",
    [FACT_MANUAL_AT] =
        "SELECT slot_ms FROM run" OF_JOB " AND kind = 1 AND who = ?2",
    [FACT_OPEN] = "SELECT count(*) FROM run" OF_JOB
                  " AND kind = 1 AND who = ?2 AND ended_ms IS NULL",
    [FACT_NOT_RUN] =
        "SELECT count(*) FROM run" OF_JOB
        " AND kind = 1 AND who = ?2 AND ended_ms IS NOT NULL AND verdict > ?9",
    [FACT_TAKEN_ON] = "SELECT count(*) " BACKFILLED,
    [FACT_WAIT] =
        "SELECT count(*) " BACKFILLED " AND ended_ms IS NULL AND NOT claimed",
    [FACT_CANCELLED] =
        "SELECT count(*) " BACKFILLED " AND ended_ms IS NOT NULL AND why = ?8",
    [FACT_TAKEN_BACK] = "SELECT count(*) FROM run" OF_JOB
                        " AND kind = 0 AND why = ?8 AND error = ?5",
};

/* -1 where there is no row. */
static int64_t ask(struct audit *audit, enum fact fact,
                   const struct order *order)
{
    sqlite3_stmt *at = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(audit->db, facts[fact], -1, &at, NULL)) {
        findings_add(audit->findings, "the journal: %s",
                     sqlite3_errmsg(audit->db));
        return -1;
    }
    sqlite3_bind_text(at, 1, order->job, -1, SQLITE_STATIC);
    sqlite3_bind_text(at, 2, order->by, -1, SQLITE_STATIC);
    sqlite3_bind_int64(at, 3, order->from_ms);
    sqlite3_bind_int64(at, 4, order->to_ms);
    sqlite3_bind_text(at, 5, order->reason, -1, SQLITE_STATIC);
    sqlite3_bind_int(at, 6, TRIGGER_BACKFILL);
    sqlite3_bind_int(at, 7, WHY_PAUSED);
    sqlite3_bind_int(at, 8, WHY_CANCELLED);
    sqlite3_bind_int(at, 9, VERDICT_UNKNOWN);
    if (sqlite3_step(at) == SQLITE_ROW)
        number = sqlite3_column_int64(at, 0);
    sqlite3_finalize(at);
    return number;
}

/* ---- what is wrong ---- */

static const char *const demand_names[] = {
    [DEMAND_PAUSE] = "pause",     [DEMAND_RESUME] = "resume",
    [DEMAND_TRIGGER] = "trigger", [DEMAND_BACKFILL] = "backfill",
    [DEMAND_CANCEL] = "cancel",
};
static const char *const answer_names[] = {
    [ANSWER_NONE] = "not answered",
    [ANSWER_REFUSED] = "refused",
    [ANSWER_UNSETTLED] = "not settled",
    [ANSWER_DONE] = "acknowledged",
};

static void wrong(struct audit *audit, unsigned *counter,
                  const struct order *order, const char *what, int64_t number)
{
    findings_count(audit->findings, counter,
                   "%s of %s by %s was %s: %s (%" PRId64 ")",
                   demand_names[order->demand], order->job, order->by,
                   answer_names[order->answer], what, number);
}

/* Of `all` that the order comes to, `there` are there. */
static void look_whole(struct audit *audit, const struct order *order,
                       int64_t there, int64_t all)
{
    struct findings *findings = audit->findings;
    if (order->answer == ANSWER_DONE && there < all)
        wrong(audit, &findings->lost, order, "it is not there", there);
    else if (order->answer == ANSWER_REFUSED && there > 0)
        findings_add(findings, "%s of %s by %s was refused, and is there",
                     demand_names[order->demand], order->job, order->by);
    else if (there > all)
        wrong(audit, &findings->doubled, order, "it is there twice", there);
    else if (there > 0 && there < all)
        wrong(audit, &findings->unsound, order, "half of it is there", there);
}

/* ---- one order and another ---- */

#define BIT(number) (1u << (number))
#define PERHAPS     (BIT(ANSWER_NONE) | BIT(ANSWER_UNSETTLED))
#define CERTAINLY   BIT(ANSWER_DONE)
#define EITHER      (PERHAPS | CERTAINLY)

/* The next order for the same job, of these demands and with these answers (of
 * both, as bits), or NULL. */
static const struct order *order_after(const struct orders *orders,
                                       const struct order *order,
                                       unsigned demands, unsigned answers)
{
    const struct order *end = orders->list + orders->count;
    for (const struct order *at = order + 1; at < end; at++)
        if (BIT(at->demand) & demands && BIT(at->answer) & answers &&
            !strcmp(at->job, order->job))
            return at;
    return NULL;
}

static bool is_last_of_job(const struct orders *orders,
                           const struct order *order)
{
    return !order_after(orders, order, BIT(order->demand), ~0u);
}

/* ---- pauses ---- */

/* By the journal, where it has the pause still; else when its hand knew of it,
 * which was later. */
static int64_t pause_since(struct audit *audit, const struct order *order)
{
    int64_t since_ms = ask(audit, FACT_SINCE, order);
    return since_ms < 0 ? order->known_ms : since_ms;
}

static bool is_slot_after(const json_t *call, const char *job, int64_t since_ms)
{
    const char *name = json_string_value(json_object_get(call, "job"));
    const char *slot =
        json_string_value(json_object_get(call, "scheduledTime"));
    struct wall at;
    return name && slot && !strcmp(name, job) &&
           rfc3339_parse(slot, strlen(slot), &at) && at.ms > since_ms;
}

/* Slots of a pause are nobody's until somebody wants the job to go on. */
static void look_quiet(struct audit *audit, const struct order *order)
{
    const struct order *resume =
        order_after(audit->orders, order, BIT(DEMAND_RESUME), EITHER);
    int64_t since_ms = pause_since(audit, order), run = 0;
    size_t i;
    json_t *call;
    json_array_foreach(audit->calls, i, call)
    {
        int64_t seq = json_integer_value(json_object_get(call, "seq"));
        run += is_slot_after(call, order->job, since_ms) &&
               (!resume || seq <= resume->seq);
    }
    if (run > 0)
        wrong(audit, &audit->findings->lost, order,
              "so many slots of its job were run since", run);
}

/* The job's pause is of the newest order that was acknowledged, or of one
 * behind it that perhaps was carried out. */
static void look_at_pause(struct audit *audit, const struct order *order)
{
    const struct orders *orders = audit->orders;
    unsigned both = BIT(DEMAND_PAUSE) | BIT(DEMAND_RESUME);
    const struct order *next = order_after(orders, order, both, CERTAINLY);
    bool resumed =
        order_after(orders, order, BIT(DEMAND_RESUME), PERHAPS) != NULL;
    bool replaced =
        order_after(orders, order, BIT(DEMAND_PAUSE), PERHAPS) != NULL;
    int64_t there = ask(audit, FACT_PAUSES, order);
    if (next && there > 0)
        wrong(audit, &audit->findings->lost, next,
              "the pause before it is there still", there);
    else if (!next && !resumed && !replaced)
        look_whole(audit, order, there, 1);
    else if (!next && !resumed && order->answer == ANSWER_DONE &&
             ask(audit, FACT_PAUSED, order) < 1)
        wrong(audit, &audit->findings->lost, order, "the job is not paused",
              there);
    if (order->answer == ANSWER_DONE)
        look_quiet(audit, order);
}

/* What all resumes of a job have said is there; and no more, where each has
 * said something. The last one is asked. */
static void look_at_resume(struct audit *audit, const struct order *order)
{
    int64_t said = 0, passed = ask(audit, FACT_PASSED, order);
    bool all = true;
    if (!is_last_of_job(audit->orders, order))
        return;
    for (const struct order *at = audit->orders->list; at <= order; at++) {
        if (at->demand != DEMAND_RESUME || strcmp(at->job, order->job))
            continue;
        said += at->said > 0 ? at->said : 0;
        all = all && (at->said >= 0 || at->answer == ANSWER_REFUSED);
    }
    if (passed < said || (all && passed > said))
        wrong(audit, &audit->findings->lost, order,
              "not so many slots were told as missed", passed);
}

/* ---- runs ---- */

/* All runs by hand of a job are somebody's. The last order is asked. */
static void look_for_strangers(struct audit *audit, const struct order *order)
{
    int64_t strange = ask(audit, FACT_MANUAL_ALL, order);
    if (!is_last_of_job(audit->orders, order))
        return;
    for (const struct order *at = audit->orders->list; at <= order; at++)
        if (at->demand == DEMAND_TRIGGER && !strcmp(at->job, order->job))
            strange -= ask(audit, FACT_MANUAL, at);
    if (strange > 0)
        wrong(audit, &audit->findings->doubled, order, "nobody ordered others",
              strange);
}

static void look_at_trigger(struct audit *audit, const struct order *order)
{
    struct findings *findings = audit->findings;
    look_whole(audit, order, ask(audit, FACT_MANUAL, order), 1);
    look_for_strangers(audit, order);
    int64_t at_ms = ask(audit, FACT_MANUAL_AT, order);
    int64_t open = ask(audit, FACT_OPEN, order);
    int64_t not_run = ask(audit, FACT_NOT_RUN, order);
    if (order->said >= 0 && at_ms >= 0 && order->said != at_ms)
        wrong(audit, &findings->doubled, order, "it has another key", at_ms);
    if (order->answer == ANSWER_DONE && open > 0)
        wrong(audit, &findings->lost, order, "it has no verdict", open);
    if (not_run > 0)
        wrong(audit, &findings->lost, order, "it was not run", not_run);
}

static void look_at_backfill(struct audit *audit, const struct order *order)
{
    struct findings *findings = audit->findings;
    const struct order *done =
        order_after(audit->orders, order, BIT(DEMAND_CANCEL), CERTAINLY);
    const struct order *cancel =
        order_after(audit->orders, order, BIT(DEMAND_CANCEL), ~0u);
    look_whole(audit, order, ask(audit, FACT_TAKEN_ON, order), order->slots);
    if (order->said >= 0 && order->said != order->slots)
        wrong(audit, &findings->unsound, order, "it came to so many slots",
              order->said);
    int64_t cancelled = ask(audit, FACT_CANCELLED, order);
    int64_t wait = ask(audit, FACT_WAIT, order);
    if (!cancel && cancelled > 0)
        wrong(audit, &findings->lost, order, "it was taken back", cancelled);
    if (cancel && wait > 0 && (cancelled > 0 || done))
        wrong(audit, &findings->lost, done ? done : cancel,
              "so many wait still", wait);
}

static void look_at_cancel(struct audit *audit, const struct order *order)
{
    int64_t there = ask(audit, FACT_TAKEN_BACK, order);
    if (order->answer == ANSWER_REFUSED && there > 0)
        wrong(audit, &audit->findings->unsound, order, "it was done", there);
    if (order->said >= 0 && order->said != there)
        wrong(audit, &audit->findings->lost, order, "so many are cancelled",
              there);
}

void auditor_look(const struct orders *orders, const json_t *calls,
                  const char *folder, struct findings *findings)
{
    static void (*const look_at[])(struct audit * audit,
                                   const struct order *order) = {
        [DEMAND_PAUSE] = look_at_pause,
        [DEMAND_RESUME] = look_at_resume,
        [DEMAND_TRIGGER] = look_at_trigger,
        [DEMAND_BACKFILL] = look_at_backfill,
        [DEMAND_CANCEL] = look_at_cancel,
    };
    struct audit audit = { orders, calls, NULL, findings };
    char path[4096];
    if (!orders->count)
        return;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (sqlite3_open_v2(path, &audit.db, SQLITE_OPEN_READONLY, NULL))
        findings_add(findings, "the journal: %s", sqlite3_errmsg(audit.db));
    for (size_t i = 0; i < orders->count; i++)
        look_at[orders->list[i].demand](&audit, &orders->list[i]);
    sqlite3_close(audit.db);
}
