/* A batch of entries is written, once or twice. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Whose commit was not heard of. */
static void batch_may_be_written_twice(struct book *book)
{
    struct entry over = finish("a", 20, 1, VERDICT_SKIPPED, 21);
    over.epoch = 0;
    struct entry failed = finish("a", 30, 1, VERDICT_FAILED, 33);
    failed.fails = 1;
    struct entry batch[] = {
        lane("a", 5),
        pass("a", 6, 9, 4, WHY_DOWN, 10),
        claim("a", 10, 1, 10),
        attempt("a", 10, 1, 1, 11),
        attempt("a", 10, 1, 2, 12),
        finish("a", 10, 1, VERDICT_OK, 13),
        waits("a", 20, 20),
        over,
        waits("a", 30, 30),
        claim("a", 30, 1, 31),
        failed,
        waits("a", 40, 40),
        paused("a", 41, 99, "ana", "quiet"),
        claim("b", 50, 1, 50),
    };
    const size_t count = sizeof batch / sizeof *batch;
    write_all(book, batch, count);
    char *before = strdup(recalled(book, 60));
    char *history = strdup(history_of(book, NULL));
    write_all(book, batch, count);
    write_all(book, batch, count);
    assert_string_equal(recalled(book, 60), before);
    assert_string_equal(history_of(book, NULL), history);
    assert_string_equal(
        before, "lane a cursor 40 started 31 digest 77 fails 1 runs 2\n"
                "lane b cursor 50 started 50 digest 0 fails 0 runs 1\n"
                "run a slot 40 waits schedule attempt 1 epoch 0 generation 7\n"
                "run b slot 50 claimed schedule attempt 1 epoch 1 generation "
                "7\n"
                "pause a since 41 until 99 by ana: quiet\n");
    assert_string_equal(
        history,
        "b slot 50 claimed schedule epoch 1 attempt 1 started 50 ended - "
        "first\n"
        "a slot 40 waits schedule epoch 0 attempt 1 started - ended - first\n"
        "a slot 30 failed{} schedule epoch 1 attempt 1 started 31 ended 33 "
        "http 200 first\n"
        "a slot 20 skipped{} schedule epoch 0 attempt 1 started - ended 21 "
        "http 200 first\n"
        "a slot 10 ok{} schedule epoch 1 attempt 1 started 10 ended 13 http "
        "200 first\n"
        "a slot 6 to 9 (4) missed{down} schedule epoch 0 attempt 1 started - "
        "ended 10 first\n");
    free(before);
    free(history);
}

static void nothing_else_of_a_batch_is_lost(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10));
    struct entry batch[] = { claim("a", 10, 1, 11), claim("b", 10, 1, 11),
                             finish("c", 10, 1, VERDICT_OK, 11),
                             claim("d", 10, 1, 11) };
    enum entry_outcome outcomes[4];
    assert_true(store_write(book->store, batch, 4, outcomes, &book->error));
    assert_int_equal(outcomes[0], ENTRY_TAKEN);
    assert_int_equal(outcomes[1], ENTRY_DONE);
    assert_int_equal(outcomes[2], ENTRY_FENCED);
    assert_int_equal(outcomes[3], ENTRY_DONE);
    assert_true(store_write(book->store, NULL, 0, NULL, &book->error));
}

#define MANY 10000

static void batch_may_be_large(struct book *book)
{
    static char names[MANY][16];
    struct entry *entries = calloc(MANY, sizeof *entries);
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "job-%d", i % 500);
        entries[i] = claim(names[i], i, 1, i);
    }
    write_all(book, entries, MANY);
    write_all(book, entries, MANY);
    for (int i = 0; i < MANY; i++)
        entries[i] = finish(names[i], i, 1, VERDICT_OK, i + 1);
    write_all(book, entries, MANY);
    struct recall recall;
    assert_true(
        store_recall(book->store, seconds(MANY), &recall, &book->error));
    assert_int_equal(recall.lane_count, 500);
    assert_int_equal(recall.run_count, 0);
    for (size_t i = 0; i < recall.lane_count; i++)
        assert_int_equal(recall.lanes[i].runs, MANY / 500);
    recall_close(&recall);
    free(entries);
}

const struct promise promises_of_batches[] = {
    PROMISE(batch_may_be_written_twice),
    PROMISE(nothing_else_of_a_batch_is_lost),
    PROMISE(batch_may_be_large),
    { NULL, NULL },
};
