/* The checker finds what is wrong, and nothing where all is well. */
#include "checker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "mooncron/civil.h"
#include "mooncron/store.h"
#include "scratch.h"

#define T0 INT64_C(1764000000000)

static const struct rhythm rhythms[] = {
    { "s", .every_ms = 1000 },
    { "w", .every_ms = 1000, .may_wait = true, .again = true },
    { "a", .every_ms = 1000, .may_be_away = true },
    { .prefix = NULL },
};

static struct entry entry_of(enum entry_kind kind, const char *job, int slot)
{
    const struct wall at = { T0 + slot * 1000 };
    return (struct entry){ .kind = kind,
                           .job = job,
                           .at = at,
                           .cursor = at,
                           .slot = at,
                           .last = at,
                           .count = 1,
                           .attempt = 1,
                           .epoch = 1 };
}

/* What a worker has done in order: three slots of `s` that were sent and are
 * ok, two that were passed over, one that failed; a run by hand at the moment
 * of the third; a slot of `w` that waits; and two of `a`, which was away in
 * between. */
static void write_journal(const char *folder)
{
    char path[SCRATCH_MAX + 32];
    struct error note, error;
    enum entry_outcome outcomes[16];
    struct entry entries[16];
    size_t count = 0;
    for (int slot = 0; slot < 6; slot++) {
        if (slot == 3 || slot == 4)
            continue;
        entries[count++] = entry_of(ENTRY_CLAIM, "s", slot);
        entries[count] = entry_of(ENTRY_FINISH, "s", slot);
        entries[count++].verdict = slot == 5 ? VERDICT_FAILED : VERDICT_OK;
    }
    entries[count] = entry_of(ENTRY_PASS, "s", 3);
    entries[count].last.ms += 1000;
    entries[count].count = 2;
    entries[count].verdict = VERDICT_MISSED;
    entries[count++].why = WHY_DOWN;
    entries[count++] = entry_of(ENTRY_WAIT, "w", 0);
    entries[count] = entry_of(ENTRY_CLAIM, "s", 2);
    entries[count++].manual = true;
    entries[count] = entry_of(ENTRY_FINISH, "s", 2);
    entries[count++].manual = true;
    for (int slot = 0; slot <= 4; slot += 4) {
        entries[count] = entry_of(ENTRY_PASS, "a", slot);
        entries[count++].verdict = VERDICT_SKIPPED;
    }
    snprintf(path, sizeof path, "%s/journal.db", folder);
    struct store *store =
        store_open_sqlite(path, "first", (struct wall){ T0 }, &note, &error);
    assert_non_null(store);
    assert_true(store_write(store, entries, count, outcomes, &error));
    store_close(store, (struct wall){ T0 + 9000 });
}

static json_t *call_of(int slot, const char *key_of, int attempt, int epoch,
                       int status)
{
    char when[RFC3339_TEXT_MAX], key[128], number[16], claim[16];
    rfc3339_format((struct wall){ T0 + slot * 1000 }, 0, when);
    snprintf(key, sizeof key, "%s/%s", key_of, when);
    snprintf(number, sizeof number, "%d", attempt);
    snprintf(claim, sizeof claim, "%d", epoch);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "job", "s",
                     "scheduledTime", when, "idempotencyKey", key, "attempt",
                     number, "epoch", claim, "status", status);
}

static json_t *manual_call(int slot, int attempt)
{
    char key[128];
    json_t *call = call_of(slot, "s", attempt, 1, 200);
    snprintf(key, sizeof key, "%s/manual",
             json_string_value(json_object_get(call, "idempotencyKey")));
    json_object_set_new(call, "idempotencyKey", json_string(key));
    return call;
}

static json_t *usual_calls(void)
{
    json_t *calls = json_array();
    for (int slot = 0; slot < 3; slot++)
        json_array_append_new(calls, call_of(slot, "s", 1, 1, 200));
    json_array_append_new(calls, call_of(5, "s", 1, 1, 500));
    json_array_append_new(calls, manual_call(2, 1));
    return calls;
}

static void no_call(json_t *calls)
{
    (void)calls;
}

static void unclaimed(json_t *calls)
{
    json_array_append_new(calls, call_of(7, "s", 1, 1, 200));
}

static void passed_over(json_t *calls)
{
    json_array_append_new(calls, call_of(3, "s", 1, 1, 200));
}

static void newer_claim(json_t *calls)
{
    json_array_append_new(calls, call_of(0, "s", 1, 2, 200));
}

static void twice(json_t *calls)
{
    json_array_append_new(calls, call_of(0, "s", 1, 1, 200));
}

static void other_key(json_t *calls)
{
    json_array_append_new(calls, call_of(0, "t", 2, 1, 200));
}

