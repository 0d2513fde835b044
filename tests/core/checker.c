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

/* ---- what goes on ---- */

static struct going *going_find(struct checker *checker, struct run_id run)
{
    uint64_t place = *map_at(&checker->places, run.value);
    return place ? &checker->going[place - 1] : NULL;
}

static struct going *going_add(struct checker *checker,
                               const struct run_note *note)
{
    assert_null(going_find(checker, note->run));
    assert_int_equal(*map_at(&checker->ids, note->run.value), 0);
    if (checker->count == checker->cap) {
        checker->cap = checker->cap ? checker->cap * 2 : 16;
        checker->going =
            memory_resize(checker->going, checker->cap, sizeof *checker->going);
    }
    struct going *going = &checker->going[checker->count++];
    *going = (struct going){ .id = note->run.value,
                             .name = note->name,
                             .key = note->key,
                             .generation = note->generation,
                             .attempt = note->attempt,
                             .epoch = note->epoch };
    *map_at(&checker->places, going->id) = checker->count;
    return going;
}

static void going_remove(struct checker *checker, struct going *going)
{
    if (!going->hook)
        --*map_at(&checker->lanes, map_key(going->name, 0));
    *map_at(&checker->places, going->id) = 0;
    *going = checker->going[--checker->count];
    if (going != &checker->going[checker->count])
        *map_at(&checker->places, going->id) =
            (uint64_t)(going - checker->going) + 1;
}

/* ---- what forbids a run ---- */

static uint32_t group_of(const struct jobset *set, const char *name)
{
    uint32_t index = jobset_find(set, name);
    return index == UINT32_MAX ||
                   jobset_job(set, index)->standing != STANDING_SCHEDULED
               ? JOB_NO_GROUP
               : jobset_job(set, index)->group;
}

/* The run that begins is among them. */
static void check_limit(const struct checker *checker, uint32_t group)
{
    uint32_t live = 0;
    for (size_t i = 0; i < checker->count; i++)
        live += !checker->going[i].hook &&
                group_of(checker->set, checker->going[i].name) == group;
    assert_true(live <= jobset_group(checker->set, group)->limit);
}

/* A run that was asked for by hand may have been forced. */
static void check_overlap(struct checker *checker, const struct job *job,
                          const struct run_note *note)
{
    uint64_t going = (*map_at(&checker->lanes, map_key(job->name, 0)))++;
    uint64_t most = job->overlap == OVERLAP_ALLOW ? job->overlap_max : 1;
    if (!note->key.manual && most && going >= most)
        fail_msg("%s: %u runs at once", job->name, (unsigned)going + 1);
}

/* A run begins: its claim is asked for, or it is started without one. */
static struct going *see_begin(struct checker *checker,
                               const struct run_note *note, struct wall now)
{
    const struct job *job = note->job;
    uint64_t key = model_key(job->name, note->key);
    bool asked = note->key.manual || note->trigger == TRIGGER_BACKFILL;
    if (*map_at(&checker->passed, key) && !asked && !checker->set_back)
        fail_msg("%s: slot %lld was passed over, and is run", job->name,
                 (long long)note->key.slot.ms);
    if (!note->key.manual &&
        (int64_t)*map_at(&checker->paused, map_key(job->name, 0)) > now.ms)
        fail_msg("%s: a run begins while it is paused", job->name);
    assert_int_equal(note->generation, checker->generation);
    assert_false(checker->stopping);
    struct going *going = going_add(checker, note);
    check_overlap(checker, job, note);
    if (job->group != JOB_NO_GROUP)
        check_limit(checker, job->group);
    return going;
}

/* ---- claims and waits ---- */

static void see_claim(struct checker *checker, const struct action *act,
                      struct wall now)
{
    assert_true(checker->journal);
    see_begin(checker, &act->note, now);
    checker->claims++;
}

void checker_claimed(struct checker *checker, struct run_id run,
                     enum claim_outcome outcome, uint32_t epoch)
{
    struct going *going = going_find(checker, run);
    if (!going)
        return;
    going->claimed = outcome == CLAIM_DURABLE;
    going->taken = outcome == CLAIM_TAKEN;
    going->epoch = epoch;
}

