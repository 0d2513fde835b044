/* What is said of what a journal could not write. */
#include "leftovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SLOT_MS INT64_C(1767225600000)

static void add(struct backlog *backlog, enum entry_kind kind, const char *job,
                enum verdict verdict)
{
    const struct entry entry = { .kind = kind,
                                 .job = job,
                                 .slot = { SLOT_MS },
                                 .verdict = (uint8_t)verdict };
    backlog_add(backlog, &entry, 0);
}

static void expect(const struct leftovers *leftovers, const char *wanted)
{
    struct text said;
    text_init(&said, 1024);
    leftovers_say(leftovers, &said);
    assert_string_equal(said.data, wanted);
    text_close(&said);
}

static void test_what_loses_nothing(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    struct leftovers leftovers = { 0 };
    add(&backlog, ENTRY_FINISH, "written", VERDICT_OK);
    add(&backlog, ENTRY_PASS, "passed", VERDICT_MISSED);
    add(&backlog, ENTRY_FINISH, "skipped", VERDICT_SKIPPED);
    add(&backlog, ENTRY_RENEW, "", VERDICT_OK);
    leftovers_add(&leftovers, &backlog, 1);
    expect(&leftovers, "");
    backlog_close(&backlog);
}

static void test_what_is_left_over(void **state)
{
    (void)state;
    struct backlog backlog = { 0 };
    struct leftovers leftovers = { 0 };
    add(&backlog, ENTRY_CLAIM, "begun", VERDICT_OK);
    leftovers_add(&leftovers, &backlog, 0);
    expect(&leftovers,
           "the worker ends, and could not write down 1 claim (begun of "
           "2026-01-01T00:00:00Z), of which nothing was sent: what is due is "
           "the next life's to decide");
    add(&backlog, ENTRY_FINISH, "a", VERDICT_OK);
    add(&backlog, ENTRY_FINISH, "b", VERDICT_FAILED);
    add(&backlog, ENTRY_FINISH, "c", VERDICT_UNKNOWN);
    add(&backlog, ENTRY_FINISH, "d", VERDICT_OK);
    leftovers_add(&leftovers, &backlog, 1);
    expect(&leftovers,
           "the worker ends, and could not write down 4 verdicts (a of "
           "2026-01-01T00:00:00Z, b of 2026-01-01T00:00:00Z, c of "
           "2026-01-01T00:00:00Z and 1 more): the next life tries each again "
           "under the same key, or says unknown; nor 1 claim (begun of "
           "2026-01-01T00:00:00Z), of which nothing was sent: what is due is "
           "the next life's to decide");
    leftovers.forgotten = true;
    expect(&leftovers,
           "the worker ends, and could not write down 4 verdicts (a of "
           "2026-01-01T00:00:00Z, b of 2026-01-01T00:00:00Z, c of "
           "2026-01-01T00:00:00Z and 1 more); nor 1 claim (begun of "
           "2026-01-01T00:00:00Z), of which nothing was sent");
    backlog_close(&backlog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_loses_nothing),
        cmocka_unit_test(test_what_is_left_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
