/* What every driver of the store promises: one suite, run over each. */
#include "book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- claims ---- */

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

static void next_life(struct book *book, const char *owner, int64_t now_s)
{
    assert_true(
        store_next_life(book->store, owner, seconds(now_s), &book->error));
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

static void backfill_runs_what_was_not_ok(struct book *book)
{
    static const struct {
        enum verdict verdict;
        enum entry_outcome plain, backfill;
        unsigned runs; /* afterwards: a slot counts once */
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
                     cases[i].runs);
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

/* ---- lanes ---- */

static void cursor_is_set_once(struct book *book)
{
    WRITE(book, lane("a", 100));
    struct entry newer = lane("a", 500);
    newer.digest = 78;
    WRITE(book, newer);
    assert_string_equal(
        recalled(book, 900),
        "lane a cursor 100 started - digest 78 fails 0 runs 0\n");
    WRITE(book, claim("a", 200, 1, 200));
    struct entry stays = claim("a", 150, 1, 201);
    stays.cursor.ms = EVER_MS;
    struct entry end = finish("a", 200, 1, VERDICT_FAILED, 202);
    end.fails = 4;
    WRITE(book, stays, end, leave("a"));
    assert_string_equal(recalled_of(book, 900, "lane"),
                        "lane a cursor - started 201 digest 0 fails 4 runs "
                        "2\n");
    WRITE(book, lane("a", 700), leave("nobody"));
    assert_string_equal(recalled_of(book, 900, "lane a"),
                        "lane a cursor 700 started 201 digest 77 fails 4 runs "
                        "2\n");
}

/* A clock that was years ahead does not silence a job for years. */
static void cursor_of_a_wrong_clock(struct book *book)
{
    const int64_t wrong = 400 * 86400;
    WRITE(book, lane("a", 0), claim("a", 10, 1, 10), claim("a", 20, 1, 20),
          claim("a", wrong, 1, wrong), lane("none", wrong),
          pass("p", 30, 45, 3, WHY_DOWN, 46), claim("p", 40, 1, 46),
          lane("q", 0), pass("q", 30, wrong, 999, WHY_CLOCK, wrong));
    struct entry by_hand = claim("a", 50, 1, 50);
    by_hand.manual = true;
    by_hand.cursor = seconds(wrong);
    struct entry late = claim("p", 90, 1, 90);
    late.cursor = seconds(wrong);
    WRITE(book, by_hand, late);
    assert_string_equal(
        recalled_of(book, 60, "lane"),
        "lane a cursor 20 started 50 digest 77 fails 0 runs 3\n"
        "lane none cursor 60 started - digest 77 fails 0 runs 0\n"
        "lane p cursor 45 started 60 digest 0 fails 0 runs 2\n"
        "lane q cursor 60 started - digest 77 fails 0 runs 0\n");
    assert_string_equal(recalled_of(book, wrong, "lane a"),
                        "lane a cursor 34560000 started 50 digest 77 fails 0 "
                        "runs 3\n");
}

/* ---- pauses ---- */

static void pause_is_replaced_and_ends(struct book *book)
{
    struct stored_pause pause;
    assert_false(store_pause_of(book->store, "a", &pause));
    WRITE(book, paused("a", 10, 100, "ana", "deploy"),
          paused("a", 20, 200, "ion", "it isn't \"done\""),
          paused("b", 30, 300, "", ""));
    assert_string_equal(recalled(book, 40),
                        "pause a since 20 until 200 by ion: it isn't "
                        "\"done\"\n"
                        "pause b since 30 until 300 by : \n");
    assert_true(store_pause_of(book->store, "a", &pause));
    assert_string_equal(pause.job, "a");
    assert_string_equal(pause.by, "ion");
    assert_string_equal(pause.reason, "it isn't \"done\"");
    assert_int_equal(pause.since.ms, seconds(20).ms);
    assert_int_equal(pause.until.ms, seconds(200).ms);
    WRITE(book, resumed("a", 50), resumed("a", 51), resumed("c", 51));
    assert_string_equal(recalled(book, 60),
                        "pause b since 30 until 300 by : \n");
    assert_false(store_pause_of(book->store, "a", &pause));
}

/* ---- times without slots ---- */

static struct entry off(const char *job, enum off why, int64_t at_s)
{
    struct entry entry = leave(job);
    entry.why = (uint8_t)why;
    entry.at = seconds(at_s);
    entry.generation = (uint32_t)at_s;
    entry.error = "staging";
    return entry;
}

static struct entry on(const char *job, int64_t at_s)
{
    struct entry entry = lane(job, at_s);
    entry.at = seconds(at_s);
    return entry;
}

static const char *offs_of(struct book *book, const char *job)
{
    struct stored_off offs[STORE_OFFS_MAX];
    size_t count = store_offs(book->store, job, offs, STORE_OFFS_MAX);
    text_clear(&book->text);
    for (size_t i = 0; i < count; i++) {
        text_printf(&book->text, "%d since %lld", offs[i].why,
                    (long long)(offs[i].since.ms - seconds(0).ms) / 1000);
        if (offs[i].until.ms != EVER_MS)
            text_printf(&book->text, " until %lld",
                        (long long)(offs[i].until.ms - seconds(0).ms) / 1000);
        text_printf(&book->text, " #%u %s\n", offs[i].generation,
                    offs[i].environment);
    }
    return book->text.data;
}

static void times_without_slots_are_told(struct book *book)
{
    assert_string_equal(offs_of(book, "a"), "");
    WRITE(book, on("a", 10), off("a", OFF_SETTINGS, 20), off("b", OFF_NOT, 20));
    assert_string_equal(offs_of(book, "a"), "3 since 20 #20 staging\n");
    WRITE(book, off("a", OFF_SETTINGS, 30), on("b", 30)); /* no news of a */
    assert_string_equal(offs_of(book, "a"), "3 since 20 #20 staging\n");
    assert_string_equal(offs_of(book, "b"),
                        "0 since 20 until 30 #20 staging\n");
    next_life(book, "second", 40);
    WRITE(book, off("a", OFF_SETTINGS, 41)); /* nor in another life */
    assert_string_equal(offs_of(book, "a"), "3 since 20 #20 staging\n");
    for (int i = 0; i < 2; i++) /* of the first its commit was not heard */
        WRITE(book, off("a", OFF_ENVIRONMENT, 50), on("a", 60), on("a", 65));
    assert_string_equal(offs_of(book, "a"),
                        "2 since 50 until 60 #50 staging\n"
                        "3 since 20 until 50 #20 staging\n");
    struct stored_off one;
    assert_int_equal(store_offs(book->store, "a", &one, 1), 1);
    assert_int_equal(one.why, OFF_ENVIRONMENT);
}

/* ---- lives ---- */

static void lives_are_told(struct book *book)
{
    struct entry renew = { .kind = ENTRY_RENEW, .at = seconds(70) };
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20));
    WRITE(book, renew);
    renew.at = seconds(99999); /* a clock that was ahead, and is put right */
    WRITE(book, renew);
    renew.at = seconds(70);
    WRITE(book, renew);
    next_life(book, "second", 100);
    renew.at = seconds(130);
    WRITE(book, renew);
    next_life(book, "third", 99999);
    renew.at = seconds(200);
    WRITE(book, renew);
    const char *first = book->driver == BOOK_MEMORY
                            ? "life first began 20 seen 70\n"
                            : "life first began 0 seen 70\n";
    char want[128];
    snprintf(want, sizeof want, "life second began 100 seen 130\n%s", first);
    assert_string_equal(recalled_of(book, 210, "life"), want);
    struct stored_life lives[3];
    assert_int_equal(
        store_lives(book->store, seconds(70), seconds(250), lives, 3), 3);
    assert_string_equal(lives[0].owner, "third");
    assert_string_equal(lives[2].owner, "first");
    assert_false(lives[2].ended);
    assert_int_equal(
        store_lives(book->store, seconds(71), seconds(99), lives, 3), 0);
    assert_int_equal(
        store_lives(book->store, seconds(71), seconds(100), lives, 3), 1);
    assert_string_equal(lives[0].owner, "second");
    assert_int_equal(
        store_lives(book->store, seconds(0), seconds(250), lives, 2), 2);
}

