/* Both drivers, given the same by seed, answer the same: outcomes, recall and
 * history, over lives, batches written twice and what retention leaves. */
#include "book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS     60
#define STEPS     60
#define BATCH_MAX 12
#define SLOTS     8

static const char *const jobs[] = { "a", "b", "c" };

struct pair {
    struct book memory, sqlite;
    uint64_t seed, first;
    int64_t now_s;
    struct entry batch[BATCH_MAX];
    size_t count;
};

static uint64_t draw(struct pair *pair, uint64_t below)
{
    pair->seed ^= pair->seed << 13; /* xorshift64 */
    pair->seed ^= pair->seed >> 7;
    pair->seed ^= pair->seed << 17;
    return pair->seed % below;
}

/* Few jobs, slots and epochs: meetings are the rule. */
static struct entry draw_entry(struct pair *pair)
{
    const char *job = jobs[draw(pair, 3)];
    int64_t slot = (int64_t)draw(pair, SLOTS), at = pair->now_s;
    uint32_t epoch = (uint32_t)draw(pair, 4);
    static const enum verdict verdicts[] = { VERDICT_OK,      VERDICT_FAILED,
                                             VERDICT_UNKNOWN, VERDICT_SKIPPED,
                                             VERDICT_MISSED,  30 };
    struct entry entry;
    switch (draw(pair, 12)) {
    case 0:
        entry = lane(job, slot);
        break;
    case 1:
        entry = leave(job);
        break;
    case 2:
        entry = waits(job, slot, at);
        break;
    case 3:
    case 4:
    case 5:
        entry = claim(job, slot, epoch, at);
        break;
    case 6:
        entry = attempt(job, slot, epoch, epoch + 1, at);
        break;
    case 7:
    case 8:
        entry = finish(job, slot, epoch, verdicts[draw(pair, 6)], at);
        break;
    case 9:
        entry = pass(job, slot, slot + (int64_t)draw(pair, 4), 3, WHY_DOWN, at);
        break;
    case 10:
        entry = draw(pair, 2) ? paused(job, at, at + 9, "ana", "")
                              : resumed(job, at);
        break;
    default:
        entry = (struct entry){ .kind = ENTRY_RENEW };
    }
    entry.at = seconds(at);
    entry.manual = draw(pair, 4) == 0;
    entry.no_overlap = draw(pair, 2);
    entry.fails = (uint32_t)draw(pair, 5);
    entry.trigger = (uint8_t)draw(pair, TRIGGERS);
    return entry;
}

