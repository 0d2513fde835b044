/* When a job had no slots, and why. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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
                    (long long)(offs[i].since.ms - T0) / 1000);
        if (offs[i].until.ms != EVER_MS)
            text_printf(&book->text, " until %lld",
                        (long long)(offs[i].until.ms - T0) / 1000);
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

/* A job that was never on has been off, too; what goes on is not forgotten. */
static void times_without_slots_are_forgotten(struct book *book)
{
    const struct retention retention = { 100 * 1000, 1000 };
    WRITE(book, off("a", OFF_REMOVED, 10), on("a", 20), off("a", OFF_NOT, 30));
    assert_int_equal(prune_round(book, &retention, 200, 10).gone, 0);
    assert_string_equal(offs_of(book, "a"), "0 since 30 #30 staging\n");
}

const struct promise promises_of_offs[] = {
    PROMISE(times_without_slots_are_told),
    PROMISE(times_without_slots_are_forgotten),
    { NULL, NULL },
};
