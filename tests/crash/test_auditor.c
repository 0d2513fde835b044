/* The auditor finds what is wrong, and nothing where all is well. */
#include "auditor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "mooncron/civil.h"
#include "mooncron/schedule.h"
#include "mooncron/store.h"
#include "scratch.h"

#define T0    INT64_C(1764000000000)
#define AT(s) (T0 + (s)*1000)
#define SLOTS 4 /* of a backfill */

/* ---- what was ordered ---- */

enum {
    HELD,
    FREED,
    FREE,
    BY_HAND,
    KEPT,
    LEFT,
    TAKEN_BACK,
    /* and more than one for the same job */
    FIRST_HELD,
    FIRST_FREE,
    THEN_HELD,
    FIRST_BY_HAND,
    THEN_BY_HAND,
    THEN_KEPT,
    ORDERED
};

#define BACKFILL(name, hand, older)                                            \
    {                                                                          \
        .demand = DEMAND_BACKFILL, .job = name, .by = hand,                    \
        .from_ms = T0 - (SLOTS + (older)) * HOUR_MS,                           \
        .to_ms = T0 - (1 + (older)) * HOUR_MS, .slots = SLOTS,                 \
        .answer = ANSWER_DONE, .said = SLOTS                                   \
    }
#define ORDER(what, name, hand, why, says)                                     \
    {                                                                          \
        .demand = what, .job = name, .by = hand, .reason = why,                \
        .answer = ANSWER_DONE, .said = says, .seq = 8                          \
    }
#define PAUSE(name, hand, why, known)                                          \
    {                                                                          \
        .demand = DEMAND_PAUSE, .job = name, .by = hand, .reason = why,        \
        .answer = ANSWER_DONE, .said = -1, .known_ms = known                   \
    }

/* The first pause of "twice" ended when the backend had had 8 calls. */
static const struct orders usual = {
    .list = {
        [HELD] = PAUSE("held", "a", "why", AT(3)),
        [FREED] = PAUSE("freed", "b", "why", AT(3)),
        [FREE] = ORDER(DEMAND_RESUME, "freed", "c", "", 3),
        [BY_HAND] = ORDER(DEMAND_TRIGGER, "m", "d", "", T0 + 5),
        [KEPT] = BACKFILL("kept", "e", 0),
        [LEFT] = BACKFILL("left", "f", 0),
        [TAKEN_BACK] = ORDER(DEMAND_CANCEL, "left", "g", "no", SLOTS),
        [FIRST_HELD] = PAUSE("twice", "h", "one", AT(3)),
        [FIRST_FREE] = ORDER(DEMAND_RESUME, "twice", "i", "", 2),
        [THEN_HELD] = PAUSE("twice", "j", "two", AT(5)),
        [FIRST_BY_HAND] = ORDER(DEMAND_TRIGGER, "m2", "k", "", T0 + 1),
        [THEN_BY_HAND] = ORDER(DEMAND_TRIGGER, "m2", "l", "", T0 + 2),
        [THEN_KEPT] = BACKFILL("left", "n", SLOTS),
    },
    .count = ORDERED,
};

/* ---- what is there ---- */

static struct entry entry_of(enum entry_kind kind, const char *job,
                             int64_t slot_ms)
{
    const struct wall at = { slot_ms };
    return (struct entry){ .kind = kind,
                           .job = job,
                           .at = at,
                           .cursor = { EVER_MS },
                           .slot = at,
                           .last = at,
                           .count = 1,
                           .attempt = 1,
                           .epoch = 1 };
}

static size_t add_pauses(struct entry *entries)
{
    entries[0] = entry_of(ENTRY_PAUSE, "held", AT(2));
    entries[0].last.ms = AT(3600);
    entries[0].by = "a";
    entries[0].error = "why";
    entries[1] = entry_of(ENTRY_PASS, "freed", AT(2));
    entries[1].last.ms = AT(4);
    entries[1].count = 3;
    entries[1].verdict = VERDICT_MISSED;
    entries[1].why = WHY_PAUSED;
    return 2;
}

