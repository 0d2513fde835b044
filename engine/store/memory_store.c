/* The store in memory: nothing outlives the process.
 *
 * Rows lie in their job's array, by slot and kind. Slots come in order, so
 * adding is appending all but always. A batch cannot fail, so nothing is ever
 * taken back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory_store.h"
#include "mooncron/mutant.h"

/* ---- strings: "" is nobody's, all others are owned ---- */

static const char *own(const char *string)
{
    return *string ? memory_string(string) : "";
}

static void disown(const char *string)
{
    if (*string)
        free((char *)(uintptr_t)string);
}

static void *room(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 8;
    return memory_resize(array, *cap, size);
}

/* ---- rows ---- */

int row_key_order(const struct row_key *a, const struct row_key *b)
{
    if (a->slot.ms != b->slot.ms)
        return a->slot.ms < b->slot.ms ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

size_t shelf_place(const struct shelf *shelf, const struct row_key *key)
{
    size_t from = 0, to = shelf->count;
    if (to && row_key_order(&shelf->rows[to - 1].key, key) < 0)
        return to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (row_key_order(&shelf->rows[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool is_at(const struct shelf *shelf, size_t i,
                  const struct row_key *key)
{
    return i < shelf->count && !row_key_order(&shelf->rows[i].key, key);
}

static void row_own(struct row *row)
{
    row->error = own(row->error);
    row->by = own(row->by);
    row->owner = "";
}

static void row_disown(struct row *row)
{
    disown(row->error);
    disown(row->by);
}

static enum answer row_add(struct store *store, const struct row *row)
{
    struct shelf *shelf = memory_shelf(store, row->key.job);
    size_t i = shelf_place(shelf, &row->key);
    if (is_at(shelf, i, &row->key))
        return ANSWER_NO;
    shelf->rows =
        room(shelf->rows, shelf->count, &shelf->cap, sizeof *shelf->rows);
    memmove(&shelf->rows[i + 1], &shelf->rows[i],
            (shelf->count - i) * sizeof *shelf->rows);
    shelf->rows[i] = *row;
    row_own(&shelf->rows[i]);
    shelf->count++;
    shelf->open += row->state != ROW_DONE;
    memory_of(store)->rows++;
    return ANSWER_YES;
}

static enum answer row_get(struct store *store, const struct row_key *key,
                           struct row *ret)
{
    const struct shelf *shelf = memory_shelf(store, key->job);
    size_t i = shelf_place(shelf, key);
    if (!is_at(shelf, i, key))
        return ANSWER_NO;
    *ret = shelf->rows[i];
    return ANSWER_YES;
}

/* The new strings may be those of the old row. */
static bool row_put(struct store *store, const struct row *row)
{
    struct shelf *shelf = memory_shelf(store, row->key.job);
    size_t i = shelf_place(shelf, &row->key);
    assert(is_at(shelf, i, &row->key));
    struct row old = shelf->rows[i];
    shelf->open -= old.state != ROW_DONE;
    shelf->open += row->state != ROW_DONE;
    shelf->rows[i] = *row;
    row_own(&shelf->rows[i]);
    row_disown(&old);
    return true;
}

static enum answer rival(struct store *store, const struct row_key *key)
{
    const struct shelf *shelf = memory_shelf(store, key->job);
    size_t open = memory_of(store)->alone_life == store->life ? 0 : shelf->open;
    for (size_t i = shelf->count; open && i-- > 0;) {
        const struct row *row = &shelf->rows[i];
        open -= row->state != ROW_DONE;
        if (row->state == ROW_CLAIMED && row->no_overlap &&
            row->life != store->life && row_key_order(&row->key, key))
            return ANSWER_YES;
    }
    return ANSWER_NO;
}

/* To find a row costs nothing here. */
static enum answer no_short_cut(struct store *store, const struct row *row)
{
    (void)store;
    (void)row;
    return ANSWER_NO;
}

static bool renew(struct store *store, struct wall lease)
{
    struct memory_store *memory = memory_of(store);
    for (size_t k = 0; k < memory->shelf_count; k++) {
        struct shelf *shelf = &memory->shelves[k];
        size_t open = shelf->open;
        for (size_t i = shelf->count; open && i-- > 0;) {
            struct row *row = &shelf->rows[i];
            open -= row->state != ROW_DONE;
            if (row->state != ROW_DONE && row->life == store->life)
                row->lease = lease;
        }
    }
    return true;
}

static int64_t count_rows(struct store *store)
{
    return (int64_t)memory_of(store)->rows;
}

/* ---- jobs ---- */

static bool add_job(struct store *store, uint32_t id, const char *name)
{
    struct memory_store *memory = memory_of(store);
    (void)name;
    assert(id == memory->shelf_count + 1);
    memory->shelves = room(memory->shelves, memory->shelf_count,
                           &memory->shelf_cap, sizeof *memory->shelves);
    memory->shelves[memory->shelf_count++] = (struct shelf){
        .lane = { .job = id, .cursor = { EVER_MS }, .started = { EVER_MS } }
    };
    return true;
}

static struct lane *lane_of(struct store *store, uint32_t job)
{
    struct shelf *shelf = memory_shelf(store, job);
    shelf->has_lane = true;
    return &shelf->lane;
}

static enum answer lane_add(struct store *store, uint32_t job,
                            struct wall cursor, uint64_t digest)
{
    bool had = memory_shelf(store, job)->has_lane;
    struct lane *lane = lane_of(store, job);
    bool back = had && lane->cursor.ms == EVER_MS;
    if (lane->cursor.ms == EVER_MS)
        lane->cursor = cursor;
    lane->digest = digest;
    return back ? ANSWER_YES : ANSWER_NO;
}

static enum answer lane_leave(struct store *store, uint32_t job,
                              uint64_t digest)
{
    bool had = memory_shelf(store, job)->has_lane;
    struct lane *lane = lane_of(store, job);
    if (had && lane->cursor.ms == EVER_MS && lane->digest == digest)
        return ANSWER_NO;
    lane->cursor.ms = EVER_MS;
    lane->digest = digest;
    return ANSWER_YES;
}

static bool off_add(struct store *store, uint32_t job,
                    const struct stored_off *off)
{
    struct shelf *shelf = memory_shelf(store, job);
    for (size_t i = 0; i < shelf->off_count; i++)
        if (shelf->offs[i].since.ms == off->since.ms)
            return true;
    size_t at = shelf->off_count;
    while (at && shelf->offs[at - 1].since.ms > off->since.ms)
        at--;
    shelf->offs = room(shelf->offs, shelf->off_count, &shelf->off_cap,
                       sizeof *shelf->offs);
    memmove(&shelf->offs[at + 1], &shelf->offs[at],
            (shelf->off_count - at) * sizeof *shelf->offs);
    shelf->offs[at] = *off;
    shelf->offs[at].environment = own(off->environment);
    shelf->off_count++;
    return true;
}

static bool off_end(struct store *store, uint32_t job, struct wall until)
{
    struct shelf *shelf = memory_shelf(store, job);
    for (size_t i = 0; i < shelf->off_count; i++)
        if (shelf->offs[i].until.ms == EVER_MS)
            shelf->offs[i].until = until;
    return true;
}

static bool lane_change(struct store *store, uint32_t job,
                        const struct lane_change *change)
{
    struct lane *lane = lane_of(store, job);
    if (change->cursor.ms != EVER_MS)
        lane->cursor = change->cursor;
    if (change->started.ms != EVER_MS)
        lane->started = change->started;
    lane->runs += change->runs;
    return true;
}

static bool lane_fails(struct store *store, uint32_t job, uint32_t fails)
{
    lane_of(store, job)->fails = fails;
    return true;
}

static bool resume(struct store *store, uint32_t job)
{
    struct shelf *shelf = memory_shelf(store, job);
    if (shelf->has_pause) {
        disown(shelf->pause.by);
        disown(shelf->pause.reason);
    }
    shelf->has_pause = false;
    return true;
}

static bool put_pause(struct store *store, uint32_t job,
                      const struct stored_pause *pause)
{
    struct shelf *shelf = memory_shelf(store, job);
    resume(store, job);
    shelf->has_pause = true;
    shelf->pause = *pause;
    shelf->pause.by = own(pause->by);
    shelf->pause.reason = own(pause->reason);
    return true;
}

static enum answer pause_get(struct store *store, uint32_t job,
                             struct stored_pause *ret)
{
    const struct shelf *shelf = memory_shelf(store, job);
    if (!shelf->has_pause)
        return ANSWER_NO;
    *ret = shelf->pause;
    return ANSWER_YES;
}

/* ---- lives, plans, leases ---- */

static bool put_life(struct store *store, const struct life *life)
{
    struct memory_store *memory = memory_of(store);
    size_t i = memory->life_count;
    if (i && memory->lives[i - 1].id == life->id) {
        const char *owner = memory->lives[i - 1].told.owner;
        memory->lives[i - 1] = *life;
        memory->lives[i - 1].told.owner = owner;
        return true;
    }
    memory->lives =
        room(memory->lives, i, &memory->life_cap, sizeof *memory->lives);
    memory->lives[i] = *life;
    memory->lives[i].told.owner = own(life->told.owner);
    memory->life_count++;
    return true;
}

static bool put_plan(struct store *store, const struct plan_note *plan)
{
    struct memory_store *memory = memory_of(store);
    memory->plans = room(memory->plans, memory->plan_count, &memory->plan_cap,
                         sizeof *memory->plans);
    struct memory_plan *kept = &memory->plans[memory->plan_count++];
    *kept = (struct memory_plan){ *plan, store->life };
    kept->plan.environment = own(plan->environment);
    kept->plan.tzdata = own(plan->tzdata);
    kept->plan.file = own(plan->file);
    return true;
}

static enum answer plan_last(struct store *store, struct plan_note *ret,
                             uint32_t *ret_life)
{
    const struct memory_store *memory = memory_of(store);
    if (!memory->plan_count)
        return ANSWER_NO;
    *ret = memory->plans[memory->plan_count - 1].plan;
    *ret_life = memory->plans[memory->plan_count - 1].life;
    return ANSWER_YES;
}

static struct memory_lease *lease_find(struct store *store, const char *name)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->lease_count; i++)
        if (!strcmp(memory->leases[i].name, name))
            return &memory->leases[i];
    return NULL;
}

static enum answer lease_get(struct store *store, const char *name,
                             struct lease *ret)
{
    const struct memory_lease *found = lease_find(store, name);
    if (!found)
        return ANSWER_NO;
    *ret = found->lease;
    return ANSWER_YES;
}

static bool lease_put(struct store *store, const char *name,
                      const struct lease *lease)
{
    struct memory_store *memory = memory_of(store);
    struct memory_lease *found = lease_find(store, name);
    if (!found) {
        memory->leases = room(memory->leases, memory->lease_count,
                              &memory->lease_cap, sizeof *memory->leases);
        found = &memory->leases[memory->lease_count++];
        found->name = memory_string(name);
    }
    found->lease = *lease;
    return true;
}

/* ---- telling ---- */

static bool each_lane(struct store *store, lane_visitor *visit, void *data)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->shelf_count; i++)
        if (memory->shelves[i].has_lane)
            visit(data, &memory->shelves[i].lane);
    return true;
}

static bool each_pause(struct store *store, pause_visitor *visit, void *data)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->shelf_count; i++)
        if (memory->shelves[i].has_pause)
            visit(data, (uint32_t)i + 1, &memory->shelves[i].pause);
    return true;
}