static void only_the_newest_lives_are_recalled(struct book *book)
{
    for (int i = 0; i < STORE_LIVES_MAX + 20; i++)
        next_life(book, "again", 100 + i);
    struct recall recall;
    assert_true(
        store_recall(book->store, seconds(1000), &recall, &book->error));
    assert_int_equal(recall.life_count, STORE_LIVES_MAX);
    assert_int_equal(recall.lives[0].began.ms,
                     seconds(100 + STORE_LIVES_MAX + 18).ms);
    recall_close(&recall);
}

/* ---- plans ---- */

static void plans_grow(struct book *book)
{
    struct plan_note plan = { .generation = 1,
                              .at = seconds(10),
                              .settings = UINT64_C(0xfedcba9876543210),
                              .environment = "production",
                              .tzdata = "2026a",
                              .file = "scripts/schedules.lua",
                              .jobs = 12 };
    struct plan_note read;
    assert_false(store_plan(book->store, &read));
    assert_true(store_publish(book->store, &plan, &book->error));
    assert_true(store_publish(book->store, &plan, &book->error)); /* again */
    plan.at = seconds(11);
    assert_false(store_publish(book->store, &plan, &book->error));
    assert_string_equal(book->error.text,
                        "generation 1 is not newer than 1, which is published "
                        "already");
    plan.generation = 5;
    assert_true(store_publish(book->store, &plan, &book->error));
    plan.generation = 4;
    assert_false(store_publish(book->store, &plan, &book->error));
    assert_true(store_plan(book->store, &read));
    assert_int_equal(read.generation, 5);
    assert_int_equal(read.at.ms, seconds(11).ms);
    assert_true(read.settings == UINT64_C(0xfedcba9876543210));
    assert_string_equal(read.environment, "production");
    assert_string_equal(read.tzdata, "2026a");
    assert_string_equal(read.file, "scripts/schedules.lua");
    assert_int_equal(read.jobs, 12);
    assert_string_equal(recalled_of(book, 20, "generation"), "generation 5\n");
    next_life(book, "second", 30); /* another one: also with the same time */
    plan.generation = 5;
    assert_false(store_publish(book->store, &plan, &book->error));
}

