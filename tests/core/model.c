/* Notes are taken in the order of the actions, and committed in that order. */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/memory.h"

uint64_t model_key(const char *job, struct run_key key)
{
    return map_key(job, key.manual ? -key.slot.ms : key.slot.ms);
}

/* A copy of the name that lives as long as the model. */
static const char *name_keep(struct model *model, const char *job)
{
    uint64_t *place = map_at(&model->known, map_key(job, 0));
    if (!*place) {
        model->names = memory_resize(model->names, model->name_count + 1,
                                     sizeof *model->names);
        model->names[model->name_count++] = memory_string(job);
        *place = model->name_count;
    }
    return model->names[*place - 1];
}

/* ---- rows and lanes ---- */

static struct model_row *row_find(struct model *model, const char *job,
                                  struct run_key key)
{
    uint64_t place = *map_at(&model->places, model_key(job, key));
    return place ? &model->rows[place - 1] : NULL;
}

static struct model_row *row_add(struct model *model, const char *job,
                                 struct run_key key)
{
    if (model->row_count == model->row_cap) {
        model->row_cap = model->row_cap ? model->row_cap * 2 : 16;
        model->rows =
            memory_resize(model->rows, model->row_cap, sizeof *model->rows);
    }
    struct model_row *row = &model->rows[model->row_count++];
    *row = (struct model_row){ .job = name_keep(model, job), .key = key };
    *map_at(&model->places, model_key(job, key)) = model->row_count;
    return row;
}

struct model_lane *model_lane(const struct model *model, const char *job)
{
    for (size_t i = 0; i < model->lane_count; i++)
        if (!strcmp(model->lanes[i].job, job))
            return &model->lanes[i];
    return NULL;
}

/* Kept in the order of their names, as memory is. */
static struct model_lane *lane_of(struct model *model, const char *job)
{
    struct model_lane *lane = model_lane(model, job);
    if (lane)
        return lane;
    model->lanes = memory_resize(model->lanes, model->lane_count + 1,
                                 sizeof *model->lanes);
    size_t i = model->lane_count++;
    for (; i > 0 && strcmp(model->lanes[i - 1].job, job) > 0; i--)
        model->lanes[i] = model->lanes[i - 1];
    model->lanes[i] = (struct model_lane){ .job = name_keep(model, job),
                                           .cursor = { EVER_MS },
                                           .started = { EVER_MS },
                                           .paused_until = { EVER_MS } };
    return &model->lanes[i];
}

/* ---- notes ---- */

static struct model_note *note_new(struct model *model, enum action_kind kind,
                                   const char *job, struct wall now)
{
    if (model->note_count == model->note_cap) {
        model->note_cap = model->note_cap ? model->note_cap * 2 : 16;
        model->notes =
            memory_resize(model->notes, model->note_cap, sizeof *model->notes);
    }
    struct model_note *note = &model->notes[model->note_count++];
    *note = (struct model_note){ .kind = kind,
                                 .job = name_keep(model, job),
                                 .cursor = { EVER_MS },
                                 .at = now };
    return note;
}

static struct model_note *note_run(struct model *model, enum action_kind kind,
                                   const struct run_note *run, struct wall now)
{
    struct model_note *note = note_new(model, kind, run->name, now);
    note->run = run->run;
    note->key = run->key;
    note->trigger = run->trigger;
    note->attempt = run->attempt;
    note->epoch = run->epoch;
    note->cursor = run->cursor;
    return note;
}

static void note_pass(struct model *model, const struct action *act,
                      struct wall now)
{
    const struct job *job = act->pass.job;
    struct model_note *note = note_new(model, ACT_PASS, job->name, now);
    note->verdict = act->pass.verdict;
    note->epoch = act->pass.epoch;
    note->cursor = act->pass.cursor;
    note->waited = act->pass.waited;
    note->key = act->pass.key;
    note->slots = memory_new((size_t)act->pass.count * sizeof *note->slots);
    for (struct wall slot = act->pass.first; slot.ms <= act->pass.last.ms;
         slot = schedule_next(&job->schedule, slot))
        note->slots[note->count++] = slot.ms;
}

static bool schedules(const struct jobset *set, const char *name)
{
    uint32_t index = set ? jobset_find(set, name) : UINT32_MAX;
    return index != UINT32_MAX &&
           jobset_job(set, index)->standing == STANDING_SCHEDULED;
}

