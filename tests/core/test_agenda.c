/* The agenda against a list that is searched from end to end, by seed. */
#include "../../engine/core/agenda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODEL_MAX 2000

struct model {
    struct agenda_entry entries[MODEL_MAX];
    size_t count;
};

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13; /* xorshift64 */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t model_first(const struct model *model)
{
    size_t first = 0;
    for (size_t i = 1; i < model->count; i++) {
        const struct agenda_entry *a = &model->entries[i];
        const struct agenda_entry *b = &model->entries[first];
        if (a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->id < b->id))
            first = i;
    }
    return first;
}

/* Few dues and many ids: ties are the rule. */
static struct agenda_entry draw_entry(uint64_t *seed, uint32_t id)
{
    return (struct agenda_entry){ .due_ms = (int64_t)(draw(seed) % 20) - 5,
                                  .id = id,
                                  .stamp = (uint32_t)draw(seed) };
}

static void agree(const struct agenda *agenda, const struct model *model,
                  uint64_t seed)
{
    const struct agenda_entry *first = agenda_first(agenda);
    if (!model->count) {
        assert_null(first);
        return;
    }
    const struct agenda_entry *want = &model->entries[model_first(model)];
    if (!first || first->due_ms != want->due_ms || first->id != want->id ||
        first->stamp != want->stamp)
        fail_msg("seed %llu: the first entry is another",
                 (unsigned long long)seed);
}

static void model_push(struct model *model, struct agenda_entry entry)
{
    model->entries[model->count++] = entry;
}

static void model_pop(struct model *model)
{
    size_t first = model_first(model);
    model->entries[first] = model->entries[--model->count];
}

static void one_seed(uint64_t start)
{
    uint64_t seed = start;
    struct agenda agenda = { 0 };
    struct model *model = calloc(1, sizeof *model);
    uint32_t id = 0;
    for (; id < draw(&seed) % 60; id++) { /* filled whole, then ordered */
        struct agenda_entry entry = draw_entry(&seed, id);
        agenda_append(&agenda, entry);
        model_push(model, entry);
    }
    agenda_order(&agenda);
    for (int step = 0; step < 600; step++) {
        agree(&agenda, model, start);
        uint64_t act = draw(&seed) % 3;
        if (act == 0 || !model->count) {
            struct agenda_entry entry = draw_entry(&seed, id++);
            agenda_push(&agenda, entry);
            model_push(model, entry);
        } else if (act == 1) {
            agenda_pop(&agenda);
            model_pop(model);
        } else {
            struct agenda_entry *first = &model->entries[model_first(model)];
            first->due_ms += (int64_t)(draw(&seed) % 9);
            agenda_move_first(&agenda, first->due_ms);
        }
    }
    for (; model->count; model_pop(model), agenda_pop(&agenda))
        agree(&agenda, model, start);
    agree(&agenda, model, start);
    agenda_close(&agenda);
    free(model);
}

static void test_against_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++)
        one_seed(seed);
}

static void test_clear(void **state)
{
    (void)state;
    struct agenda agenda = { 0 };
    assert_null(agenda_first(&agenda));
    agenda_order(&agenda);
    agenda_push(&agenda, (struct agenda_entry){ .due_ms = 1, .id = 1 });
    agenda_clear(&agenda);
    assert_null(agenda_first(&agenda));
    agenda_push(&agenda, (struct agenda_entry){ .due_ms = 2, .id = 2 });
    assert_int_equal(agenda_first(&agenda)->id, 2);
    agenda_close(&agenda);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