static bool each_off(struct store *store, uint32_t job, off_visitor *visit,
                     void *data)
{
    const struct shelf *shelf = memory_shelf(store, job);
    for (size_t i = shelf->off_count; i-- > 0;)
        if (!visit(data, &shelf->offs[i]))
            break;
    return true;
}

static bool each_life(struct store *store, life_visitor *visit, void *data)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = memory->life_count; i-- > 0;)
        if (!visit(data, &memory->lives[i]))
            break;
    return true;
}

static bool each_open(struct store *store, open_visitor *visit, void *data)
{
    struct memory_store *memory = memory_of(store);
    for (size_t k = 0; k < memory->shelf_count; k++) {
        struct shelf *shelf = &memory->shelves[k];
        for (size_t i = 0; shelf->open && i < shelf->count; i++) {
            const struct row *row = &shelf->rows[i];
            const struct open_run run = {
                .key = row->key,
                .claimed = row->state == ROW_CLAIMED,
                .trigger = row->trigger,
                .cause = row->cause,
                .attempt = row->attempt,
                .epoch = row->epoch,
                .generation = row->generation,
            };
            if (row->state != ROW_DONE)
                visit(data, &run);
        }
    }
    return true;
}

static struct wall row_last(const struct row *row)
{
    return row->key.kind == ROW_PASS ? row->last : row->key.slot;
}