static void see_wait(struct checker *checker, const struct run_note *note)
{
    uint64_t *waited =
        map_at(&checker->waited, model_key(note->name, note->key));
    bool backfill = note->trigger == TRIGGER_BACKFILL || *waited == 2;
    if (*waited && !backfill && !checker->set_back)
        fail_msg("%s: slot %lld waits twice", note->name,
                 (long long)note->key.slot.ms);
    *waited = backfill ? 2 : 1;
}

/* ---- attempts ---- */

#define LATE_MS 1000 /* more is no start as on any day */

/* Without a journal nobody knows what was run: an operator may ask for it
 * again, and a slot that was run late comes to be due where the clock is set
 * back, or is made up beside that. With one its claim is taken. */
static bool may_repeat(const struct checker *checker,
                       const struct run_note *note)
{
    bool late = checker->set_back || note->trigger == TRIGGER_CATCH_UP;
    return !checker->journal &&
           (note->trigger == TRIGGER_BACKFILL || (checker->made_up && late));
}

static void see_start(struct checker *checker, const struct action *act,
                      struct wall now)
{
    const struct run_note *note = &act->note;
    struct going *going = going_find(checker, note->run);
    if (!going) {
        assert_false(checker->journal); /* it was never claimed */
        going = see_begin(checker, note, now);
    }
    assert_true(!checker->journal || going->claimed);
    if (going->started)
        assert_int_equal(note->attempt, going->attempt + 1);
    else
        assert_int_equal(note->attempt, going->attempt);
    if (checker->journal)
        assert_int_equal(note->epoch, going->epoch);
    uint64_t *fired = map_at(&checker->fired, model_key(note->name, note->key));
    uint64_t count = (uint64_t)note->epoch << 32 | note->attempt;
    if (*fired >= count && !may_repeat(checker, note))
        fail_msg("%s: slot %lld was fired twice", note->name,
                 (long long)note->key.slot.ms);
    /* A slot that a backfill has put in line again, and that the clock makes
     * due again, is one of its schedule. */
    bool asked = note->trigger == TRIGGER_BACKFILL || checker->set_back;
    bool same = *fired && note->attempt <= (uint32_t)*fired;
    if (same && !asked && !checker->attempt_lost && !may_repeat(checker, note))
        fail_msg("%s: slot %lld was fired again as attempt %u", note->name,
                 (long long)note->key.slot.ms, note->attempt);
    *fired = count;
    checker->made_up |= now.ms - note->key.slot.ms > LATE_MS;
    going->attempt = note->attempt;
    if (going->started)
        return;
    going->started = true;
    going->number = ++checker->starts;
    *map_at(&checker->ids, going->id) = going->number;
}

static struct going *started(struct checker *checker, struct run_id run)
{
    struct going *going = going_find(checker, run);
    assert_non_null(going); /* it was begun, and has not ended */
    assert_true(going->started || going->hook);
    return going;
}

/* ---- ends ---- */

/* One verdict for each key, but where an operator asks for another run. */
static void see_verdict(struct checker *checker, const char *name,
                        struct run_key key, bool again)
{
    uint64_t *ended = map_at(&checker->ended, model_key(name, key));
    if (again) { /* what was asked for once more stands beside it */
        *ended = *ended ? *ended : 2;
        return;
    }
    if (*ended == 1 && !checker->set_back)
        fail_msg("%s: slot %lld has a second verdict", name,
                 (long long)key.slot.ms);
    *ended = 1;
}