/* One that has gone on, and another. */
static size_t add_pauses_in_a_row(struct entry *entries)
{
    entries[0] = entry_of(ENTRY_PASS, "twice", AT(2));
    entries[0].last.ms = AT(3);
    entries[0].count = 2;
    entries[0].verdict = VERDICT_MISSED;
    entries[0].why = WHY_PAUSED;
    entries[1] = entry_of(ENTRY_PAUSE, "twice", AT(4));
    entries[1].last.ms = AT(3600);
    entries[1].by = "j";
    entries[1].error = "two";
    return 2;
}

static size_t add_manual(struct entry *entries, const char *job,
                         int64_t slot_ms, const char *by)
{
    for (int i = 0; i < 2; i++) {
        entries[i] = entry_of(i ? ENTRY_FINISH : ENTRY_CLAIM, job, slot_ms);
        entries[i].trigger = TRIGGER_MANUAL;
        entries[i].manual = true;
        entries[i].by = by;
    }
    return 2;
}

static size_t add_backfills(struct entry *entries)
{
    size_t count = 0;
    for (int slot = 1; slot <= SLOTS; slot++) {
        int64_t slot_ms = T0 - slot * HOUR_MS;
        entries[count] = entry_of(ENTRY_WAIT, "kept", slot_ms);
        entries[count++].trigger = TRIGGER_BACKFILL;
        entries[count] = entry_of(ENTRY_WAIT, "left", slot_ms);
        entries[count++].trigger = TRIGGER_BACKFILL;
        entries[count] = entry_of(ENTRY_FINISH, "left", slot_ms);
        entries[count].verdict = VERDICT_SKIPPED;
        entries[count].error = "no";
        entries[count++].why = WHY_CANCELLED;
        entries[count] =
            entry_of(ENTRY_WAIT, "left", slot_ms - SLOTS * HOUR_MS);
        entries[count++].trigger = TRIGGER_BACKFILL;
    }
    return count;
}

static void write_journal(const char *folder)
{
    char path[SCRATCH_MAX + 32];
    struct error note, error;
    struct entry entries[48];
    enum entry_outcome outcomes[48];
    size_t count = add_pauses(entries);
    count += add_pauses_in_a_row(entries + count);
    count += add_manual(entries + count, "m", T0 + 5, "d");
    count += add_manual(entries + count, "m2", T0 + 1, "k");
    count += add_manual(entries + count, "m2", T0 + 2, "l");
    count += add_backfills(entries + count);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    struct store *store =
        store_open_sqlite(path, "first", (struct wall){ T0 }, &note, &error);
    assert_non_null(store);
    assert_true(store_write(store, entries, count, outcomes, &error));
    store_close(store, (struct wall){ AT(9) });
}

/* ---- what is done to it ---- */

#define OF(job) " WHERE job = (SELECT id FROM job WHERE name = '" job "')"
#define ONE     " AND slot_ms = 1763996400000" /* the newest of a backfill */
#define COPY                                                                   \
    "CREATE TEMP TABLE copy AS SELECT * FROM run" OF(                          \
        "m") ";"                                                               \
             "UPDATE copy SET slot_ms = slot_ms + 1;"                          \
             "INSERT INTO run SELECT * FROM copy"
#define PAUSED(job, by, why)                                                   \
    "REPLACE INTO pause SELECT id, 1764000002000, 1764003602000, '" by         \
    "', '" why "' FROM job WHERE name = '" job "'"
#define PAUSED_STILL    PAUSED("freed", "b", "why")
#define NOT_PAUSED(job) "DELETE FROM pause" OF(job)
#define WAITS           "UPDATE run SET ended_ms = NULL, verdict = 0, why = 0"

/* What is changed in the journal, what was said to which order in place of the
 * usual, and what is found. */
