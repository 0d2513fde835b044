/* Of several who would run a slot the one with the highest epoch has it. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void dead_life_is_taken_over(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20));
    next_life(book, "second", 30);
    assert_int_equal(wrote(book, claim("a", 10, 1, 31)), ENTRY_TAKEN);
    assert_int_equal(wrote(book, claim("a", 10, 1, 10)), ENTRY_TAKEN);
    struct entry again = claim("a", 10, 2, 31);
    again.cursor.ms = EVER_MS;
    assert_int_equal(wrote(book, again), ENTRY_DONE);
    assert_int_equal(wrote(book, again), ENTRY_DONE);
    /* the other is not sent again: it is ended at once */
    WRITE(book, finish("a", 20, 2, VERDICT_UNKNOWN, 31));
    assert_string_equal(
        recalled_of(book, 40, "lane"),
        "lane a cursor 20 started 31 digest 0 fails 0 runs 2\n");
    assert_string_equal(
        history_of(book, "a"),
        "a slot 20 unknown{} schedule epoch 2 attempt 1 started 20 ended 31 "
        "http 200 second\n"
        "a slot 10 claimed schedule epoch 2 attempt 1 started 31 ended - "
        "second\n");
}

static void older_epoch_is_fenced(struct book *book)
{
    assert_int_equal(wrote(book, attempt("a", 10, 1, 1, 11)), ENTRY_FENCED);
    assert_int_equal(wrote(book, finish("a", 10, 1, VERDICT_OK, 11)),
                     ENTRY_FENCED);
    WRITE(book, claim("a", 10, 1, 10));
    next_life(book, "second", 30);
    WRITE(book, claim("a", 10, 2, 31));
    assert_int_equal(wrote(book, attempt("a", 10, 1, 2, 32)), ENTRY_FENCED);
    assert_int_equal(wrote(book, finish("a", 10, 1, VERDICT_OK, 32)),
                     ENTRY_FENCED);
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 claimed schedule epoch 2 attempt 1 started 31 ended - "
        "second\n");
    WRITE(book, finish("a", 10, 2, VERDICT_OK, 33));
    /* a verdict stands: another one, or the same at another time */
    assert_int_equal(wrote(book, finish("a", 10, 2, VERDICT_FAILED, 33)),
                     ENTRY_FENCED);
    assert_int_equal(wrote(book, finish("a", 10, 2, VERDICT_OK, 34)),
                     ENTRY_FENCED);
    assert_int_equal(wrote(book, finish("a", 10, 3, VERDICT_OK, 33)),
                     ENTRY_FENCED);
    assert_int_equal(wrote(book, attempt("a", 10, 2, 1, 32)), ENTRY_DONE);
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 ok{} schedule epoch 2 attempt 1 started 31 ended 33 http "
        "200 second\n");
}

/* A slot that has failed is asked for again, and given up before anybody has
 * heard of its claim: nothing was sent, and nothing is left open. */
static void what_was_given_up_is_ended(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), finish("a", 10, 1, VERDICT_FAILED, 11));
    struct entry batch[] = { claim("a", 10, 1, 20),
                             finish("a", 10, 1, VERDICT_SKIPPED, 21) };
    enum entry_outcome outcomes[2];
    batch[0].trigger = TRIGGER_BACKFILL;
    for (int i = 0; i < 2; i++) { /* the end of the first is not heard of */
        assert_true(store_write(book->store, batch, 2, outcomes, &book->error));
        assert_int_equal(outcomes[1], ENTRY_DONE);
    }
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 skipped{} backfill epoch 2 attempt 1 started 20 ended 21 "
        "http 200 first\n");
    /* no other verdict comes so late, and none of another life */
    batch[0].at.ms += 10000;
    batch[0].epoch = 3;
    WRITE(book, batch[0]);
    assert_int_equal(wrote(book, finish("a", 10, 2, VERDICT_FAILED, 31)),
                     ENTRY_FENCED);
    next_life(book, "second", 40);
    assert_int_equal(wrote(book, finish("a", 10, 2, VERDICT_SKIPPED, 41)),
                     ENTRY_FENCED);
}

static void overlap_is_seen_across_lives(struct book *book)
{
    struct entry first = claim("a", 10, 1, 10), other = claim("b", 10, 1, 10);
    first.no_overlap = true;
    WRITE(book, first, other);
    struct entry second = claim("a", 20, 1, 20);
    second.no_overlap = true;
    WRITE(book, second); /* of the own life: the core knows better */
    next_life(book, "second", 30);
    struct entry third = claim("a", 30, 1, 31), free_b = claim("b", 30, 1, 31);
    third.no_overlap = free_b.no_overlap = true;
    assert_int_equal(wrote(book, third), ENTRY_TAKEN);
    assert_int_equal(wrote(book, free_b), ENTRY_DONE);
    assert_int_equal(wrote(book, claim("a", 40, 1, 31)), ENTRY_DONE);
    /* the one row is not in its own way, the other is */
    first.epoch = 2;
    first.at = seconds(32);
    assert_int_equal(wrote(book, first), ENTRY_TAKEN);
    WRITE(book, finish("a", 20, 1, VERDICT_UNKNOWN, 32), first);
    WRITE(book, third);
    WRITE(book, first, third); /* once more: nothing changes */
}

const struct promise promises_of_epochs[] = {
    PROMISE(dead_life_is_taken_over),
    PROMISE(older_epoch_is_fenced),
    PROMISE(what_was_given_up_is_ended),
    PROMISE(overlap_is_seen_across_lives),
    { NULL, NULL },
};