static enum answer reach(struct store *store, uint32_t job, struct wall upto,
                         struct wall *ret)
{
    const struct shelf *shelf = memory_shelf(store, job);
    struct wall reached = { EVER_MS };
    for (size_t i = 0; i < shelf->count; i++) {
        const struct row *row = &shelf->rows[i];
        if (row->key.slot.ms <= upto.ms && row->key.kind != ROW_MANUAL &&
            row_last(row).ms > reached.ms)
            reached = row_last(row);
    }
    if (reached.ms == EVER_MS)
        return ANSWER_NO;
    *ret = reached.ms < upto.ms ? reached : upto;
    return ANSWER_YES;
}

/* ---- retention ---- */

static void sweep(struct memory_store *memory, struct shelf *shelf)
{
    size_t kept = 0;
    for (size_t i = 0; i < shelf->count; i++) {
        if (!shelf->rows[i].key.job)
            row_disown(&shelf->rows[i]);
        else
            shelf->rows[kept++] = shelf->rows[i];
    }
    memory->rows -= shelf->count - kept;
    shelf->count = kept;
}

/* Rows that are to go are marked by a job number of 0, then swept. */
static bool drop(struct store *store, const struct row_key *keys,
                 uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct shelf *shelf = memory_shelf(store, keys[i].job);
        shelf->rows[shelf_place(shelf, &keys[i])].key.job = 0;
        shelf->swept = false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct shelf *shelf = memory_shelf(store, keys[i].job);
        if (!shelf->swept)
            sweep(memory_of(store), shelf);
        shelf->swept = true;
    }
    return true;
}