static void never_answered(json_t *calls)
{
    json_array_remove(calls, 0);
}

static void unclaimed_by_hand(json_t *calls)
{
    json_array_append_new(calls, manual_call(1, 1));
}

static void twice_by_hand(json_t *calls)
{
    json_array_append_new(calls, manual_call(2, 1));
}

static void again_by_hand(json_t *calls)
{
    json_array_append_new(calls, manual_call(2, 2));
}

/* `w` has retries. */
static void again_where_it_may(json_t *calls)
{
    for (int attempt = 1; attempt <= 2; attempt++) {
        json_t *call = call_of(0, "w", attempt, 1, 503);
        json_object_set_new(call, "job", json_string("w"));
        json_array_append_new(calls, call);
    }
}

static void never_answered_by_hand(json_t *calls)
{
    json_array_remove(calls, json_array_size(calls) - 1);
}

/* What is done to the journal and to the calls, and what is found. */
static const struct {
    const char *sql;
    void (*change)(json_t *calls);
    unsigned lost, doubled, unsound;
} cases[] = {
    { "", no_call, 0, 0, 0 },
    { "", unclaimed, 1, 0, 0 },
    { "", passed_over, 1, 0, 0 },
    { "", newer_claim, 1, 1, 0 },
    { "", twice, 0, 1, 0 },
    { "", other_key, 0, 1, 0 },
    { "", never_answered, 0, 0, 1 },
    { "", unclaimed_by_hand, 1, 0, 0 },
    { "", twice_by_hand, 0, 1, 0 },
    { "", again_by_hand, 0, 1, 0 },
    { "", again_where_it_may, 0, 0, 0 },
    { "", never_answered_by_hand, 0, 0, 1 },
    { "DELETE FROM run WHERE kind = 1", no_call, 1, 0, 0 },
    { "UPDATE run SET ended_ms = NULL WHERE kind = 1", no_call, 1, 0, 0 },
    { "UPDATE run SET verdict = 3 WHERE kind = 1", no_call, 1, 0, 0 },
    { "DELETE FROM run WHERE slots = 2", no_call, 1, 0, 0 },
    { "UPDATE run SET last_ms = slot_ms + 4000, slots = 5 WHERE kind = 2 AND "
      "slot_ms = 1764000000000",
      no_call, 0, 1, 0 },
    { "DELETE FROM run WHERE slot_ms = 1764000001000", no_call, 2, 0, 0 },
    { "UPDATE run SET ended_ms = NULL WHERE slot_ms = 1764000005000", no_call,
      1, 0, 0 },
    { "UPDATE run SET last_ms = last_ms + 1000, slots = 3 WHERE slots = 2",
      no_call, 0, 1, 0 },
    { "UPDATE run SET slots = 3 WHERE slots = 2", no_call, 0, 0, 1 },
    { "UPDATE run SET verdict = 4 WHERE slot_ms = 1764000005000", no_call, 1, 0,
      0 },
    { "UPDATE sqlite_schema SET rootpage = 4 WHERE name = 'run_open'", no_call,
      0, 0, 1 },
};

static void change_journal(const char *folder, const char *sql)
{
    char path[SCRATCH_MAX + 32];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA writable_schema = ON", NULL, NULL, NULL);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void what_is_wrong_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scratch scratch;
        struct findings found;
        scratch_make(&scratch);
        findings_open(&found);
        json_t *calls = usual_calls();
        write_journal(scratch.path);
        change_journal(scratch.path, cases[i].sql);
        cases[i].change(calls);
        checker_look(calls, scratch.path, rhythms, &found);
        if (found.lost != cases[i].lost || found.doubled != cases[i].doubled ||
            found.unsound != cases[i].unsound)
            fail_msg("case %zu: %u lost, %u doubled, %u unsound:\n%s", i,
                     found.lost, found.doubled, found.unsound, found.text.data);
        json_decref(calls);
        findings_close(&found);
        scratch_remove(&scratch);
    }
}

static void a_journal_that_was_moved_aside_is_found(void **state)
{
    (void)state;
    struct scratch scratch;
    struct findings found;
    scratch_make(&scratch);
    findings_open(&found);
    json_t *calls = json_array();
    write_journal(scratch.path);
    scratch_write(&scratch, "journal.db.corrupt-20261125T020819Z", "");
    checker_look(calls, scratch.path, rhythms, &found);
    assert_int_equal(found.unsound, 5); /* and nobody sent what is ok */
    assert_non_null(strstr(found.text.data, "moved aside"));
    json_decref(calls);
    findings_close(&found);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_found),
        cmocka_unit_test(a_journal_that_was_moved_aside_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