/* Whether all was done. */
static bool write_both(struct pair *pair)
{
    bool done = true;
    enum entry_outcome memory[BATCH_MAX], sqlite[BATCH_MAX];
    struct error error;
    if (!store_write(pair->memory.store, pair->batch, pair->count, memory,
                     &error) ||
        !store_write(pair->sqlite.store, pair->batch, pair->count, sqlite,
                     &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < pair->count; i++) {
        if (memory[i] != sqlite[i])
            fail_msg("seed %llu: entry %zu is %d in memory, %d in SQLite",
                     (unsigned long long)pair->first, i, memory[i], sqlite[i]);
        done = done && memory[i] == ENTRY_DONE;
    }
    return done;
}

static void agree(struct pair *pair, const char *one, const char *other)
{
    if (!strcmp(one, other))
        return;
    while (*one && *one == *other) {
        const char *end = strchr(one, '\n');
        if (strncmp(one, other, (size_t)(end - one) + 1))
            break;
        other += end - one + 1;
        one = end + 1;
    }
    fail_msg("seed %llu, second %lld: the one says\n%.150s\nthe other\n%.150s",
             (unsigned long long)pair->first, (long long)pair->now_s, one,
             other);
}

static void agree_on_all(struct pair *pair)
{
    agree(pair, recalled(&pair->memory, pair->now_s),
          recalled(&pair->sqlite, pair->now_s));
    agree(pair, recalled(&pair->memory, 3), recalled(&pair->sqlite, 3));
    agree(pair, history_of(&pair->memory, NULL),
          history_of(&pair->sqlite, NULL));
    const struct history_query query = {
        .job = draw(pair, 2) ? jobs[draw(pair, 3)] : NULL,
        .from = seconds((int64_t)draw(pair, SLOTS)),
        .to = seconds((int64_t)draw(pair, SLOTS)),
        .verdicts = (uint32_t)draw(pair, 3) * (uint32_t)draw(pair, 64),
        .limit = (uint32_t)draw(pair, 9),
    };
    agree(pair, history_as(&pair->memory, &query),
          history_as(&pair->sqlite, &query));
}

static void prune_both(struct pair *pair)
{
    const struct retention retention = {
        .keep_ms = (int64_t)draw(pair, 40) * 1000,
        .keep_rows = (int64_t)draw(pair, 40),
    };
    uint32_t limit = 1 + (uint32_t)draw(pair, 6);
    struct pruning memory =
        prune_round(&pair->memory, &retention, pair->now_s, limit);
    struct pruning sqlite =
        prune_round(&pair->sqlite, &retention, pair->now_s, limit);
    if (memory.gone != sqlite.gone || memory.upto.ms != sqlite.upto.ms)
        fail_msg("seed %llu: %lld rows went in memory, %lld in SQLite",
                 (unsigned long long)pair->first, (long long)memory.gone,
                 (long long)sqlite.gone);
}

static void live_on(struct pair *pair)
{
    struct error error;
    char owner[16];
    snprintf(owner, sizeof owner, "life-%llu",
             (unsigned long long)draw(pair, 100));
    assert_true(store_next_life(pair->memory.store, owner, seconds(pair->now_s),
                                &error));
    assert_true(store_next_life(pair->sqlite.store, owner, seconds(pair->now_s),
                                &error));
}

/* A worker has one thing at a time to say of a run. */
static bool is_plain(const struct pair *pair)
{
    for (size_t i = 0; i < pair->count; i++)
        for (size_t k = 0; k < i; k++)
            if (pair->batch[i].job && pair->batch[k].job &&
                !strcmp(pair->batch[i].job, pair->batch[k].job) &&
                pair->batch[i].slot.ms == pair->batch[k].slot.ms)
                return false;
    return true;
}

/* Of a batch that was done, a second writing changes nothing. */
static void write_again(struct pair *pair)
{
    char *before = strdup(recalled(&pair->memory, pair->now_s));
    char *history = strdup(history_of(&pair->memory, NULL));
    write_both(pair);
    agree(pair, before, recalled(&pair->memory, pair->now_s));
    agree(pair, history, history_of(&pair->memory, NULL));
    free(before);
    free(history);
}

static void step(struct pair *pair)
{
    pair->now_s++;
    switch (draw(pair, 12)) {
    case 0:
        live_on(pair);
        return;
    case 1:
        prune_both(pair);
        return;
    default:
        pair->count = draw(pair, draw(pair, BATCH_MAX) + 1) + 1;
        for (size_t i = 0; i < pair->count; i++)
            pair->batch[i] = draw_entry(pair);
        if (write_both(pair) && is_plain(pair))
            write_again(pair);
        else if (draw(pair, 3) == 0)
            write_both(pair);
    }
}

static void test_drivers_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct pair pair = { .seed = seed * UINT64_C(0x9e3779b97f4a7c15),
                             .first = seed };
        book_open(&pair.memory, BOOK_MEMORY);
        book_open(&pair.sqlite, BOOK_SQLITE);
        pair.batch[0] = lane("a", 0); /* the lives of both begin with it */
        pair.count = 1;
        write_both(&pair);
        for (int i = 0; i < STEPS; i++) {
            step(&pair);
            agree_on_all(&pair);
        }
        book_close(&pair.memory);
        book_close(&pair.sqlite);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drivers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