/* ---- leases ---- */

static void lease_is_held_until_it_ends(struct book *book)
{
    assert_true(store_lease(book->store, "prune", seconds(10), 5000));
    assert_true(store_lease(book->store, "prune", seconds(12), 5000));
    next_life(book, "second", 13);
    assert_false(store_lease(book->store, "prune", seconds(16), 5000));
    assert_true(store_lease(book->store, "other", seconds(16), 5000));
    assert_true(store_lease(book->store, "prune", seconds(17), 5000));
}

/* ---- history ---- */

static void history_is_newest_first(struct book *book)
{
    struct entry by_hand = claim("b", 20, 1, 20);
    by_hand.manual = true;
    WRITE(book, claim("b", 20, 1, 20), claim("a", 20, 1, 20),
          claim("a", 10, 1, 10), claim("a", 30, 1, 30), by_hand,
          pass("b", 20, 25, 6, WHY_PAUSED, 26),
          pass("a", 11, 19, 9, WHY_LATE, 20));
    assert_string_equal(
        history_of(book, NULL),
        "a slot 30 claimed schedule epoch 1 attempt 1 started 30 ended - "
        "first\n"
        "b slot 20 claimed schedule epoch 1 attempt 1 started 20 ended - "
        "first\n"
        "a slot 20 claimed schedule epoch 1 attempt 1 started 20 ended - "
        "first\n"
        "b slot 20 manual claimed schedule epoch 1 attempt 1 started 20 ended "
        "- first\n"
        "b slot 20 to 25 (6) missed{paused} schedule epoch 0 attempt 1 started "
        "- ended 26 first\n"
        "a slot 11 to 19 (9) missed{late} schedule epoch 0 attempt 1 started - "
        "ended 20 first\n"
        "a slot 10 claimed schedule epoch 1 attempt 1 started 10 ended - "
        "first\n");
}

/* The slots of what was told: "a30 b20 ...". */
static const char *slots_of(struct book *book, struct history_query query)
{
    char *all = strdup(history_as(book, &query));
    text_clear(&book->text);
    char *rest = all;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char job[16];
        int slot;
        assert_int_equal(sscanf(line, "%15s slot %d", job, &slot), 2);
        text_printf(&book->text, "%s%s%d", book->text.len ? " " : "", job,
                    slot);
    }
    free(all);
    return book->text.data;
}

static void runs_are_recalled_oldest_first(struct book *book)
{
    struct entry by_hand = waits("a", 20, 20);
    by_hand.manual = true;
    WRITE(book, waits("b", 30, 30), waits("b", 10, 10), by_hand,
          waits("a", 40, 40), waits("c", 20, 20), waits("b", 20, 20),
          claim("a", 50, 1, 50), finish("a", 50, 1, VERDICT_OK, 51));
    assert_string_equal(
        recalled_of(book, 60, "run"),
        "run b slot 10 waits schedule attempt 1 epoch 0 generation 7\n"
        "run b slot 20 waits schedule attempt 1 epoch 0 generation 7\n"
        "run c slot 20 waits schedule attempt 1 epoch 0 generation 7\n"
        "run a slot 20 manual waits schedule attempt 1 epoch 0 generation 7\n"
        "run b slot 30 waits schedule attempt 1 epoch 0 generation 7\n"
        "run a slot 40 waits schedule attempt 1 epoch 0 generation 7\n");
}

