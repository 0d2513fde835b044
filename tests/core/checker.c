/* One function for each action that promises something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checker.h"
#include "mooncron/memory.h"

void checker_ask(struct checker *checker, uint64_t asker)
{
    if (!asker)
        return;
    assert_int_equal(*map_at(&checker->asked, asker), 0);
    *map_at(&checker->asked, asker) = 1;
    checker->open_asks++;
}

static void see_reply(struct checker *checker, uint64_t asker)
{
    assert_int_equal(*map_at(&checker->asked, asker), 1);
    *map_at(&checker->asked, asker) = 2;
    checker->open_asks--;
}

static struct going *going_find(struct checker *checker, struct run_id run)
{
    uint64_t place = *map_at(&checker->places, run.value);
    return place ? &checker->going[place - 1] : NULL;
}

static uint32_t group_of(const struct jobset *set, const char *name)
{
    uint32_t index = jobset_find(set, name);
    return index == UINT32_MAX ||
                   jobset_job(set, index)->standing != STANDING_SCHEDULED
               ? JOB_NO_GROUP
               : jobset_job(set, index)->group;
}

/* Counts the run that is being started as well. */
static void check_limit(const struct checker *checker, uint32_t group)
{
    uint32_t live = 1;
    for (size_t i = 0; i < checker->count; i++)
        live += group_of(checker->set, checker->going[i].name) == group;
    assert_true(live <= jobset_group(checker->set, group)->limit);
}

static void see_start(struct checker *checker, const struct action *act)
{
    const struct job *job = act->note.job;
    uint64_t *fired =
        map_at(&checker->fired, map_key(job->name, act->note.key.slot.ms));
    if ((*fired)++)
        fail_msg("%s: slot %lld was fired twice", job->name,
                 (long long)act->note.key.slot.ms);
    uint64_t *number = map_at(&checker->ids, act->note.run.value);
    assert_int_equal(*number, 0); /* an id is never used again */
    *number = ++checker->starts;
    uint64_t *lane = map_at(&checker->lanes, map_key(job->name, 0));
    if ((*lane)++ && job->overlap == OVERLAP_SKIP)
        fail_msg("%s: two runs at once", job->name);
    assert_int_equal(act->note.generation, checker->generation);
    if (job->group != JOB_NO_GROUP)
        check_limit(checker, job->group);
    if (checker->count == checker->cap) {
        checker->cap = checker->cap ? checker->cap * 2 : 16;
        checker->going =
            memory_resize(checker->going, checker->cap, sizeof *checker->going);
    }
    checker->going[checker->count++] =
        (struct going){ .id = act->note.run.value,
                        .name = job->name,
                        .slot = act->note.key.slot,
                        .generation = act->note.generation,
                        .number = checker->starts };
    *map_at(&checker->places, act->note.run.value) = checker->count;
}

static void see_finish(struct checker *checker, const struct action *act)
{
    struct going *going = going_find(checker, act->finish.note.run);
    assert_non_null(going); /* it was started, and not finished before */
    assert_string_equal(going->name, act->finish.note.job->name);
    assert_int_equal(going->slot.ms, act->finish.note.key.slot.ms);
    assert_int_equal(going->generation, act->finish.note.generation);
    assert_true(act->finish.took_ms >= 0);
    --*map_at(&checker->lanes, map_key(going->name, 0));
    *map_at(&checker->places, going->id) = 0;
    *going = checker->going[--checker->count];
    if (going != &checker->going[checker->count])
        *map_at(&checker->places, going->id) =
            (uint64_t)(going - checker->going) + 1;
    checker->finishes++;
}

/* A slot may be told as missed and come after all, where the clock was set; the
 * other way round would be a second verdict. */
static void see_pass(struct checker *checker, const struct action *act)
{
    const struct job *job = act->pass.job;
    int64_t count = 0;
    for (struct wall slot = act->pass.first; slot.ms <= act->pass.last.ms;
         slot = schedule_next(&job->schedule, slot), count++) {
        uint64_t key = map_key(job->name, slot.ms);
        if (*map_at(&checker->fired, key))
            fail_msg("%s: slot %lld was fired, and passed over as %s",
                     job->name, (long long)slot.ms, why_names[act->pass.why]);
        *map_at(&checker->passed, key) = 1;
    }
    assert_true(count >= 1);
    assert_int_equal(count, act->pass.count);
    checker->passes++;
    checker->passed_slots += count;
}

static void see_retire(struct checker *checker, uint32_t generation)
{
    assert_int_equal((*map_at(&checker->gone, generation))++, 0);
    assert_true(generation < checker->generation);
    for (size_t i = 0; i < checker->count; i++)
        assert_true(checker->going[i].generation != generation);
}

void checker_see(struct checker *checker, const struct core *core,
                 const struct action *act)
{
    switch (act->kind) {
    case ACT_SWAP:
        assert_true(act->swap.report.generation > checker->generation);
        checker->generation = act->swap.report.generation;
        checker->set = core_status(core).set;
        break;
    case ACT_REPLY:
        see_reply(checker, act->reply.asker);
        break;
    case ACT_START:
        see_start(checker, act);
        break;
    case ACT_CANCEL:
        assert_non_null(going_find(checker, act->cancel.run));
        break;
    case ACT_WAKE:
        assert_non_null(going_find(checker, act->wake.run));
        break;
    case ACT_FINISH:
        see_finish(checker, act);
        break;
    case ACT_PASS:
        see_pass(checker, act);
        break;
    case ACT_RETIRE:
        see_retire(checker, act->retire.generation);
        break;
    default:
        break;
    }
}

bool checker_told(struct checker *checker, const char *name, int64_t slot_ms)
{
    uint64_t key = map_key(name, slot_ms);
    return *map_at(&checker->fired, key) || *map_at(&checker->passed, key);
}

uint32_t checker_number(struct checker *checker, struct run_id run)
{
    return (uint32_t)*map_at(&checker->ids, run.value);
}

struct run_id checker_run(const struct checker *checker, uint32_t number)
{
    for (size_t i = 0; i < checker->count; i++)
        if (checker->going[i].number == number)
            return (struct run_id){ checker->going[i].id };
    return (struct run_id){ 0 };
}

void checker_close(struct checker *checker)
{
    map_close(&checker->fired);
    map_close(&checker->passed);
    map_close(&checker->ids);
    map_close(&checker->places);
    map_close(&checker->lanes);
    map_close(&checker->asked);
    map_close(&checker->gone);
    free(checker->going);
}