static const struct {
    const char *sql;
    size_t order;
    enum answer answer;
    unsigned lost, doubled, unsound;
} cases[] = {
    { "", HELD, ANSWER_DONE, 0, 0, 0 },
    { "", HELD, ANSWER_NONE, 0, 0, 0 },
    { "", HELD, ANSWER_REFUSED, 0, 0, 1 },
    { NOT_PAUSED("held"), HELD, ANSWER_DONE, 1, 0, 0 },
    { NOT_PAUSED("held"), HELD, ANSWER_NONE, 0, 0, 0 },
    { NOT_PAUSED("held"), HELD, ANSWER_UNSETTLED, 0, 0, 0 },
    { "UPDATE pause SET reason = ''" OF("held"), HELD, ANSWER_DONE, 1, 0, 0 },
    { "UPDATE pause SET since_ms = 1764000000000" OF("held"), HELD, ANSWER_DONE,
      1, 0, 0 },
    { PAUSED_STILL, FREE, ANSWER_DONE, 1, 0, 0 },
    { PAUSED_STILL, FREE, ANSWER_NONE, 0, 0, 0 },
    { PAUSED_STILL, FREE, ANSWER_REFUSED, 1, 0, 0 },
    { "", FREE, ANSWER_REFUSED, 2, 0, 0 },
    { "UPDATE run SET slots = 2" OF("freed"), FREE, ANSWER_DONE, 1, 0, 0 },
    { "DELETE FROM run" OF("m"), BY_HAND, ANSWER_DONE, 1, 0, 0 },
    { "DELETE FROM run" OF("m"), BY_HAND, ANSWER_NONE, 0, 0, 0 },
    { "", BY_HAND, ANSWER_REFUSED, 0, 0, 1 },
    { COPY, BY_HAND, ANSWER_DONE, 0, 1, 0 },
    { COPY, BY_HAND, ANSWER_NONE, 0, 1, 0 },
    { "UPDATE run SET slot_ms = slot_ms + 1" OF("m"), BY_HAND, ANSWER_DONE, 0,
      1, 0 },
    { "UPDATE run SET who = ''" OF("m"), BY_HAND, ANSWER_DONE, 1, 1, 0 },
    { "UPDATE run SET verdict = 3" OF("m"), BY_HAND, ANSWER_DONE, 1, 0, 0 },
    { WAITS OF("m"), BY_HAND, ANSWER_DONE, 1, 0, 0 },
    { WAITS OF("m"), BY_HAND, ANSWER_NONE, 0, 0, 0 },
    { "", KEPT, ANSWER_REFUSED, 0, 0, 1 },
    { "DELETE FROM run" OF("kept"), KEPT, ANSWER_DONE, 1, 0, 0 },
    { "DELETE FROM run" OF("kept"), KEPT, ANSWER_NONE, 0, 0, 0 },
    { "DELETE FROM run" OF("kept") ONE, KEPT, ANSWER_DONE, 1, 0, 0 },
    { "DELETE FROM run" OF("kept") ONE, KEPT, ANSWER_NONE, 0, 0, 1 },
    { "UPDATE run SET ended_ms = 1, verdict = 3, why = 16" OF("kept") ONE, KEPT,
      ANSWER_DONE, 1, 0, 0 },
    { "", TAKEN_BACK, ANSWER_NONE, 0, 0, 0 },
    { "", TAKEN_BACK, ANSWER_REFUSED, 0, 0, 1 },
    { WAITS OF("left"), TAKEN_BACK, ANSWER_DONE, 2, 0, 0 },
    { WAITS OF("left"), TAKEN_BACK, ANSWER_NONE, 0, 0, 0 },
    { WAITS OF("left"), TAKEN_BACK, ANSWER_REFUSED, 0, 0, 0 },
    { WAITS OF("left") ONE, TAKEN_BACK, ANSWER_NONE, 1, 0, 0 },
    { PAUSED("twice", "h", "one"), THEN_HELD, ANSWER_DONE, 2, 0, 0 },
    { PAUSED("twice", "h", "one"), THEN_HELD, ANSWER_REFUSED, 1, 0, 0 },
    { NOT_PAUSED("twice"), THEN_HELD, ANSWER_DONE, 1, 0, 0 },
    { NOT_PAUSED("twice"), THEN_HELD, ANSWER_NONE, 0, 0, 0 },
    { NOT_PAUSED("twice"), THEN_HELD, ANSWER_REFUSED, 0, 0, 0 },
    { "", FIRST_FREE, ANSWER_NONE, 0, 0, 0 },
    { "", FIRST_FREE, ANSWER_REFUSED, 2, 0, 0 },
    { "UPDATE run SET slots = 3" OF("twice"), FIRST_FREE, ANSWER_DONE, 1, 0,
      0 },
    { "UPDATE run SET slots = 3" OF("twice"), FIRST_FREE, ANSWER_NONE, 0, 0,
      0 },
    { "UPDATE run SET who = 'k'" OF("m2"), THEN_BY_HAND, ANSWER_DONE, 1, 1, 0 },
    { "UPDATE run SET who = 'k'" OF("m2"), THEN_BY_HAND, ANSWER_NONE, 0, 1, 0 },
    { "UPDATE run SET who = 'x'" OF("m2"), THEN_BY_HAND, ANSWER_NONE, 1, 1, 0 },
    { "UPDATE run SET ended_ms = 1, verdict = 3, why = 16, error = 'no'" OF(
          "left"),
      THEN_KEPT, ANSWER_DONE, 2, 0, 0 },
};