static void history_is_filtered(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20),
          claim("b", 20, 1, 20), claim("a", 30, 1, 30), waits("a", 40, 40),
          pass("a", 50, 90, 5, WHY_DOWN, 95), claim("b", 60, 1, 60),
          finish("a", 10, 1, VERDICT_OK, 11),
          finish("a", 20, 1, VERDICT_FAILED, 21),
          finish("b", 20, 1, VERDICT_OK, 21));
    struct history_query all = { .from = { EVER_MS },
                                 .to = { NEVER_MS },
                                 .limit = HISTORY_ROWS_MAX };
    struct history_query query = all;
    assert_string_equal(slots_of(book, query), "b60 a50 a40 a30 a20 b20 a10");
    query.job = "b";
    assert_string_equal(slots_of(book, query), "b60 b20");
    query.job = "nobody";
    assert_string_equal(slots_of(book, query), "");
    query = all;
    query.limit = 3;
    assert_string_equal(slots_of(book, query), "b60 a50 a40");
    query.limit = 0;
    assert_string_equal(slots_of(book, query), "");
    query = all;
    query.verdicts = 1u << VERDICT_OK | 1u << VERDICT_MISSED;
    query.limit = 2;
    assert_string_equal(slots_of(book, query), "a50 b20");
    query = all;
    query.from = seconds(20), query.to = seconds(40);
    assert_string_equal(slots_of(book, query), "a40 a30 a20 b20");
    query.job = "a";
    assert_string_equal(slots_of(book, query), "a40 a30 a20");
    /* what touches the time asked for, be it in its middle */
    query.job = NULL;
    query.from = query.to = seconds(70);
    assert_string_equal(slots_of(book, query), "a50");
    query.job = "b";
    assert_string_equal(slots_of(book, query), "");
    query.job = "a";
    query.from = query.to = seconds(91);
    assert_string_equal(slots_of(book, query), "");
}

static bool only_two(void *data, const struct history_row *row)
{
    (void)row;
    return ++*(int *)data < 2;
}

static void history_ends_when_asked(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20),
          claim("a", 30, 1, 30));
    int seen = 0;
    const struct history_query query = { .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = 100 };
    assert_true(
        store_history(book->store, &query, only_two, &seen, &book->error));
    assert_int_equal(seen, 2);
    WRITE(book, claim("a", 40, 1, 40)); /* and nothing is left open */
}

/* What a walk has told. */
struct steps {
    unsigned steps, rows;
    struct history_row last;
    char job[16]; /* of `last` */
};

static bool count_told(void *data, const struct history_row *row)
{
    struct steps *steps = data;
    if (steps->rows++) { /* each once: they come in order */
        assert_true(row->slot.ms <= steps->last.slot.ms);
        if (row->slot.ms == steps->last.slot.ms)
            assert_true(strcmp(row->job, steps->job) > 0);
    }
    steps->last = *row;
    snprintf(steps->job, sizeof steps->job, "%s", row->job);
    return true;
}

/* Walks to the end; `meanwhile` is done after each step. */
static struct steps walked(struct book *book, struct history_query query,
                           void (*meanwhile)(struct book *book, unsigned step))
{
    struct steps steps = { 0 };
    struct history_walk *walk = history_new(&query);
    enum history_step step;
    do {
        unsigned before = steps.rows;
        step =
            history_step(book->store, walk, count_told, &steps, &book->error);
        assert_true(steps.rows - before <= HISTORY_STEP_ROWS);
        meanwhile(book, ++steps.steps);
    } while (step == HISTORY_GOES_ON);
    assert_int_equal(step, HISTORY_OVER);
    history_free(walk);
    return steps;
}

#define WALK_ROWS 1000 /* of each of 50 jobs 20 */

static const char *walk_job(int i)
{
    static char names[50][8];
    snprintf(names[i % 50], sizeof names[0], "j%02d", i % 50);
    return names[i % 50];
}

static void write_walk(struct book *book)
{
    struct entry entries[WALK_ROWS];
    for (int i = 0; i < WALK_ROWS; i++)
        entries[i] = claim(walk_job(i), i, 1, 0);
    write_all(book, entries, WALK_ROWS);
}

/* A slot is claimed and ends, and retention takes one. */
static void live_meanwhile(struct book *book, unsigned step)
{
    const struct retention retention = { 1, 1 };
    struct pruning round = { 0 };
    const int64_t slot_s = 100000 + (int64_t)step;
    WRITE(book, claim("j00", slot_s, 1, 0),
          finish("j00", slot_s, 1, VERDICT_OK, 1));
    if (step == 5)
        store_prune(book->store, &retention, seconds(1), 10000, &round,
                    &book->error);
}

