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
    FACT_PAUSES,    /* of this hand, with its reason */
    FACT_SINCE,     /* when the job's pause began */
    FACT_PASSED,    /* slots of the job that a pause passed over */
    FACT_MANUAL,    /* runs by this hand */
    FACT_MANUAL_AT, /* the slot of one of them */
    FACT_OPEN,      /* of them, without a verdict */
    FACT_NOT_RUN,   /* of them, skipped or missed */
    FACT_STRANGE,   /* runs of the job by nobody's hand */
    FACT_TAKEN_ON,  /* slots that were backfilled */
    FACT_WAIT,      /* of them, whose turn has not come */
    FACT_CANCELLED, /* of them, taken back */
    FACTS
};

/* ?1 the job, ?2 the hand, ?3 and ?4 from and to, ?5 the reason; the rest are
 * words of verdict.h */
static const char *const facts[FACTS] = {
    [FACT_PAUSES] =
        "SELECT count(*) FROM pause" OF_JOB " AND who = ?2 AND reason = ?5",
    [FACT_SINCE] = "SELECT since_ms FROM pause" OF_JOB,
    [FACT_PASSED] =
        "SELECT sum(slots) FROM run" OF_JOB " AND kind = 2 AND why = ?7",
    [FACT_MANUAL] =
        "SELECT count(*) FROM run" OF_JOB " AND kind = 1 AND who = ?2",
    [FACT_MANUAL_AT] =
        "SELECT slot_ms FROM run" OF_JOB " AND kind = 1 AND who = ?2",
    [FACT_OPEN] = "SELECT count(*) FROM run" OF_JOB
                  " AND kind = 1 AND who = ?2 AND ended_ms IS NULL",
    [FACT_NOT_RUN] =
        "SELECT count(*) FROM run" OF_JOB
        " AND kind = 1 AND who = ?2 AND ended_ms IS NOT NULL AND verdict > ?9",
    [FACT_STRANGE] =
        "SELECT count(*) FROM run" OF_JOB " AND kind = 1 AND who <> ?2",
    [FACT_TAKEN_ON] = "SELECT count(*) " BACKFILLED,
    [FACT_WAIT] =
        "SELECT count(*) " BACKFILLED " AND ended_ms IS NULL AND NOT claimed",
    [FACT_CANCELLED] =
        "SELECT count(*) " BACKFILLED " AND ended_ms IS NOT NULL AND why = ?8",
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

static const char *const demands[] = {
    [DEMAND_PAUSE] = "pause",     [DEMAND_RESUME] = "resume",
    [DEMAND_TRIGGER] = "trigger", [DEMAND_BACKFILL] = "backfill",
    [DEMAND_CANCEL] = "cancel",
};
static const char *const answers[] = {
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
                   demands[order->demand], order->job, order->by,
                   answers[order->answer], what, number);
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
                     demands[order->demand], order->job, order->by);
    else if (there > all)
        wrong(audit, &findings->doubled, order, "it is there twice", there);
    else if (there > 0 && there < all)
        wrong(audit, &findings->unsound, order, "half of it is there", there);
}

/* ---- each demand ---- */

/* The next order for the same job, or NULL. */
static const struct order *order_after(const struct orders *orders,
                                       const struct order *order,
                                       enum demand demand)
{
    const struct order *end = orders->list + orders->count;
    for (const struct order *at = order + 1; at < end; at++)
        if (at->demand == demand && !strcmp(at->job, order->job))
            return at;
    return NULL;
}

/* Slots of a pause that goes on are nobody's yet. */
static void look_quiet(struct audit *audit, const struct order *order)
{
    int64_t since_ms = ask(audit, FACT_SINCE, order);
    size_t i;
    json_t *call;
    json_array_foreach(audit->calls, i, call)
    {
        const char *job = json_string_value(json_object_get(call, "job"));
        const char *slot =
            json_string_value(json_object_get(call, "scheduledTime"));
        struct wall at;
        if (job && slot && !strcmp(job, order->job) &&
            rfc3339_parse(slot, strlen(slot), &at) && at.ms > since_ms)
            wrong(audit, &audit->findings->lost, order, "its job was run since",
                  at.ms);
    }
}