static void change_journal(const char *folder, const char *sql)
{
    char path[SCRATCH_MAX + 32];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* A slot of a paused job that came before its pause, and one between two pauses
 * of another. */
static json_t *usual_calls(void)
{
    char before[RFC3339_TEXT_MAX], between[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ AT(1) }, 0, before);
    rfc3339_format((struct wall){ AT(4) }, 0, between);
    return json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}]", "job", "held",
                     "scheduledTime", before, "seq", 1, "job", "twice",
                     "scheduledTime", between, "seq", 9);
}

static void try_case(size_t i)
{
    struct scratch scratch;
    struct findings found;
    struct orders orders = usual;
    struct order *order = &orders.list[cases[i].order];
    json_t *calls = usual_calls();
    scratch_make(&scratch);
    findings_open(&found);
    write_journal(scratch.path);
    change_journal(scratch.path, cases[i].sql);
    order->answer = cases[i].answer;
    if (order->answer != ANSWER_DONE)
        order->said = -1;
    auditor_look(&orders, calls, scratch.path, &found);
    if (found.lost != cases[i].lost || found.doubled != cases[i].doubled ||
        found.unsound != cases[i].unsound)
        fail_msg("case %zu: %u lost, %u doubled, %u unsound:\n%s", i,
                 found.lost, found.doubled, found.unsound, found.text.data);
    json_decref(calls);
    findings_close(&found);
    scratch_remove(&scratch);
}

/* It may run once somebody wants it to go on, and not before. */
static void a_run_in_a_pause_is_found(void **state)
{
    (void)state;
    for (int seq = 8; seq <= 9; seq++) {
        struct scratch scratch;
        struct findings found;
        json_t *calls = usual_calls();
        json_object_set_new(json_array_get(calls, 1), "seq", json_integer(seq));
        scratch_make(&scratch);
        findings_open(&found);
        write_journal(scratch.path);
        auditor_look(&usual, calls, scratch.path, &found);
        assert_int_equal(found.lost, seq <= 8);
        assert_int_equal(found.doubled + found.unsound, 0);
        json_decref(calls);
        findings_close(&found);
        scratch_remove(&scratch);
    }
}

static void what_is_wrong_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        try_case(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_found),
        cmocka_unit_test(a_run_in_a_pause_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
