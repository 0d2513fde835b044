/* The checker puts in order what it reads. */
#include "check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "room.h"

/* ---- rows ---- */

static bool take_row(void *data, const struct history_row *told)
{
    struct rows *rows = data;
    const struct row row = { .slot = told->slot,
                             .last = told->last,
                             .started = told->started,
                             .count = told->count,
                             .trigger = (enum trigger)told->trigger,
                             .verdict = (enum verdict)told->verdict,
                             .why = (enum why)told->why,
                             .epoch = told->epoch,
                             .attempt = told->attempt,
                             .manual = told->manual,
                             .done = told->done };
    if (row.count) {
        rows->passes =
            room(rows->passes, rows->pass_count, &rows->pass_cap, sizeof row);
        rows->passes[rows->pass_count++] = row;
    } else if (row.manual) {
        rows->manual = room(rows->manual, rows->manual_count, &rows->manual_cap,
                            sizeof row);
        rows->manual[rows->manual_count++] = row;
    } else {
        rows->runs =
            room(rows->runs, rows->run_count, &rows->run_cap, sizeof row);
        rows->runs[rows->run_count++] = row;
    }
    return true;
}

/* What was taken away by a step that counts is as good as there. */
static void add_gone(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    for (uint32_t i = 0; i < disk->gone_count; i++) {
        const struct gone *gone = &disk->gone[i];
        if (gone->commit >= check->fresh_first &&
            !disk->commits[gone->commit].lost)
            take_row(&check->rows[gone->job], &gone->row);
    }
}

bool check_gone(const struct check *check, uint32_t job, struct run_key key,
                int64_t from_ms, int64_t to_ms)
{
    const struct disk *disk = &check->sim->disk;
    for (uint32_t i = 0; i < disk->gone_count; i++) {
        const struct gone *gone = &disk->gone[i];
        int64_t at_ms = disk->commits[gone->commit].at_ms;
        if (gone->job == job && gone->row.slot.ms == key.slot.ms &&
            gone->row.manual == key.manual && !gone->row.count &&
            at_ms >= from_ms && at_ms <= to_ms)
            return true;
    }
    return false;
}

static int by_slot(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->slot.ms > y->slot.ms) - (x->slot.ms < y->slot.ms);
}

static void sort_rows(struct row *rows, uint32_t count)
{
    if (count)
        qsort(rows, count, sizeof *rows, by_slot);
}

static void read_rows(struct check *check)
{
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        struct rows *rows = &check->rows[i];
        const struct history_query query = { .job = sim_jobs[i],
                                             .from = { EVER_MS },
                                             .to = { NEVER_MS },
                                             .limit = HISTORY_ROWS_MAX };
        struct error err;
        bool told =
            store_history(check->sim->disk.store, &query, take_row, rows, &err);
        assert(told);
    }
    add_gone(check);
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        sort_rows(check->rows[i].runs, check->rows[i].run_count);
        sort_rows(check->rows[i].passes, check->rows[i].pass_count);
    }
}

/* ---- what was durable when ---- */

int check_by_key(const struct run_key *a, const struct run_key *b)
{
    if (a->slot.ms != b->slot.ms)
        return a->slot.ms < b->slot.ms ? -1 : 1;
    return (a->manual > b->manual) - (a->manual < b->manual);
}

static struct run_key key_of(const struct fact *fact)
{
    return (struct run_key){ fact->note->entry.slot, fact->note->entry.manual };
}

static int by_key(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    struct run_key k = key_of(x), l = key_of(y);
    int order = check_by_key(&k, &l);
    if (order)
        return order;
    return (x->note > y->note) - (x->note < y->note);
}

static void add_fact(struct fact **facts, uint32_t *count, uint32_t *cap,
                     const struct fact *fact)
{
    *facts = room(*facts, *count, cap, sizeof **facts);
    (*facts)[(*count)++] = *fact;
}

static void read_note(struct check *check, const struct fact *fact)
{
    const struct note *note = fact->note;
    if (note->entry.kind == ENTRY_RENEW)
        return;
    struct facts_of_job *facts = &check->facts[sim_job_number(note->entry.job)];
    if (fact->commit->lost)
        add_fact(&check->lost, &check->lost_count, &check->lost_cap, fact);
    if (note->outcome != ENTRY_DONE)
        return;
    switch (note->entry.kind) {
    case ENTRY_CLAIM:
        add_fact(&facts->claims, &facts->claim_count, &facts->claim_cap, fact);
        break;
    case ENTRY_FINISH:
        add_fact(&facts->finishes, &facts->finish_count, &facts->finish_cap,
                 fact);
        break;
    case ENTRY_WAIT:
        add_fact(&facts->waits, &facts->wait_count, &facts->wait_cap, fact);
        break;
    case ENTRY_PASS:
        add_fact(&facts->passes, &facts->pass_count, &facts->pass_cap, fact);
        break;
    default:
        break;
    }
}