static void nothing_meanwhile(struct book *book, unsigned step)
{
    (void)book;
    (void)step;
}

static void history_is_walked_in_steps(struct book *book)
{
    struct history_query query = { .from = { EVER_MS },
                                   .to = { NEVER_MS },
                                   .limit = HISTORY_ROWS_MAX };
    write_walk(book);
    struct steps all = walked(book, query, live_meanwhile);
    assert_int_equal(all.rows, WALK_ROWS);
    assert_true(all.steps >= WALK_ROWS / HISTORY_STEP_ROWS);
    query.job = "j00";
    query.to = seconds(99999);
    assert_int_equal(walked(book, query, nothing_meanwhile).rows, 20);
    query.job = NULL;
    query.verdicts = 1u << VERDICT_FAILED; /* nobody has it */
    all = walked(book, query, live_meanwhile);
    assert_int_equal(all.rows, 0);
    assert_true(all.steps >= WALK_ROWS / HISTORY_STEP_ROWS);
}

/* As many rows as jobs begin in one slot: not all of them are looked at to
 * tell the first. */
static void history_of_one_slot_is_walked_in_steps(struct book *book)
{
    const struct history_query query = { .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = HISTORY_ROWS_MAX };
    struct entry entries[WALK_ROWS];
    char names[WALK_ROWS][8];
    for (int i = 0; i < WALK_ROWS; i++) {
        snprintf(names[i], sizeof names[i], "n%04d", i);
        entries[i] = claim(names[i], 7, 1, 7);
    }
    write_all(book, entries, WALK_ROWS);
    struct history_query first = query;
    first.limit = 10;
    assert_int_equal(walked(book, first, nothing_meanwhile).rows, 10);
    first.limit = WALK_ROWS;
    first.verdicts = 1u << VERDICT_OK;
    assert_int_equal(walked(book, first, nothing_meanwhile).rows, 0);
}

/* Those that began before the time that is asked for, too. */
static void passes_are_walked_in_steps(struct book *book)
{
    struct entry entries[WALK_ROWS];
    struct history_query query = { .from = seconds(5000),
                                   .to = seconds(6000),
                                   .limit = HISTORY_ROWS_MAX };
    for (int i = 0; i < WALK_ROWS; i++)
        entries[i] = pass(walk_job(i), i, 4000 + i * 2, 3, WHY_DOWN, 9000);
    write_all(book, entries, WALK_ROWS);
    struct steps steps = walked(book, query, live_meanwhile);
    assert_int_equal(steps.rows, WALK_ROWS / 2);
    assert_true(steps.steps >= WALK_ROWS / HISTORY_STEP_ROWS);
    query.job = "j07";
    assert_int_equal(walked(book, query, nothing_meanwhile).rows, 10);
    query.limit = 3;
    assert_int_equal(walked(book, query, nothing_meanwhile).rows, 3);
    query.limit = HISTORY_ROWS_MAX;
    query.verdicts = 1u << VERDICT_OK;
    assert_int_equal(walked(book, query, nothing_meanwhile).rows, 0);
}

static bool copy_row(void *data, const struct history_row *row)
{
    struct history_row *copy = data;
    *copy = *row;
    return false;
}

static struct history_row only_row(struct book *book)
{
    struct history_row row = { 0 };
    const struct history_query query = { .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = 1 };
    assert_true(
        store_history(book->store, &query, copy_row, &row, &book->error));
    return row;
}

/* Of a store that a newer version wrote: words that are not known yet. */
static void unknown_words_are_told_as_numbers(struct book *book)
{
    struct entry begun = claim("a", 10, 1, 10);
    begun.trigger = 200;
    struct entry end = finish("a", 10, 1, (enum verdict)201, 11);
    end.why = 202;
    end.cause = 203;
    end.status = 65535;
    WRITE(book, begun, end);
    struct history_row row = only_row(book);
    assert_int_equal(row.trigger, 200);
    assert_int_equal(row.verdict, 201);
    assert_int_equal(row.why, 202);
    assert_int_equal(row.cause, 203);
    assert_int_equal(row.status, 65535);
    struct history_query query = { .from = { EVER_MS },
                                   .to = { NEVER_MS },
                                   .verdicts = UINT32_MAX,
                                   .limit = 10 };
    assert_string_equal(history_as(book, &query), "");
}