/* Which jobs have slots from here on, and which have none any more. */
static void note_lanes(struct model *model, const struct core *core,
                       const struct action *act, struct wall now)
{
    const struct jobset *set = core_status(core).set;
    const struct jobset *before = act->lanes.before;
    for (uint32_t i = 0; i < jobset_count(set); i++)
        if (core_lane(core, i).fresh)
            note_new(model, ACT_LANES, jobset_job(set, i)->name, now)->cursor =
                core_lane(core, i).cursor;
    for (size_t i = 0; i < model->lane_count; i++) {
        const char *name = model->lanes[i].job;
        bool left = act->lanes.forget || schedules(before, name);
        if (left && !schedules(set, name))
            note_new(model, ACT_LANES, name, now)->leaves = true;
    }
    for (uint32_t i = 0; before && i < jobset_count(before); i++) {
        const char *name = jobset_job(before, i)->name;
        if (schedules(before, name) && !schedules(set, name))
            note_new(model, ACT_LANES, name, now)->leaves = true;
    }
}

void model_write(struct model *model, const struct core *core,
                 const struct action *act, struct wall now)
{
    struct model_note *note;
    switch (act->kind) {
    case ACT_SWAP:
        note_new(model, ACT_SWAP, "", now)->generation =
            act->swap.report.generation;
        break;
    case ACT_LANES:
        note_lanes(model, core, act, now);
        break;
    case ACT_WAIT:
    case ACT_CLAIM:
    case ACT_AGAIN:
        note_run(model, act->kind, &act->note, now);
        break;
    case ACT_DROP:
        if (act->note.handed_on)
            note_run(model, act->kind, &act->note, now);
        break;
    case ACT_FINISH:
        note = note_run(model, ACT_FINISH, &act->finish.note, now);
        note->verdict = act->finish.verdict;
        note->fails = act->finish.note.fails;
        break;
    case ACT_PASS:
        note_pass(model, act, now);
        break;
    case ACT_PAUSE:
    case ACT_RESUME:
        note_new(model, act->kind, act->pause.job, now)->cursor =
            act->pause.until;
        break;
    default:
        break;
    }
}

bool model_pending(const struct model *model)
{
    return model->note_first < model->note_count;
}

/* ---- commits ---- */

static void cursor_move(struct model *model, const struct model_note *note)
{
    if (note->cursor.ms != EVER_MS)
        lane_of(model, note->job)->cursor = note->cursor;
}

static bool may_repeat(const struct model_row *row,
                       const struct model_note *note)
{
    return row->verdict >= VERDICT_SKIPPED ||
           (row->verdict != VERDICT_OK && note->trigger == TRIGGER_BACKFILL);
}

static bool may_claim(const struct model *model, const struct model_row *row,
                      const struct model_note *note)
{
    if (row->state == MODEL_WAITS)
        return true;
    if (row->state == MODEL_DONE)
        return may_repeat(row, note);
    return row->life != model->life && note->epoch > row->epoch;
}

/* What was told of the slot as passed over is overruled by hand only, or where
 * the clock came back to it. */
static void pass_undo(struct model *model, const struct model_note *note)
{
    uint64_t *passed = map_at(&model->passed, model_key(note->job, note->key));
    if (*passed && note->trigger != TRIGGER_BACKFILL && !model->set_back)
        fail_msg("%s: slot %lld was passed over, and is run", note->job,
                 (long long)note->key.slot.ms);
    *passed = 0;
}

static void row_begin(struct model *model, struct model_row *row,
                      const struct model_note *note, enum model_state state)
{
    row->state = state;
    row->trigger = note->trigger;
    row->attempt = note->attempt;
    row->life = model->life;
}

static void commit_wait(struct model *model, const struct model_note *note)
{
    struct model_row *row = row_find(model, note->job, note->key);
    cursor_move(model, note);
    if (row && !(row->state == MODEL_DONE && may_repeat(row, note)))
        return;
    pass_undo(model, note);
    uint32_t least = row ? row->epoch + 1 : 0;
    if (!row)
        row = row_add(model, note->job, note->key);
    row_begin(model, row, note, MODEL_WAITS);
    row->epoch = note->epoch > least ? note->epoch : least;
}

