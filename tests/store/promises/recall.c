/* What a life is told when it begins: cursors, pauses, and the runs that are
 * open. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

const struct promise promises_of_recall[] = {
    PROMISE(cursor_is_set_once),
    PROMISE(cursor_of_a_wrong_clock),
    PROMISE(pause_is_replaced_and_ends),
    PROMISE(runs_are_recalled_oldest_first),
    { NULL, NULL },
};