static void look_at_pause(struct audit *audit, const struct order *order)
{
    const struct order *resume =
        order_after(audit->orders, order, DEMAND_RESUME);
    bool stays = !resume || resume->answer == ANSWER_REFUSED;
    int64_t there = ask(audit, FACT_PAUSES, order);
    if (stays)
        look_whole(audit, order, there, 1);
    else if (resume->answer == ANSWER_DONE && there > 0)
        wrong(audit, &audit->findings->lost, resume, "the job is paused still",
              there);
    if (stays && there > 0)
        look_quiet(audit, order);
}

static void look_at_resume(struct audit *audit, const struct order *order)
{
    int64_t passed = ask(audit, FACT_PASSED, order);
    if (order->answer == ANSWER_DONE && order->said >= 0 &&
        passed != order->said)
        wrong(audit, &audit->findings->lost, order,
              "so many slots were not told as missed", passed);
}

static void look_at_trigger(struct audit *audit, const struct order *order)
{
    struct findings *findings = audit->findings;
    look_whole(audit, order, ask(audit, FACT_MANUAL, order), 1);
    int64_t at_ms = ask(audit, FACT_MANUAL_AT, order);
    int64_t open = ask(audit, FACT_OPEN, order);
    int64_t not_run = ask(audit, FACT_NOT_RUN, order);
    int64_t strange = ask(audit, FACT_STRANGE, order);
    if (order->said >= 0 && at_ms >= 0 && order->said != at_ms)
        wrong(audit, &findings->doubled, order, "it has another key", at_ms);
    if (order->answer == ANSWER_DONE && open > 0)
        wrong(audit, &findings->lost, order, "it has no verdict", open);
    if (not_run > 0)
        wrong(audit, &findings->lost, order, "it was not run", not_run);
    if (strange > 0)
        wrong(audit, &findings->doubled, order, "nobody ordered others",
              strange);
}

static void look_at_backfill(struct audit *audit, const struct order *order)
{
    struct findings *findings = audit->findings;
    const struct order *cancel =
        order_after(audit->orders, order, DEMAND_CANCEL);
    look_whole(audit, order, ask(audit, FACT_TAKEN_ON, order), order->slots);
    if (order->said >= 0 && order->said != order->slots)
        wrong(audit, &findings->unsound, order, "it came to so many slots",
              order->said);
    int64_t cancelled = ask(audit, FACT_CANCELLED, order);
    int64_t wait = ask(audit, FACT_WAIT, order);
    if (!cancel) {
        if (cancelled > 0)
            wrong(audit, &findings->lost, order, "it was taken back",
                  cancelled);
        return;
    }
    if (cancel->answer == ANSWER_REFUSED && cancelled > 0)
        wrong(audit, &findings->unsound, cancel, "it was done", cancelled);
    if (cancel->said >= 0 && cancelled != cancel->said)
        wrong(audit, &findings->lost, cancel, "so many are cancelled",
              cancelled);
    if (wait > 0 && (cancelled > 0 || cancel->answer == ANSWER_DONE))
        wrong(audit, &findings->lost, cancel, "so many wait still", wait);
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
        [DEMAND_CANCEL] = NULL, /* with its backfill */
    };
    struct audit audit = { orders, calls, NULL, findings };
    char path[4096];
    if (!orders->count)
        return;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (sqlite3_open_v2(path, &audit.db, SQLITE_OPEN_READONLY, NULL))
        findings_add(findings, "the journal: %s", sqlite3_errmsg(audit.db));
    for (size_t i = 0; i < orders->count; i++)
        if (look_at[orders->list[i].demand])
            look_at[orders->list[i].demand](&audit, &orders->list[i]);
    sqlite3_close(audit.db);
}