static struct model_claim commit_claim(struct model *model,
                                       const struct model_note *note)
{
    struct model_row *row = row_find(model, note->job, note->key);
    struct model_lane *lane = lane_of(model, note->job);
    cursor_move(model, note);
    if (row && !may_claim(model, row, note)) {
        *map_at(&model->taken, note->run.value) = 1;
        return (struct model_claim){ note->run, CLAIM_TAKEN, 0 };
    }
    bool had_run =
        row && (row->state == MODEL_CLAIMED ||
                (row->state == MODEL_DONE && row->verdict <= VERDICT_UNKNOWN));
    pass_undo(model, note);
    if (!row)
        row = row_add(model, note->job, note->key);
    uint32_t least = row->state == MODEL_WAITS ? row->epoch : row->epoch + 1;
    row->epoch = note->epoch > least ? note->epoch : least;
    row_begin(model, row, note, MODEL_CLAIMED);
    lane->started = note->at;
    lane->runs +=
        !note->key.manual && note->trigger != TRIGGER_BACKFILL && !had_run;
    return (struct model_claim){ note->run, CLAIM_DURABLE, row->epoch };
}

/* A run that was given up before its claim was answered has a verdict that goes
 * behind that. Where the claim was another's, so is the row. */
static bool is_fenced(struct model *model, const struct model_note *note)
{
    return note->run.value && *map_at(&model->taken, note->run.value);
}

/* Where the slot had been run before, as one of a backfill may have been, the
 * row's epoch is higher than that of such a verdict. */
static bool is_unheard(const struct model_row *row,
                       const struct model_note *note)
{
    return row->state == MODEL_CLAIMED && note->verdict == VERDICT_SKIPPED;
}

static void commit_finish(struct model *model, const struct model_note *note)
{
    struct model_row *row = row_find(model, note->job, note->key);
    assert_non_null(row);
    if (is_fenced(model, note))
        return;
    if (row->state == MODEL_DONE ||
        (note->epoch < row->epoch && !is_unheard(row, note)))
        fail_msg("%s: slot %lld has its verdict already", note->job,
                 (long long)note->key.slot.ms);
    row->state = MODEL_DONE;
    row->verdict = note->verdict;
    row->attempt = note->attempt;
    if (note->epoch > row->epoch)
        row->epoch = note->epoch;
    if (model_lane(model, note->job))
        lane_of(model, note->job)->fails = note->fails;
}

static void commit_pass(struct model *model, const struct model_note *note)
{
    cursor_move(model, note);
    if (note->waited) {
        struct model_row *row = row_find(model, note->job, note->key);
        assert_non_null(row);
        if (row->state == MODEL_WAITS) {
            row->state = MODEL_DONE;
            row->verdict = note->verdict;
        }
        return;
    }
    for (size_t i = 0; i < note->count; i++) {
        struct run_key key = { .slot = { note->slots[i] } };
        uint64_t *passed = map_at(&model->passed, model_key(note->job, key));
        const struct model_row *row = row_find(model, note->job, key);
        bool asked = row && (row->foreign || row->trigger == TRIGGER_BACKFILL);
        bool twice = *passed || (row && !asked);
        if (twice && !model->set_back)
            fail_msg("%s: slot %lld had its verdict, and is passed over",
                     note->job, (long long)key.slot.ms);
        *passed = 1;
    }
}

static void commit_lane(struct model *model, const struct model_note *note)
{
    struct model_lane *lane = lane_of(model, note->job);
    lane->scheduled = !note->leaves;
    if (note->leaves)
        lane->cursor.ms = EVER_MS;
    else if (lane->cursor.ms == EVER_MS)
        lane->cursor = note->cursor;
}