static void forget_plan(struct memory_plan *plan)
{
    disown(plan->plan.environment);
    disown(plan->plan.tzdata);
    disown(plan->plan.file);
}

static void forget_offs(struct shelf *shelf, struct wall before)
{
    size_t kept = 0;
    for (size_t i = 0; i < shelf->off_count; i++) {
        const struct stored_off *off = &shelf->offs[i];
        if (off->until.ms != EVER_MS && off->until.ms < before.ms)
            disown(off->environment);
        else
            shelf->offs[kept++] = *off;
    }
    shelf->off_count = kept;
}

static bool forget(struct store *store, struct wall before)
{
    struct memory_store *memory = memory_of(store);
    size_t kept = 0;
    for (size_t i = 0; i < memory->shelf_count; i++)
        forget_offs(&memory->shelves[i], before);
    for (size_t i = 0; i < memory->plan_count; i++) {
        struct memory_plan *plan = &memory->plans[i];
        if (i + 1 < memory->plan_count && plan->plan.at.ms < before.ms)
            forget_plan(plan);
        else
            memory->plans[kept++] = *plan;
    }
    memory->plan_count = kept;
    kept = 0;
    for (size_t i = 0; i < memory->life_count; i++) {
        struct life *life = &memory->lives[i];
        if (i + STORE_LIVES_MAX < memory->life_count &&
            life->told.seen.ms < before.ms)
            disown(life->told.owner);
        else
            memory->lives[kept++] = *life;
    }
    memory->life_count = kept;
    return true;
}

/* ---- opening and closing ---- */

static bool has_stranger(const struct shelf *shelf, uint32_t life)
{
    for (size_t i = shelf->open ? shelf->count : 0; i-- > 0;)
        if (shelf->rows[i].state != ROW_DONE && shelf->rows[i].life != life)
            return true;
    return false;
}

/* While other lives have no open rows none can be added: claims need not look
 * for rivals. */
static bool begin(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    if (memory->alone_life == store->life)
        return true;
    for (size_t i = 0; i < memory->shelf_count; i++)
        if (has_stranger(&memory->shelves[i], store->life))
            return true;
    memory->alone_life = store->life;
    return true;
}

static bool commit(struct store *store)
{
    (void)store;
    return true;
}

/* The shared part takes back what it refused itself before it wrote anything:
 * a lease, a plan. */
static void rollback(struct store *store)
{
    (void)store;
}

static void shelf_close(struct store *store, uint32_t job)
{
    struct shelf *shelf = memory_shelf(store, job);
    for (size_t i = 0; i < shelf->count; i++)
        row_disown(&shelf->rows[i]);
    for (size_t i = 0; i < shelf->off_count; i++)
        disown(shelf->offs[i].environment);
    free(shelf->offs);
    free(shelf->rows);
    resume(store, job);
}

static void close_memory(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->shelf_count; i++)
        shelf_close(store, (uint32_t)i + 1);
    for (size_t i = 0; i < memory->plan_count; i++)
        forget_plan(&memory->plans[i]);
    for (size_t i = 0; i < memory->life_count; i++)
        disown(memory->lives[i].told.owner);
    for (size_t i = 0; i < memory->lease_count; i++)
        free(memory->leases[i].name);
    free(memory->shelves);
    free(memory->plans);
    free(memory->lives);
    free(memory->leases);
    free(memory);
}

static const struct store_driver memory_driver = {
    .close = close_memory,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .job = add_job,
    .row_add = row_add,
    .row_get = row_get,
    .row_put = row_put,
    .row_claim = no_short_cut,
    .row_end = no_short_cut,
    .rival = rival,
    .renew = renew,
    .lane_add = lane_add,
    .lane_leave = lane_leave,
    .off_add = off_add,
    .off_end = off_end,
    .lane_change = lane_change,
    .lane_fails = lane_fails,
    .pause = put_pause,
    .resume = resume,
    .life = put_life,
    .plan = put_plan,
    .lease_get = lease_get,
    .lease_put = lease_put,
    .drop = drop,
    .forget = forget,
    .count = count_rows,
    .each_lane = each_lane,
    .each_open = each_open,
    .each_pause = each_pause,
    .each_off = each_off,
    .each_life = each_life,
    .plan_last = plan_last,
    .pause_get = pause_get,
    .reach = reach,
    .old = memory_old,
    .history = memory_history,
    .passes = memory_passes,
};

struct store *store_open_memory(const char *owner)
{
    struct memory_store *memory = memory_new(sizeof *memory);
    store_begin(&memory->store, &memory_driver, owner, 0,
                (struct wall){ EVER_MS });
    return &memory->store;
}
