/* A backfill runs slots that have ended, where they were not ok. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void backfill_runs_what_was_not_ok(struct book *book)
{
    static const struct {
        enum verdict verdict;
        enum entry_outcome plain, backfill;
        unsigned runs; /* afterwards: a slot counts once, and none that only a
                        * backfill has run */
    } cases[] = {
        { VERDICT_OK, ENTRY_TAKEN, ENTRY_TAKEN, 1 },
        { VERDICT_FAILED, ENTRY_TAKEN, ENTRY_DONE, 1 },
        { VERDICT_UNKNOWN, ENTRY_TAKEN, ENTRY_DONE, 1 },
        { VERDICT_SKIPPED, ENTRY_DONE, ENTRY_DONE, 1 },
        { VERDICT_MISSED, ENTRY_DONE, ENTRY_DONE, 1 },
        { VERDICTS + 4, ENTRY_TAKEN, ENTRY_TAKEN, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int backfill = 0; backfill < 2; backfill++) {
            char job[16];
            snprintf(job, sizeof job, "%c%zu", backfill ? 'b' : 'p', i);
            bool ran = cases[i].verdict < VERDICT_SKIPPED;
            WRITE(book, ran ? claim(job, 10, 1, 10) : waits(job, 10, 10),
                  finish(job, 10, ran, cases[i].verdict, 12));
            struct entry again = claim(job, 10, 2, 20);
            if (backfill)
                again.trigger = TRIGGER_BACKFILL;
            again.epoch = 1; /* who asks again knows of none */
            enum entry_outcome want = backfill ? cases[i].backfill
                                               : cases[i].plain,
                               got;
            assert_true(
                store_write(book->store, &again, 1, &got, &book->error));
            assert_int_equal(got, want);
            assert_int_equal(again.epoch, want == ENTRY_DONE ? ran + 1 : 1);
            char lane_text[96];
            snprintf(lane_text, sizeof lane_text,
                     "lane %s cursor 10 started %s digest 0 fails 0 runs %u\n",
                     job,
                     want == ENTRY_DONE ? "20"
                     : ran              ? "10"
                                        : "-",
                     backfill ? ran : cases[i].runs);
            char word[32];
            snprintf(word, sizeof word, "lane %s", job);
            assert_string_equal(recalled_of(book, 30, word), lane_text);
        }
    }
}

/* A backfill that has to wait keeps its place over a restart. */
static void backfill_may_wait(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), finish("a", 10, 1, VERDICT_FAILED, 12));
    struct entry wait = waits("a", 10, 20);
    wait.trigger = TRIGGER_BACKFILL;
    wait.epoch = 1;
    struct entry again = claim("a", 10, 2, 21);
    again.trigger = TRIGGER_BACKFILL;
    WRITE(book, wait);
    assert_string_equal(
        recalled_of(book, 30, "run"),
        "run a slot 10 waits backfill attempt 1 epoch 1 generation 7\n");
    WRITE(book, again);
    WRITE(book, wait, again, finish("a", 10, 2, VERDICT_OK, 22));
    WRITE(book, wait, again, finish("a", 10, 2, VERDICT_OK, 22));
    assert_string_equal(history_of(book, "a"),
                        "a slot 10 ok{} backfill epoch 2 attempt 1 started 21 "
                        "ended 22 http 200 first\n");
    wait.epoch = 2;
    assert_int_equal(wrote(book, wait), ENTRY_DONE); /* the own row: as it is */
    assert_string_equal(recalled_of(book, 30, "run"), "");
    next_life(book, "second", 30);
    assert_int_equal(wrote(book, wait), ENTRY_TAKEN);
}

const struct promise promises_of_backfills[] = {
    PROMISE(backfill_runs_what_was_not_ok),
    PROMISE(backfill_may_wait),
    { NULL, NULL },
};