/* Of a run that was never begun in this life the store knew. */
static void see_finish(struct checker *checker, const struct action *act)
{
    const struct run_note *note = &act->finish.note;
    struct going *going = going_find(checker, note->run);
    bool ran = act->finish.verdict <= VERDICT_UNKNOWN;
    assert_true(act->finish.took_ms >= 0);
    see_verdict(checker, note->name, note->key,
                note->trigger == TRIGGER_BACKFILL);
    checker->finish = *act;
    if (!going) {
        assert_true(checker->journal);
        assert_true(act->finish.verdict == VERDICT_UNKNOWN ||
                    act->finish.verdict == VERDICT_SKIPPED);
        return;
    }
    assert_false(going->hook);
    assert_string_equal(going->name, note->job->name);
    assert_int_equal(going->key.slot.ms, note->key.slot.ms);
    assert_int_equal(going->generation, note->generation);
    assert_true(!checker->journal || going->claimed ||
                (checker->stopping && !going->started));
    /* What another life may have sent is unknown, whatever became of it here.
     */
    assert_int_equal(ran, going->started || going->attempt > 1);
    /* Attempts that were made; one that was only about to be is none. */
    assert_int_equal(note->attempt, going->started || going->attempt == 1
                                        ? going->attempt
                                        : going->attempt - 1);
    if (ran && act->finish.verdict != VERDICT_OK &&
        note->attempt < note->job->retry.attempts)
        assert_int_not_equal(act->finish.why, WHY_NONE);
    checker->finishes += going->started;
    going_remove(checker, going);
}

static void see_pass(struct checker *checker, const struct action *act)
{
    const struct job *job = act->pass.job;
    if (act->pass.waited) {
        uint64_t waited =
            *map_at(&checker->waited, model_key(job->name, act->pass.key));
        bool again = waited == 2 || !checker->journal; /* nobody said it */
        see_verdict(checker, job->name, act->pass.key, again);
    }
    int64_t count = 0;
    for (struct wall slot = act->pass.first; slot.ms <= act->pass.last.ms;
         slot = schedule_next(&job->schedule, slot), count++) {
        const struct run_key key = { .slot = slot };
        if (act->pass.waited)
            continue;
        see_verdict(checker, job->name, key, false);
        *map_at(&checker->passed, model_key(job->name, key)) = 1;
    }
    assert_true(count >= 1);
    assert_int_equal(count, act->pass.count);
    checker->passes++;
    checker->passed_slots += count;
}

/* Of claims that were taken, of hooks that were answered, or at the end. */
static void see_drop(struct checker *checker, const struct action *act)
{
    struct going *going = going_find(checker, act->note.run);
    assert_true(checker->stopping || (going && (going->hook || going->taken)));
    if (going)
        checker->finishes += going->started && !going->hook;
    if (going)
        going_remove(checker, going);
}

/* ---- after a verdict ---- */

static void check_after(const struct checker *checker,
                        const struct run_note *note)
{
    const struct run_note *of = &checker->finish.finish.note;
    assert_int_equal(checker->finish.kind, ACT_FINISH);
    assert_string_equal(of->name, note->name);
    assert_int_equal(of->key.slot.ms, note->key.slot.ms);
    assert_int_equal(of->key.manual, note->key.manual);
}

static void see_hook(struct checker *checker, const struct action *act)
{
    check_after(checker, &act->note);
    assert_int_equal(act->note.ended, checker->finish.finish.verdict);
    struct going *going = going_add(checker, &act->note);
    going->hook = true;
    checker->hooks++;
}

static void see_beat(struct checker *checker, const struct action *act)
{
    check_after(checker, &act->note);
    assert_int_equal(checker->finish.finish.verdict, VERDICT_OK);
    checker->beats++;
}

/* ---- schedules ---- */

static void see_retire(struct checker *checker, uint32_t generation)
{
    assert_int_equal((*map_at(&checker->gone, generation))++, 0);
    assert_true(generation < checker->generation);
    for (size_t i = 0; i < checker->count; i++)
        assert_true(checker->going[i].generation != generation);
}

/* What was known of jobs that are not there, or have no slots, is over. */
static void lanes_forget(struct checker *checker)
{
    struct map since = { 0 }, paused = { 0 };
    for (uint32_t i = 0; i < jobset_count(checker->set); i++) {
        const struct job *job = jobset_job(checker->set, i);
        uint64_t name = map_key(job->name, 0);
        *map_at(&paused, name) = *map_at(&checker->paused, name);
        if (job->standing == STANDING_SCHEDULED)
            *map_at(&since, name) = *map_at(&checker->since, name);
    }
    map_close(&checker->since);
    map_close(&checker->paused);
    checker->since = since;
    checker->paused = paused;
}