struct model_claim model_commit(struct model *model)
{
    assert_true(model_pending(model));
    struct model_note note = model->notes[model->note_first++];
    struct model_claim claim = { .run = { 0 } };
    switch (note.kind) {
    case ACT_SWAP:
        model->generation = note.generation;
        break;
    case ACT_LANES:
        commit_lane(model, &note);
        break;
    case ACT_WAIT:
        commit_wait(model, &note);
        break;
    case ACT_CLAIM:
        claim = commit_claim(model, &note);
        break;
    case ACT_AGAIN: /* the next may have been sent; or was not */
        row_find(model, note.job, note.key)->attempt = note.attempt + 1;
        break;
    case ACT_DROP:
        row_find(model, note.job, note.key)->attempt = note.attempt;
        break;
    case ACT_FINISH:
        commit_finish(model, &note);
        break;
    case ACT_PASS:
        commit_pass(model, &note);
        break;
    case ACT_PAUSE:
        lane_of(model, note.job)->paused_until = note.cursor;
        break;
    case ACT_RESUME:
        lane_of(model, note.job)->paused_until.ms = EVER_MS;
        break;
    default:
        break;
    }
    free(note.slots);
    if (model->note_first == model->note_count)
        model->note_first = model->note_count = 0;
    return claim;
}

/* ---- lives ---- */

bool model_die(struct model *model, size_t keep)
{
    bool attempt_lost = false;
    for (; keep > 0 && model_pending(model); keep--)
        model_commit(model);
    for (size_t i = model->note_first; i < model->note_count; i++) {
        attempt_lost |= model->notes[i].kind == ACT_AGAIN;
        free(model->notes[i].slots);
    }
    model->note_first = model->note_count = 0;
    map_close(&model->taken);
    model->life++;
    return attempt_lost;
}

static int by_slot(const void *a, const void *b)
{
    int64_t one = ((const struct run_memory *)a)->key.slot.ms;
    int64_t two = ((const struct run_memory *)b)->key.slot.ms;
    return (one > two) - (one < two);
}

static uint32_t runs_remember(struct model *model)
{
    uint32_t count = 0;
    model->run_memory = memory_resize(model->run_memory, model->row_count + 1,
                                      sizeof *model->run_memory);
    for (size_t i = 0; i < model->row_count; i++) {
        const struct model_row *row = &model->rows[i];
        if (row->state == MODEL_DONE)
            continue;
        model->run_memory[count++] =
            (struct run_memory){ .job = row->job,
                                 .key = row->key,
                                 .trigger = row->trigger,
                                 .claimed = row->state == MODEL_CLAIMED,
                                 .attempt = row->attempt,
                                 .epoch = row->epoch };
    }
    qsort(model->run_memory, count, sizeof *model->run_memory, by_slot);
    return count;
}

static uint32_t lanes_remember(struct model *model)
{
    model->lane_memory = memory_resize(
        model->lane_memory, model->lane_count + 1, sizeof *model->lane_memory);
    for (size_t i = 0; i < model->lane_count; i++) {
        const struct model_lane *lane = &model->lanes[i];
        model->lane_memory[i] =
            (struct lane_memory){ .job = lane->job,
                                  .cursor = lane->cursor,
                                  .fails = lane->fails,
                                  .runs = lane->runs,
                                  .started = lane->started,
                                  .paused_until = lane->paused_until };
    }
    return (uint32_t)model->lane_count;
}

struct memory_of_store model_memory(struct model *model)
{
    uint32_t lanes = lanes_remember(model), runs = runs_remember(model);
    return (struct memory_of_store){ .lanes = model->lane_memory,
                                     .lane_count = lanes,
                                     .runs = model->run_memory,
                                     .run_count = runs,
                                     .generation = model->generation };
}

/* ---- for tests ---- */

void model_take(struct model *model, const char *job, struct wall slot)
{
    const struct run_key key = { .slot = slot };
    if (row_find(model, job, key))
        return;
    struct model_row *row = row_add(model, job, key);
    row->state = MODEL_DONE;
    row->verdict = VERDICT_OK;
    row->epoch = row->attempt = 1;
    row->foreign = true;
}

const struct model_row *model_row(struct model *model, const char *job,
                                  struct run_key key)
{
    return row_find(model, job, key);
}

bool model_told(struct model *model, const char *job, struct wall slot)
{
    const struct run_key key = { .slot = slot };
    return row_find(model, job, key) ||
           *map_at(&model->passed, model_key(job, key));
}

void model_close(struct model *model)
{
    model_die(model, 0);
    for (size_t i = 0; i < model->name_count; i++)
        free(model->names[i]);
    free(model->names);
    free(model->rows);
    free(model->lanes);
    free(model->notes);
    free(model->lane_memory);
    free(model->run_memory);
    map_close(&model->known);
    map_close(&model->places);
    map_close(&model->passed);
}
