/* What happened, newest first. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

#define ALWAYS       .from.ms = EVER_MS, .to.ms = NEVER_MS
#define AT(after_s)  (T0 + (after_s)*1000)
#define OK_OR_MISSED (1u << VERDICT_OK | 1u << VERDICT_MISSED)

static void history_is_filtered(struct book *book)
{
    WRITE(book, claim("a", 10, 1, 10), claim("a", 20, 1, 20),
          claim("b", 20, 1, 20), claim("a", 30, 1, 30), waits("a", 40, 40),
          pass("a", 50, 90, 5, WHY_DOWN, 95), claim("b", 60, 1, 60),
          finish("a", 10, 1, VERDICT_OK, 11),
          finish("a", 20, 1, VERDICT_FAILED, 21),
          finish("b", 20, 1, VERDICT_OK, 21));
    static const struct {
        struct history_query query;
        const char *slots;
    } rows[] = {
        { { ALWAYS, .limit = 9 }, "b60 a50 a40 a30 a20 b20 a10" },
        { { .job = "b", ALWAYS, .limit = 9 }, "b60 b20" },
        { { .job = "nobody", ALWAYS, .limit = 9 }, "" },
        { { ALWAYS, .limit = 3 }, "b60 a50 a40" },
        { { ALWAYS, .limit = 0 }, "" },
        { { ALWAYS, .verdicts = OK_OR_MISSED, .limit = 2 }, "a50 b20" },
        { { .from.ms = AT(20), .to.ms = AT(40), .limit = 9 },
          "a40 a30 a20 b20" },
        { { .job = "a", .from.ms = AT(20), .to.ms = AT(40), .limit = 9 },
          "a40 a30 a20" },
        /* what touches the time asked for, be it in its middle */
        { { .from.ms = AT(70), .to.ms = AT(70), .limit = 9 }, "a50" },
        { { .job = "b", .from.ms = AT(70), .to.ms = AT(70), .limit = 9 }, "" },
        { { .job = "a", .from.ms = AT(91), .to.ms = AT(91), .limit = 9 }, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(slots_of(book, &rows[i].query), rows[i].slots);
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
    assert_true(
        store_history(book->store, &everything, only_two, &seen, &book->error));
    assert_int_equal(seen, 2);
    WRITE(book, claim("a", 40, 1, 40)); /* and nothing is left open */
}

const struct promise promises_of_history[] = {
    PROMISE(history_is_newest_first),
    PROMISE(history_is_filtered),
    PROMISE(history_ends_when_asked),
    { NULL, NULL },
};