/* From when on the slots of each job count. What the store remembers of a job
 * that is not there, or off, counts until it is forgotten. */
static void lanes_since(struct checker *checker, struct wall now, bool forget)
{
    const struct jobset *set = checker->set;
    if (forget)
        lanes_forget(checker);
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        uint64_t name = map_key(job->name, 0);
        uint64_t *since = map_at(&checker->since, name);
        uint64_t *digest = map_at(&checker->digest, name);
        if (job->standing != STANDING_SCHEDULED)
            continue;
        if (!*since || *digest != job->digest)
            *since = (uint64_t)now.ms;
        *digest = job->digest;
    }
}

static void lanes_see(struct checker *checker, const struct jobset *before,
                      bool forget, struct wall now)
{
    for (uint32_t i = 0; before && i < jobset_count(before); i++) {
        const char *name = jobset_job(before, i)->name;
        uint32_t index = jobset_find(checker->set, name);
        bool off =
            index == UINT32_MAX ||
            jobset_job(checker->set, index)->standing != STANDING_SCHEDULED;
        if (off && jobset_job(before, i)->standing == STANDING_SCHEDULED)
            *map_at(&checker->since, map_key(name, 0)) = 0;
    }
    lanes_since(checker, now, forget);
}

/* A pause that was over before its job came back stays over, whatever the
 * clock is set to later. */
static void pauses_end(struct checker *checker, const struct jobset *before,
                       struct wall now)
{
    for (uint32_t i = 0; before && i < jobset_count(checker->set); i++) {
        const char *name = jobset_job(checker->set, i)->name;
        uint64_t *until = map_at(&checker->paused, map_key(name, 0));
        if (jobset_find(before, name) == UINT32_MAX &&
            (int64_t)*until <= now.ms)
            *until = 0;
    }
}

static void see_swap(struct checker *checker, const struct core *core,
                     const struct action *act, struct wall now)
{
    const struct jobset *before = checker->set;
    assert_true(act->swap.report.generation > checker->generation);
    checker->generation = act->swap.report.generation;
    checker->set = core_status(core).set;
    pauses_end(checker, before, now);
    if (!checker->journal)
        lanes_see(checker, before, true, now);
}

/* ---- all of it ---- */

static void see_run(struct checker *checker, const struct action *act,
                    struct wall now)
{
    switch (act->kind) {
    case ACT_WAIT:
        see_wait(checker, &act->note);
        break;
    case ACT_CLAIM:
        see_claim(checker, act, now);
        break;
    case ACT_START:
        see_start(checker, act, now);
        break;
    case ACT_ACCEPTED:
    case ACT_POLL:
    case ACT_AGAIN:
        started(checker, act->note.run);
        break;
    case ACT_CANCEL:
        started(checker, act->cancel.note.run);
        break;
    case ACT_WAKE:
        started(checker, act->wake.run);
        break;
    case ACT_FINISH:
        see_finish(checker, act);
        break;
    case ACT_DROP:
        see_drop(checker, act);
        break;
    case ACT_HOOK:
        see_hook(checker, act);
        break;
    case ACT_BEAT:
        see_beat(checker, act);
        break;
    default:
        break;
    }
}

void checker_see(struct checker *checker, const struct core *core,
                 const struct action *act, struct wall now)
{
    switch (act->kind) {
    case ACT_SWAP:
        see_swap(checker, core, act, now);
        break;
    case ACT_LANES:
        lanes_see(checker, act->lanes.before, act->lanes.forget, now);
        break;
    case ACT_REPLY:
        see_reply(checker, act->reply.asker);
        break;
    case ACT_PASS:
        see_pass(checker, act);
        break;
    case ACT_RETIRE:
        see_retire(checker, act->retire.generation);
        break;
    case ACT_PAUSE:
        *map_at(&checker->paused, map_key(act->pause.job, 0)) =
            (uint64_t)act->pause.until.ms;
        break;
    case ACT_RESUME:
        *map_at(&checker->paused, map_key(act->pause.job, 0)) = 0;
        break;
    default:
        see_run(checker, act, now);
        break;
    }
}

