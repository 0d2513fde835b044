/* A long history is told in steps, between which others write. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WALK_ROWS 1000 /* of each of 50 jobs 20 */

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

/* Walks to the end; `meanwhile`, which may be NULL, is done after each step. */
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
        steps.steps++;
        if (meanwhile)
            meanwhile(book, steps.steps);
    } while (step == HISTORY_GOES_ON);
    assert_int_equal(step, HISTORY_OVER);
    history_free(walk);
    return steps;
}

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
        assert_true(store_prune(book->store, &retention, seconds(1), 10000,
                                &round, &book->error));
}

static void history_is_walked_in_steps(struct book *book)
{
    struct history_query query = everything;
    write_walk(book);
    struct steps all = walked(book, query, live_meanwhile);
    assert_int_equal(all.rows, WALK_ROWS);
    assert_true(all.steps >= WALK_ROWS / HISTORY_STEP_ROWS);
    query.job = "j00";
    query.to = seconds(99999);
    assert_int_equal(walked(book, query, NULL).rows, 20);
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
    struct history_query query = everything;
    struct entry entries[WALK_ROWS];
    char names[WALK_ROWS][8];
    for (int i = 0; i < WALK_ROWS; i++) {
        snprintf(names[i], sizeof names[i], "n%04d", i);
        entries[i] = claim(names[i], 7, 1, 7);
    }
    write_all(book, entries, WALK_ROWS);
    query.limit = 10;
    struct steps first = walked(book, query, NULL);
    assert_int_equal(first.rows, 10);
    assert_int_equal(first.steps, 1);
    query.limit = WALK_ROWS;
    query.verdicts = 1u << VERDICT_OK;
    struct steps all = walked(book, query, NULL);
    assert_int_equal(all.rows, 0);
    if (book->driver == BOOK_SQLITE) /* in memory a step has a row a job */
        assert_true(all.steps >= WALK_ROWS / HISTORY_STEP_ROWS);
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
    assert_int_equal(walked(book, query, NULL).rows, 10);
    query.limit = 3;
    assert_int_equal(walked(book, query, NULL).rows, 3);
    query.limit = HISTORY_ROWS_MAX;
    query.verdicts = 1u << VERDICT_OK;
    assert_int_equal(walked(book, query, NULL).rows, 0);
}

const struct promise promises_of_walks[] = {
    PROMISE(history_is_walked_in_steps),
    PROMISE(history_of_one_slot_is_walked_in_steps),
    PROMISE(passes_are_walked_in_steps),
    { NULL, NULL },
};