static void numbers_are_kept_whole(struct book *book)
{
    struct entry begun = claim("a", 0, UINT32_MAX, 0);
    begun.slot.ms = begun.cursor.ms = -1;
    begun.generation = UINT32_MAX;
    begun.attempt = UINT32_MAX;
    begun.digest = UINT64_MAX;
    struct entry end = finish("a", 0, UINT32_MAX, VERDICT_OK, 10);
    end.slot.ms = -1;
    end.attempt = UINT32_MAX;
    end.took_ms = INT64_MAX;
    end.fails = UINT32_MAX;
    WRITE(book, begun, end);
    struct history_row row = only_row(book);
    assert_int_equal(row.slot.ms, -1);
    assert_true(row.epoch == UINT32_MAX && row.generation == UINT32_MAX);
    assert_true(row.attempt == UINT32_MAX && row.settings == UINT64_MAX);
    assert_true(row.took_ms == INT64_MAX);
    struct recall recall;
    assert_true(store_recall(book->store, seconds(1), &recall, &book->error));
    assert_true(recall.lanes[0].fails == UINT32_MAX);
    assert_int_equal(recall.lanes[0].cursor.ms, -1);
    recall_close(&recall);
}

/* ---- strings ---- */

static bool same_error(void *data, const struct history_row *row)
{
    assert_string_equal(row->error, data);
    return true;
}

static void expect_error(struct book *book, const char *written, char *kept)
{
    struct entry end = finish("j'ob \"x\"; --", 10, 1, VERDICT_FAILED, 11);
    WRITE(book, claim("j'ob \"x\"; --", 10, 1, 10));
    end.error = written;
    WRITE(book, end);
    const struct history_query query = { .job = "j'ob \"x\"; --",
                                         .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = 1 };
    assert_true(
        store_history(book->store, &query, same_error, kept, &book->error));
}

static void strings_are_kept(struct book *book)
{
    char odd[] = "l'eșec: \"țară\" \x01\t%s; DROP TABLE run";
    expect_error(book, odd, odd);
}

static void long_strings_are_cut_between_characters(struct book *book)
{
    char written[STORE_ERROR_MAX + 10], kept[STORE_ERROR_MAX + 1];
    memset(written, 'x', sizeof written);
    written[sizeof written - 1] = '\0';
    memcpy(written + STORE_ERROR_MAX - 1, "ț", 2); /* half of it would fit */
    memset(kept, 'x', sizeof kept);
    kept[STORE_ERROR_MAX - 1] = '\0';
    expect_error(book, written, kept);
}

static void bytes_that_are_no_text_are_cut(struct book *book)
{
    char written[STORE_ERROR_MAX + 10], kept[STORE_ERROR_MAX + 1];
    memset(written, 'x', sizeof written);
    memset(written + STORE_ERROR_MAX - 8, 0x80, 18);
    written[sizeof written - 1] = '\0';
    memcpy(kept, written, sizeof kept);
    kept[STORE_ERROR_MAX - 4] = '\0';
    expect_error(book, written, kept);
}

static void string_of_the_most_bytes_is_kept(struct book *book)
{
    char kept[STORE_ERROR_MAX + 1];
    memset(kept, 'x', sizeof kept);
    kept[STORE_ERROR_MAX] = '\0';
    expect_error(book, kept, kept);
}

/* ---- many ---- */

#define MANY 10000

static void large_batch(struct book *book)
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

/* ---- retention ---- */

/* A whole round, in each step of which `limit` rows may go; `ret_steps` may be
 * NULL. */
static struct pruning pruned(struct book *book, int64_t keep_s, int64_t rows,
                             int64_t now_s, uint32_t limit,
                             void (*meanwhile)(struct book *book,
                                               unsigned step),
                             unsigned *ret_steps)
{
    const struct retention retention = { keep_s * 1000, rows };
    struct pruning round = { 0 };
    unsigned steps = 0;
    while (!round.over) {
        if (!store_prune(book->store, &retention, seconds(now_s), limit, &round,
                         &book->error))
            fail_msg("%s", book->error.text);
        meanwhile(book, ++steps);
    }
    if (ret_steps)
        *ret_steps = steps;
    return round;
}

static int64_t prune(struct book *book, int64_t keep_s, int64_t rows,
                     int64_t now_s, uint32_t limit)
{
    return pruned(book, keep_s, rows, now_s, limit, nothing_meanwhile, NULL)
        .gone;
}

/* A job that was never on has been off, too; what goes on is not forgotten. */
static void times_without_slots_are_forgotten(struct book *book)
{
    WRITE(book, off("a", OFF_REMOVED, 10), on("a", 20), off("a", OFF_NOT, 30));
    assert_int_equal(prune(book, 100, 1000, 200, 10), 0);
    assert_string_equal(offs_of(book, "a"), "0 since 30 #30 staging\n");
}