static void sort_facts(struct fact *facts, uint32_t count)
{
    if (count)
        qsort(facts, count, sizeof *facts, by_key);
}

static bool is_renewal(const struct check *check, const struct commit *commit)
{
    const struct note *first = &check->sim->disk.log.list[commit->first];
    return commit->kind == COMMIT_BATCH && commit->count == 1 &&
           !commit->plan_count && first->entry.kind == ENTRY_RENEW;
}

static void read_commits(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    check->commits = memory_new(disk->commit_count * sizeof *check->commits);
    for (uint32_t i = check->fresh_first; i < disk->commit_count; i++)
        if (!is_renewal(check, &disk->commits[i]))
            check->commits[check->commit_count++] = &disk->commits[i];
}

static void read_log(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    for (uint32_t i = 0; i < check->commit_count; i++) {
        const struct commit *commit = check->commits[i];
        for (uint32_t n = 0; n < commit->count; n++) {
            const struct fact fact = { &disk->log.list[commit->first + n],
                                       commit };
            read_note(check, &fact);
        }
    }
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        struct facts_of_job *facts = &check->facts[i];
        sort_facts(facts->claims, facts->claim_count);
        sort_facts(facts->finishes, facts->finish_count);
        sort_facts(facts->waits, facts->wait_count);
        sort_facts(facts->passes, facts->pass_count);
    }
}

bool check_lost(const struct check *check, uint32_t job, int64_t slot_ms,
                uint32_t life)
{
    for (uint32_t i = 0; i < check->lost_count; i++) {
        const struct entry *entry = &check->lost[i].note->entry;
        int64_t last_ms =
            entry->kind == ENTRY_PASS ? entry->last.ms : entry->slot.ms;
        if (life && check->lost[i].commit->life != life)
            continue;
        if (entry->job == sim_jobs[job] && slot_ms >= entry->slot.ms &&
            slot_ms <= last_ms)
            return true;
    }
    return false;
}

