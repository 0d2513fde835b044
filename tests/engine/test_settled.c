/* What a backfill passes by, of a real store. */
#include "settled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mooncron/memory.h"

#define MINUTE 60000
#define ROWS   (HISTORY_ROWS_MAX + 10) /* more than a page */

static struct entry entry_of(enum entry_kind kind, int64_t slot_ms)
{
    return (struct entry){ .kind = kind,
                           .job = "rank",
                           .at = { slot_ms },
                           .cursor = { EVER_MS },
                           .slot = { slot_ms },
                           .last = { slot_ms },
                           .attempt = 1,
                           .epoch = 1 };
}

static void write_all(struct store *store, struct entry *entries, size_t count)
{
    struct error error;
    enum entry_outcome *outcomes = memory_new(count * sizeof *outcomes);
    assert_true(store_write(store, entries, count, outcomes, &error));
    free(outcomes);
}

static struct settled *read_all(struct store *store, int64_t from_ms,
                                int64_t to_ms)
{
    struct error error;
    struct settled *settled =
        settled_new("rank", (struct wall){ from_ms }, (struct wall){ to_ms });
    enum history_step step;
    do
        step = settled_read(settled, store, &error);
    while (step == HISTORY_GOES_ON);
    assert_int_equal(step, HISTORY_OVER);
    return settled;
}

static void what_may_be_run_again_is_left_out(void **state)
{
    (void)state;
    struct store *store = store_open_memory("test");
    struct entry entries[] = {
        entry_of(ENTRY_CLAIM, 1 * MINUTE), entry_of(ENTRY_FINISH, 1 * MINUTE),
        entry_of(ENTRY_CLAIM, 2 * MINUTE), entry_of(ENTRY_FINISH, 2 * MINUTE),
        entry_of(ENTRY_CLAIM, 3 * MINUTE), entry_of(ENTRY_WAIT, 4 * MINUTE),
        entry_of(ENTRY_PASS, 5 * MINUTE),  entry_of(ENTRY_CLAIM, 6 * MINUTE),
        entry_of(ENTRY_CLAIM, 9 * MINUTE),
    };
    entries[1].verdict = VERDICT_OK;
    entries[3].verdict = VERDICT_FAILED;
    entries[6].verdict = VERDICT_MISSED;
    entries[6].count = 1;
    entries[7].manual = true;
    write_all(store, entries, sizeof entries / sizeof *entries);
    struct settled *settled = read_all(store, MINUTE, 8 * MINUTE);
    assert_int_equal(settled->count, 3);
    static const int64_t slots[] = { 1, 3, 4 };
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(settled->list[i].slot.ms, slots[i] * MINUTE);
        assert_int_equal(settled->list[i].waits, i > 0);
    }
    settled_free(settled);
    settled = read_all(store, 7 * MINUTE, 8 * MINUTE);
    assert_true(settled->count == 0 && settled->list);
    settled_free(settled);
    store_close(store, (struct wall){ 10 * MINUTE });
}

static void there_are_more_than_a_page(void **state)
{
    (void)state;
    struct store *store = store_open_memory("test");
    struct entry *entries = memory_new(ROWS * sizeof *entries);
    for (int64_t i = 0; i < ROWS; i++)
        entries[i] = entry_of(ENTRY_WAIT, i * MINUTE);
    write_all(store, entries, ROWS);
    free(entries);
    struct settled *settled = read_all(store, 0, ROWS * MINUTE);
    assert_int_equal(settled->count, ROWS);
    for (int64_t i = 0; i < ROWS; i++)
        assert_int_equal(settled->list[i].slot.ms, i * MINUTE);
    settled_free(settled);
    store_close(store, (struct wall){ ROWS * MINUTE });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_run_again_is_left_out),
        cmocka_unit_test(there_are_more_than_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