static const struct history_query everything = { .from = { EVER_MS },
                                                 .to = { NEVER_MS },
                                                 .limit = HISTORY_ROWS_MAX };

static void prune_by_age(struct book *book)
{
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", i, 1, i), finish("a", i, 1, VERDICT_OK, i),
              claim("b", i, 1, i));
    WRITE(book, finish("b", 3, 1, VERDICT_OK, 50),
          pass("c", 0, 5, 6, WHY_DOWN, 6), pass("c", 7, 8, 2, WHY_DOWN, 9));
    assert_int_equal(prune(book, 100, 1000000, 104, 1000), 4);
    assert_string_equal(
        slots_of(book, everything),
        "a9 b9 a8 b8 a7 b7 c7 a6 b6 a5 b5 a4 b4 b3 b2 b1 b0 c0");
    assert_int_equal(prune(book, 100, 1000000, 1000, 2), 7);
    assert_int_equal(prune(book, 100, 1000000, 1000, 3), 0);
    /* what goes on stays, and the newest of each job */
    assert_string_equal(slots_of(book, everything),
                        "a9 b9 b8 b7 c7 b6 b5 b4 b2 b1 b0");
    assert_int_equal(prune(book, INT64_MAX / 1000, 1000000, 1000, 100), 0);
}

static void prune_by_number(struct book *book)
{
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", i, 1, i), finish("a", i, 1, VERDICT_OK, i));
    assert_int_equal(prune(book, 1000, 7, 20, 2), 3);
    assert_int_equal(prune(book, 1000, 7, 20, 2), 0);
    assert_string_equal(slots_of(book, everything), "a9 a8 a7 a6 a5 a4 a3");
    WRITE(book, claim("a", 10, 1, 10), claim("b", 0, 1, 0),
          finish("b", 0, 1, VERDICT_OK, 0));
    /* the oldest end goes first, but not the newest row of a job */
    assert_int_equal(prune(book, 1000, 7, 20, 10), 2);
    assert_string_equal(slots_of(book, everything), "a10 a9 a8 a7 a6 a5 b0");
    assert_int_equal(prune(book, 1000, 0, 20, 100), 5);
    assert_string_equal(slots_of(book, everything), "a10 b0");
}

static void prune_goes_by_slot(struct book *book)
{
    WRITE(book, pass("a", 0, 50, 51, WHY_DOWN, 60), claim("a", 40, 1, 40),
          finish("a", 40, 1, VERDICT_OK, 41), claim("a", 90, 1, 90));
    assert_int_equal(prune(book, 1000, 2, 200, 10), 1);
    assert_string_equal(slots_of(book, everything), "a90 a40");
    /* by age what ended last stays, whenever it began */
    WRITE(book, pass("b", 0, 50, 51, WHY_DOWN, 60), claim("b", 90, 1, 90));
    assert_int_equal(prune(book, 100, 1000, 150, 10), 1);
    assert_string_equal(slots_of(book, everything), "a90 b90 b0");
}

static void end_meanwhile(struct book *book, unsigned step)
{
    WRITE(book,
          finish("waits", WALK_ROWS + (int64_t)step, 1, VERDICT_OK, 50000));
}

/* A thousand rows that stay lie before the first that goes: they are passed in
 * steps, and what is written between these is safe. */
static void prune_goes_in_steps(struct book *book)
{
    struct entry entries[2 * WALK_ROWS];
    unsigned steps;
    for (int i = 0; i < WALK_ROWS; i++) {
        entries[i] = waits("waits", i, 0);
        entries[WALK_ROWS + i] = waits("waits", WALK_ROWS + i, 0);
    }
    write_all(book, entries, 2 * WALK_ROWS);
    for (int i = 0; i < 10; i++)
        WRITE(book, claim("a", 5000 + i, 1, 5000),
              finish("a", 5000 + i, 1, VERDICT_OK, 5001));
    struct pruning round =
        pruned(book, 100, 1000000, 10000, 20, end_meanwhile, &steps);
    assert_int_equal(round.gone, 9);
    assert_int_equal(round.upto.ms, seconds(5008).ms);
    assert_true(steps >= 2 * WALK_ROWS / 100);
    /* what ended while it went on, and is too much */
    round = pruned(book, 60000, 2 * WALK_ROWS - 9, 60000, 100,
                   nothing_meanwhile, NULL);
    assert_int_equal(round.gone, 10);
    assert_int_equal(round.upto.ms, seconds(WALK_ROWS + 10).ms);
}