/* ---- lives ---- */

/* A lane that the store never came to know begins anew. */
static void lanes_restart(struct checker *checker, struct model *model)
{
    for (size_t i = 0; checker->set && i < jobset_count(checker->set); i++) {
        const char *name = jobset_job(checker->set, (uint32_t)i)->name;
        const struct model_lane *lane = model_lane(model, name);
        if (!lane || lane->cursor.ms == EVER_MS)
            *map_at(&checker->since, map_key(name, 0)) = 0;
        *map_at(&checker->paused, map_key(name, 0)) = 0;
        if (lane && lane->paused_until.ms != EVER_MS)
            *map_at(&checker->paused, map_key(name, 0)) =
                (uint64_t)lane->paused_until.ms;
    }
}

void checker_restart(struct checker *checker, struct model *model)
{
    lanes_restart(checker, model);
    for (size_t i = 0; i < checker->count; i++)
        checker->finishes += checker->going[i].started;
    map_close(&checker->ended);
    map_close(&checker->passed);
    map_close(&checker->waited);
    map_close(&checker->ids);
    map_close(&checker->places);
    map_close(&checker->lanes);
    map_close(&checker->asked);
    map_close(&checker->gone);
    checker->count = 0;
    checker->set = NULL;
    checker->generation = model->generation;
    checker->stopping = false;
    checker->finish.kind = ACT_DONE;
    checker->open_asks = 0;
}

/* Queued, held, waiting or due: it is open still. */
static bool lane_open(const struct core *core, uint32_t index)
{
    struct lane_status lane = core_lane(core, index);
    return lane.queued || lane.going || lane.paused_until.ms != EVER_MS;
}

static void check_slots(struct checker *checker, const struct core *core,
                        struct model *model, uint32_t index, struct wall to)
{
    const struct job *job = jobset_job(checker->set, index);
    struct wall slot = { (int64_t)*map_at(&checker->since,
                                          map_key(job->name, 0)) };
    if (!slot.ms || job->standing != STANDING_SCHEDULED ||
        core_lane(core, index).paused_until.ms != EVER_MS)
        return;
    for (slot = schedule_next(&job->schedule, slot); slot.ms <= to.ms;
         slot = schedule_next(&job->schedule, slot)) {
        bool told = checker->journal
                        ? model_told(model, job->name, slot) ||
                              core_lane(core, index).unwritten.ms == slot.ms
                        : checker_told(checker, job->name, slot.ms) ||
                              lane_open(core, index);
        if (!told)
            fail_msg("%s: slot %lld has no verdict", job->name,
                     (long long)slot.ms);
    }
}

void checker_end(struct checker *checker, const struct core *core,
                 struct model *model, struct wall to)
{
    size_t open = 0;
    for (size_t i = 0; i < checker->count; i++)
        open += checker->going[i].started;
    assert_int_equal(checker->starts - checker->finishes, open);
    if (!checker->set || checker->set_back || !core_status(core).store_well)
        return;
    for (uint32_t i = 0; i < jobset_count(checker->set); i++)
        check_slots(checker, core, model, i, to);
}

/* ---- looking ---- */

bool checker_told(struct checker *checker, const char *name, int64_t slot_ms)
{
    const struct run_key key = { .slot = { slot_ms } };
    uint64_t number = model_key(name, key);
    return *map_at(&checker->fired, number) ||
           *map_at(&checker->passed, number) ||
           *map_at(&checker->ended, number);
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
    struct map *const maps[] = {
        &checker->fired, &checker->ended,  &checker->passed, &checker->waited,
        &checker->ids,   &checker->places, &checker->lanes,  &checker->paused,
        &checker->asked, &checker->gone,   &checker->since,  &checker->digest,
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_close(maps[i]);
    free(checker->going);
}