uint32_t check_place(const struct fact *facts, uint32_t count,
                     struct run_key key)
{
    uint32_t from = 0, to = count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        struct run_key there = key_of(&facts[middle]);
        if (check_by_key(&there, &key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct fact *check_pass(const struct check *check, uint32_t job,
                              const struct row *pass)
{
    const struct facts_of_job *facts = &check->facts[job];
    uint32_t i = check_place(facts->passes, facts->pass_count,
                             (struct run_key){ .slot = pass->slot });
    for (; i < facts->pass_count; i++) {
        const struct entry *entry = &facts->passes[i].note->entry;
        if (entry->slot.ms != pass->slot.ms)
            break;
        if (entry->last.ms == pass->last.ms)
            return &facts->passes[i];
    }
    return NULL;
}

const struct fact *check_claim(const struct check *check, uint32_t job,
                               struct run_key key, uint32_t epoch)
{
    const struct facts_of_job *facts = &check->facts[job];
    uint32_t from = check_place(facts->claims, facts->claim_count, key);
    for (; from < facts->claim_count; from++) {
        struct run_key there = key_of(&facts->claims[from]);
        if (check_by_key(&there, &key))
            break;
        if (!epoch || facts->claims[from].note->entry.epoch == epoch)
            return &facts->claims[from];
    }
    return NULL;
}

/* ---- plans ---- */

const struct jobset *check_set(const struct check *check,
                               const struct plan_note *plan)
{
    bool staging = !strcmp(plan->environment, sim_environments[1]);
    return files_load(check->sim->files, (uint32_t)(plan->file[0] - '0'),
                      staging, !strcmp(plan->tzdata, "on"))
        ->set;
}

const struct plan_note *check_plan(const struct check *check,
                                   uint32_t generation)
{
    const struct notes *log = &check->sim->disk.log;
    for (uint32_t i = log->plan_count; i-- > 0;)
        if (log->plans[i].generation == generation)
            return &log->plans[i];
    return NULL;
}

const struct job *check_job(const struct check *check, uint32_t generation,
                            uint32_t job)
{
    const struct plan_note *plan = check_plan(check, generation);
    if (!plan)
        return NULL;
    const struct jobset *set = check_set(check, plan);
    uint32_t index = jobset_find(set, sim_jobs[job]);
    return index == UINT32_MAX ? NULL : jobset_job(set, index);
}

/* ---- time ---- */

bool check_moved(const struct check *check, int64_t from_ms, int64_t to_ms)
{
    const struct sim *sim = check->sim;
    for (uint32_t i = sim->clock_move_count; i-- > 0;)
        if (sim->clock_moves[i].at_ms >= from_ms &&
            sim->clock_moves[i].at_ms <= to_ms)
            return true;
    return false;
}

int64_t check_reached_ms(const struct check *check, int64_t at_ms)
{
    const struct sim *sim = check->sim;
    int64_t reached_ms = EVER_MS;
    for (uint32_t i = 0; i < sim->clock_move_count; i++)
        if (sim->clock_moves[i].at_ms <= at_ms &&
            sim->clock_moves[i].before.ms > reached_ms)
            reached_ms = sim->clock_moves[i].before.ms;
    return reached_ms;
}

/* From one step of the clock to the next it goes on, but for drift. What it was
 * set over, if by less than makes a slot late, is as good as shown. */
bool check_showed(const struct check *check, struct wall at, int64_t from_ms,
                  int64_t to_ms)
{
    const struct sim *sim = check->sim;
    int64_t ahead_ms = 0, since_ms = EVER_MS;
    for (uint32_t i = 0; i <= sim->clock_move_count; i++) {
        const struct clock_move *move = &sim->clock_moves[i];
        int64_t until_ms = i < sim->clock_move_count ? move->at_ms : NEVER_MS;
        int64_t shown_ms = at.ms - ahead_ms; /* if so, then */
        int64_t begin_ms = since_ms > from_ms ? since_ms : from_ms;
        int64_t end_ms = until_ms < to_ms ? until_ms : to_ms;
        if (shown_ms >= begin_ms - LATE_MS_MAX && shown_ms <= end_ms + SECOND)
            return true;
        if (i == sim->clock_move_count)
            break;
        ahead_ms = move->after.ms - move->at_ms;
        since_ms = until_ms;
    }
    return false;
}

int64_t check_slept_ms(const struct check *check, int64_t from_ms,
                       int64_t to_ms)
{
    const struct sim *sim = check->sim;
    int64_t sum_ms = 0;
    for (uint32_t i = sim->sleep_count; i-- > 0;) {
        const struct sleep *sleep = &sim->sleeps[i];
        int64_t begin_ms = sleep->from_ms > from_ms ? sleep->from_ms : from_ms;
        int64_t end_ms = sleep->to_ms < to_ms ? sleep->to_ms : to_ms;
        if (sleep->to_ms <= from_ms)
            break;
        if (end_ms > begin_ms)
            sum_ms += end_ms - begin_ms;
    }
    return sum_ms;
}

/* ---- calls ---- */

static int by_call(const void *a, const void *b)
{
    const struct request *x = *(const struct request *const *)a;
    const struct request *y = *(const struct request *const *)b;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    int order = check_by_key(&x->key, &y->key);
    return order ? order : (x > y) - (x < y);
}

static void read_ledger(struct check *check)
{
    const struct backend *backend = &check->sim->backend;
    check->calls = memory_new((backend->count + 1) * sizeof *check->calls);
    for (uint32_t i = 0; i < backend->count; i++) {
        const struct request *request = &backend->requests[i];
        if (request->kind < REQUEST_HOOK && request->sent_ms >= check->fresh_ms)
            check->calls[check->call_count++] = request;
    }
    qsort(check->calls, check->call_count, sizeof *check->calls, by_call);
}

/* ---- the whole ---- */

static void find_fresh(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    for (uint32_t i = 0; i < disk->commit_count; i++) {
        if (disk->commits[i].kind != COMMIT_FRESH)
            continue;
        check->fresh_first = i;
        check->fresh_ms = disk->commits[i].at_ms;
    }
}

static void check_free(struct check *check)
{
    for (uint32_t i = 0; i < SIM_JOBS; i++) {
        free(check->rows[i].runs);
        free(check->rows[i].manual);
        free(check->rows[i].passes);
        free(check->facts[i].claims);
        free(check->facts[i].finishes);
        free(check->facts[i].waits);
        free(check->facts[i].passes);
    }
    free(check->lost);
    free(check->commits);
    free(check->calls);
}

void check(struct sim *sim)
{
    struct check check = { .sim = sim };
    find_fresh(&check);
    read_rows(&check);
    read_commits(&check);
    read_log(&check);
    read_ledger(&check);
    check_slots(&check);
    check_calls(&check);
    check_claims(&check);
    check_leases(&check);
    check_reloads(&check);
    check_free(&check);
}
