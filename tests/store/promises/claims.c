/* A slot is claimed once, and what is said of its run stays with it. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void claim_is_exact(struct book *book)
{
    assert_int_equal(wrote(book, claim("a", 10, 1, 10)), ENTRY_DONE);
    assert_int_equal(wrote(book, claim("a", 10, 1, 11)), ENTRY_TAKEN);
    assert_int_equal(wrote(book, claim("a", 10, 2, 11)), ENTRY_TAKEN);
    assert_int_equal(wrote(book, claim("b", 10, 1, 11)), ENTRY_DONE);
    assert_int_equal(wrote(book, claim("a", 20, 1, 20)), ENTRY_DONE);
    assert_string_equal(history_of(book, "a"),
                        "a slot 20 claimed schedule epoch 1 attempt 1 started "
                        "20 ended - first\n"
                        "a slot 10 claimed schedule epoch 1 attempt 1 started "
                        "10 ended - first\n");
}

static void ended_is_not_claimed_again(struct book *book)
{
    static const enum verdict verdicts[] = { VERDICT_OK, VERDICT_FAILED,
                                             VERDICT_UNKNOWN };
    for (int i = 0; i < 3; i++) {
        WRITE(book, claim("a", i, 1, 10), finish("a", i, 1, verdicts[i], 11));
        assert_int_equal(wrote(book, claim("a", i, 2, 12)), ENTRY_TAKEN);
        assert_int_equal(wrote(book, claim("a", i, 1, 12)), ENTRY_TAKEN);
        assert_int_equal(wrote(book, waits("a", i, 12)), ENTRY_DONE);
    }
    assert_string_equal(recalled_of(book, 99, "run"), "");
}

static void manual_is_a_slot_of_its_own(struct book *book)
{
    struct entry by_hand = claim("a", 10, 1, 12);
    by_hand.manual = true;
    by_hand.trigger = TRIGGER_MANUAL;
    by_hand.cursor.ms = EVER_MS;
    by_hand.by = "ana";
    WRITE(book, lane("a", 0), claim("a", 10, 1, 10), by_hand);
    by_hand.at.ms++;
    assert_int_equal(wrote(book, by_hand), ENTRY_TAKEN);
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 claimed schedule epoch 1 attempt 1 started 10 ended - "
        "first\n"
        "a slot 10 manual claimed manual epoch 1 attempt 1 started 12 ended - "
        "first by ana\n");
    assert_string_equal(
        recalled_of(book, 99, "lane"),
        "lane a cursor 10 started 12 digest 77 fails 0 runs 1\n");
}

static void wait_becomes_claim_becomes_verdict(struct book *book)
{
    struct entry wait = waits("a", 10, 10);
    wait.by = "ana";
    WRITE(book, wait);
    assert_string_equal(
        recalled(book, 20),
        "lane a cursor 10 started - digest 0 fails 0 runs 0\n"
        "run a slot 10 waits schedule attempt 1 epoch 0 generation 7\n");
    WRITE(book, claim("a", 10, 1, 12));
    assert_string_equal(
        recalled(book, 20),
        "lane a cursor 10 started 12 digest 0 fails 0 runs 1\n"
        "run a slot 10 claimed schedule attempt 1 epoch 1 generation 7\n");
    WRITE(book, attempt("a", 10, 1, 2, 13));
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 claimed schedule epoch 1 attempt 2 started 12 ended - http "
        "503 first by ana: the backend answered 503\n");
    struct entry end = finish("a", 10, 1, VERDICT_FAILED, 14);
    end.fails = 3;
    end.attempt = 2;
    end.error = "the backend answered 200, and success is false";
    WRITE(book, end);
    assert_string_equal(
        recalled(book, 20),
        "lane a cursor 10 started 12 digest 0 fails 3 runs 1\n");
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 failed{} schedule epoch 1 attempt 2 started 12 ended 14 "
        "http 200 first by ana: the backend answered 200, and success is "
        "false\n");
}

/* After an attempt that failed the next may have been sent, unless somebody
 * says that it was not: what is told of the run stays. */
static void what_may_have_been_sent(struct book *book)
{
    struct entry handed_on = attempt("a", 10, 1, 1, 12);
    handed_on.cause = CAUSE_NONE;
    handed_on.error = "";
    handed_on.status = 0;
    WRITE(book, claim("a", 10, 1, 10), attempt("a", 10, 1, 1, 11));
    assert_string_equal(
        recalled(book, 20),
        "lane a cursor 10 started 10 digest 0 fails 0 runs 1\n"
        "run a slot 10 claimed schedule attempt 2 epoch 1 generation 7\n");
    WRITE(book, handed_on);
    assert_string_equal(
        recalled(book, 20),
        "lane a cursor 10 started 10 digest 0 fails 0 runs 1\n"
        "run a slot 10 claimed schedule attempt 1 epoch 1 generation 7\n");
    assert_string_equal(
        history_of(book, "a"),
        "a slot 10 claimed schedule epoch 1 attempt 1 started 10 ended - http "
        "503 first: the backend answered 503\n");
    next_life(book, "second", 30);
    struct entry second = claim("a", 10, 2, 31);
    second.attempt = 2;
    WRITE(book, second);
    assert_non_null(strstr(recalled(book, 40),
                           "run a slot 10 claimed schedule attempt 2 epoch 2 "
                           "generation 7\n"));
}

/* What was said of it while it waited goes; new rows and ones that wait take
 * turns. */
static void claim_of_a_wait_begins_anew(struct book *book)
{
    struct entry known = attempt("a", 10, 0, 3, 11);
    WRITE(book, waits("a", 10, 10), known, waits("b", 10, 10));
    next_life(book, "second", 20);
    WRITE(book, claim("a", 10, 1, 21), claim("c", 10, 1, 21),
          claim("b", 10, 1, 21), claim("d", 10, 1, 21));
    assert_string_equal(
        history_of(book, NULL),
        "a slot 10 claimed schedule epoch 1 attempt 1 started 21 ended - "
        "second\n"
        "b slot 10 claimed schedule epoch 1 attempt 1 started 21 ended - "
        "second\n"
        "c slot 10 claimed schedule epoch 1 attempt 1 started 21 ended - "
        "second\n"
        "d slot 10 claimed schedule epoch 1 attempt 1 started 21 ended - "
        "second\n");
    /* a newer claim's row is neither ended nor begun by an older one */
    assert_int_equal(wrote(book, claim("a", 10, 0, 22)), ENTRY_TAKEN);
    assert_int_equal(wrote(book, finish("a", 10, 0, VERDICT_OK, 22)),
                     ENTRY_FENCED);
}

const struct promise promises_of_claims[] = {
    PROMISE(claim_is_exact),
    PROMISE(ended_is_not_claimed_again),
    PROMISE(manual_is_a_slot_of_its_own),
    PROMISE(wait_becomes_claim_becomes_verdict),
    PROMISE(what_may_have_been_sent),
    PROMISE(claim_of_a_wait_begins_anew),
    { NULL, NULL },
};