static void prune_forgets_lives_and_plans(struct book *book)
{
    struct plan_note plan = {
        .at = seconds(10), .environment = "", .tzdata = "", .file = ""
    };
    WRITE(book, claim("a", 10, 1, 10), finish("a", 10, 1, VERDICT_OK, 11));
    for (uint32_t i = 1; i <= 3; i++) {
        plan.generation = i;
        assert_true(store_publish(book->store, &plan, &book->error));
    }
    for (int i = 0; i < STORE_LIVES_MAX + 20; i++)
        next_life(book, "again", 100);
    assert_int_equal(prune(book, 1000, 1000, 100000, 100), 0);
    static struct stored_life lives[2 * STORE_LIVES_MAX];
    assert_int_equal(store_lives(book->store, seconds(0), seconds(100000),
                                 lives, 2 * STORE_LIVES_MAX),
                     STORE_LIVES_MAX);
    assert_true(store_plan(book->store, &plan));
    assert_int_equal(plan.generation, 3);
    assert_string_equal(history_of(book, NULL),
                        "a slot 10 ok{} schedule epoch 1 attempt 1 started 10 "
                        "ended 11 http 200 \n");
    assert_false(store_publish(book->store, &plan, &book->error));
}

/* ---- all of it, twice ---- */

static const struct promise {
    const char *name;
    void (*keep)(struct book *book);
} promises[] = {
#define PROMISE(name)                                                          \
    {                                                                          \
#name, name                                                            \
    }
    PROMISE(claim_is_exact),
    PROMISE(ended_is_not_claimed_again),
    PROMISE(manual_is_a_slot_of_its_own),
    PROMISE(batch_may_be_written_twice),
    PROMISE(wait_becomes_claim_becomes_verdict),
    PROMISE(what_may_have_been_sent),
    PROMISE(claim_of_a_wait_begins_anew),
    PROMISE(dead_life_is_taken_over),
    PROMISE(older_epoch_is_fenced),
    PROMISE(what_was_given_up_is_ended),
    PROMISE(nothing_else_of_a_batch_is_lost),
    PROMISE(backfill_runs_what_was_not_ok),
    PROMISE(backfill_may_wait),
    PROMISE(overlap_is_seen_across_lives),
    PROMISE(cursor_is_set_once),
    PROMISE(cursor_of_a_wrong_clock),
    PROMISE(pause_is_replaced_and_ends),
    PROMISE(runs_are_recalled_oldest_first),
    PROMISE(times_without_slots_are_told),
    PROMISE(times_without_slots_are_forgotten),
    PROMISE(lives_are_told),
    PROMISE(only_the_newest_lives_are_recalled),
    PROMISE(plans_grow),
    PROMISE(lease_is_held_until_it_ends),
    PROMISE(history_is_newest_first),
    PROMISE(history_is_filtered),
    PROMISE(history_ends_when_asked),
    PROMISE(history_is_walked_in_steps),
    PROMISE(history_of_one_slot_is_walked_in_steps),
    PROMISE(passes_are_walked_in_steps),
    PROMISE(unknown_words_are_told_as_numbers),
    PROMISE(numbers_are_kept_whole),
    PROMISE(strings_are_kept),
    PROMISE(long_strings_are_cut_between_characters),
    PROMISE(bytes_that_are_no_text_are_cut),
    PROMISE(string_of_the_most_bytes_is_kept),
    PROMISE(large_batch),
    PROMISE(prune_by_age),
    PROMISE(prune_by_number),
    PROMISE(prune_goes_by_slot),
    PROMISE(prune_goes_in_steps),
    PROMISE(prune_forgets_lives_and_plans),
};
#define PROMISES (sizeof promises / sizeof *promises)
#define DRIVERS  2

static void keep_with(const struct promise *promise, enum book_driver driver)
{
    struct book book;
    book_open(&book, driver);
    promise->keep(&book);
    book_close(&book);
}

static void with_memory(void **state)
{
    keep_with(*state, BOOK_MEMORY);
}

static void with_sqlite(void **state)
{
    keep_with(*state, BOOK_SQLITE);
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } drivers[] = { { "memory", with_memory }, { "SQLite", with_sqlite } };
    static struct CMUnitTest tests[DRIVERS * PROMISES];
    static char names[DRIVERS * PROMISES][96];
    for (size_t i = 0; i < DRIVERS * PROMISES; i++) {
        const struct promise *promise = &promises[i % PROMISES];
        snprintf(names[i], sizeof names[i], "%s: %s",
                 drivers[i / PROMISES].name, promise->name);
        tests[i] = (struct CMUnitTest){
            .name = names[i],
            .test_func = drivers[i / PROMISES].test,
            .initial_state = (void *)(uintptr_t)promise,
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
