/* Every slot of a job that was enabled has exactly one verdict (I1), whatever
 * happened: also where clocks were set (I12), a load failed (I7) or a reload
 * came between (I9). */
#include "check.h"

#include <string.h>

/* The last hour may still go on. */
#define GOING_MS HOUR
/* What was sent may take its timeout of two hours, twice. */
#define OPEN_MS (5 * HOUR)

/* From where to where which schedule of a job counts: (from, to]. */
struct piece {
    const struct schedule *schedule;
    int64_t from_ms, to_ms;
    int64_t began_ms; /* when it came into force */
    uint32_t life;    /* in this life */
};

/* What the journal says of one job, read from its first entry to its last. */
struct reading {
    struct check *check;
    uint32_t job;
    bool open, paused;
    const struct schedule *schedule; /* of the plan in force; NULL: none */
    const struct schedule *before;   /* and before this commit */
    struct piece piece;
    int64_t cursor_ms;
    uint32_t life; /* whose plan that is */
    bool live;     /* it was at work when the plan before the last ended */
    const struct commit *commit; /* that is read */
};

/* ---- one piece ---- */

struct coverage {
    const struct rows *rows;
    uint32_t run, pass;
    int64_t reach_ms; /* of the passes that began by now */
    const struct row *widest;
};

static const struct row *run_at(struct coverage *coverage, int64_t slot_ms)
{
    const struct rows *rows = coverage->rows;
    while (coverage->run < rows->run_count &&
           rows->runs[coverage->run].slot.ms < slot_ms)
        coverage->run++;
    if (coverage->run == rows->run_count ||
        rows->runs[coverage->run].slot.ms != slot_ms)
        return NULL;
    return &rows->runs[coverage->run];
}

static const struct row *pass_at(struct coverage *coverage, int64_t slot_ms)
{
    const struct rows *rows = coverage->rows;
    while (coverage->pass < rows->pass_count &&
           rows->passes[coverage->pass].slot.ms <= slot_ms) {
        const struct row *pass = &rows->passes[coverage->pass++];
        if (pass->last.ms < coverage->reach_ms)
            continue;
        coverage->reach_ms = pass->last.ms;
        coverage->widest = pass;
    }
    return slot_ms <= coverage->reach_ms ? coverage->widest : NULL;
}

/* What was first written of a run; NULL: nothing that counts. */
static const struct fact *first_of(const struct facts_of_job *facts,
                                   struct run_key key)
{
    const struct {
        const struct fact *facts;
        uint32_t count;
    } lists[] = { { facts->waits, facts->wait_count },
                  { facts->claims, facts->claim_count },
                  { facts->finishes, facts->finish_count } };
    const struct fact *first = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        uint32_t place = check_place(lists[i].facts, lists[i].count, key);
        const struct fact *fact = &lists[i].facts[place];
        if (place < lists[i].count &&
            fact->note->entry.slot.ms == key.slot.ms &&
            fact->note->entry.manual == key.manual &&
            (!first || fact->note < first->note))
            first = fact;
    }
    return first;
}

/* Where the clock was set in between, a slot may come twice: it was made up, or
 * passed over, when the clock was set over it; or it was run by a life before
 * and the clock jumps over it, once it has been set back, in a life that knows
 * of no time before its own. The store refuses to run it again, but the row
 * that says that it was missed may be there. */
static bool came_twice(const struct check *check, uint32_t job,
                       const struct row *run, const struct row *pass)
{
    const struct run_key key = { .slot = run->slot };
    const struct fact *ran = first_of(&check->facts[job], key);
    const struct fact *passed = check_pass(check, job, pass);
    if (!ran || !passed)
        return false;
    int64_t a_ms = ran->note->added_ms, b_ms = passed->note->added_ms;
    return check_moved(check, a_ms < b_ms ? a_ms : b_ms,
                       a_ms < b_ms ? b_ms : a_ms);
}

/* A slot that was missed is run after all where an operator asks for it. */
static bool may_be_both(const struct reading *reading, const struct row *run,
                        const struct row *pass)
{
    const struct check *check = reading->check;
    return run->trigger == TRIGGER_BACKFILL ||
           check_lost(check, reading->job, run->slot.ms, 0) ||
           came_twice(check, reading->job, run, pass);
}

/* What a life went through once, while the job was off or had another schedule,
 * does not come again for it when the clock is set back. */
static bool was_lived(const struct reading *reading, struct wall slot)
{
    const struct check *check = reading->check;
    const struct piece *piece = &reading->piece;
    return check_showed(check, slot,
                        check->sim->worker.lives[piece->life - 1].began_ms,
                        piece->began_ms);
}

static void check_piece(struct reading *reading)
{
    struct check *check = reading->check;
    const struct piece *piece = &reading->piece;
    struct coverage coverage = { .rows = &check->rows[reading->job],
                                 .reach_ms = EVER_MS };
    int64_t end_ms = check->sim->end_ms - GOING_MS;
    if (piece->to_ms < end_ms)
        end_ms = piece->to_ms;
    struct wall slot = { piece->from_ms };
    while ((slot = schedule_next(piece->schedule, slot)).ms <= end_ms) {
        const struct row *run = run_at(&coverage, slot.ms);
        const struct row *pass = pass_at(&coverage, slot.ms);
        const char *name = sim_jobs[reading->job];
        if (!strcmp(name, "daily")) {
            check->sim->daily_due++;
            check->sim->daily_ok += run && run->verdict == VERDICT_OK;
        }
        if (!run && !pass && !was_lived(reading, slot))
            sim_blame(check->sim, "I1", slot.ms, "%s: slot %lld has no verdict",
                      name, (long long)slot.ms);
        if (run && pass && !may_be_both(reading, run, pass))
            sim_blame(check->sim, "I1", slot.ms,
                      "%s: slot %lld has two verdicts: %s, and %s{%s}", name,
                      (long long)slot.ms, verdict_names[run->verdict],
                      verdict_names[pass->verdict], why_names[pass->why]);
    }
}

/* ---- from entry to entry ---- */

static bool same_schedule(const struct schedule *a, const struct schedule *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->every_ms != b->every_ms || a->phase_ms != b->phase_ms ||
        !a->rules != !b->rules)
        return false;
    return !a->rules || rules_digest(a->rules) == rules_digest(b->rules);
}

static void piece_end(struct reading *reading, int64_t to_ms)
{
    reading->piece.to_ms = to_ms;
    if (reading->piece.schedule)
        check_piece(reading);
    reading->piece.schedule = NULL;
}

static void piece_begin(struct reading *reading, int64_t from_ms)
{
    reading->piece = (struct piece){ .schedule = reading->schedule,
                                     .from_ms = from_ms,
                                     .to_ms = EVER_MS,
                                     .began_ms = reading->commit->at_ms,
                                     .life = reading->commit->life };
}

/* How far the job is by its rows. Of a cursor that a clock wrote which was
 * ahead nothing counts once that was set back: the rows before it say. */
static int64_t come_to(const struct reading *reading, struct wall now)
{
    const struct facts_of_job *facts = &reading->check->facts[reading->job];
    const struct {
        const struct fact *facts;
        uint32_t count;
    } lists[] = { { facts->waits, facts->wait_count },
                  { facts->claims, facts->claim_count },
                  { facts->passes, facts->pass_count } };
    if (reading->cursor_ms <= now.ms)
        return reading->cursor_ms;
    int64_t come_ms = reading->piece.from_ms;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (uint32_t k = 0; k < lists[i].count; k++) {
            const struct fact *fact = &lists[i].facts[k];
            int64_t cursor_ms = fact->note->entry.cursor.ms;
            if (fact->commit->at_ms <= reading->commit->at_ms &&
                fact->note->outcome == ENTRY_DONE && cursor_ms <= now.ms &&
                cursor_ms > come_ms)
                come_ms = cursor_ms;
        }
    return come_ms;
}

/* Where nobody was there, or the store was ill, what was due under the old
 * schedule may be decided under the new one. */
static bool was_at_work(const struct reading *reading,
                        const struct commit *commit)
{
    return reading->schedule && commit->life == reading->life &&
           !commit->held_up && !reading->paused;
}

static const struct schedule *schedule_in(const struct reading *reading,
                                          const struct plan_note *plan)
{
    const struct jobset *set = check_set(reading->check, plan);
    uint32_t index = jobset_find(set, sim_jobs[reading->job]);
    if (index == UINT32_MAX)
        return NULL;
    const struct job *job = jobset_job(set, index);
    return job->standing == STANDING_SCHEDULED ? &job->schedule : NULL;
}

static void read_plan(struct reading *reading, const struct commit *commit,
                      const struct plan_note *plan)
{
    const struct schedule *schedule = schedule_in(reading, plan);
    reading->live = was_at_work(reading, commit);
    reading->life = commit->life;
    if (!schedule) {
        reading->schedule = NULL;
        return;
    }
    bool same = same_schedule(reading->piece.schedule, schedule);
    reading->schedule = schedule;
    if (!reading->open || same)
        return;
    piece_end(reading,
              reading->live ? plan->at.ms : come_to(reading, plan->at));
    piece_begin(reading, plan->at.ms);
}

static bool is_counted(const struct schedule *schedule,
                       const struct entry *entry)
{
    const struct wall before = { entry->slot.ms - 1 };
    return schedule && schedule_next(schedule, before).ms == entry->slot.ms &&
           schedule_count(schedule, before, entry->last) == entry->count;
}

/* A row of slots that were passed over says how many they were. In a batch
 * plans come first, so it may be of the plan before, or of each that came
 * while the store was ill; written once more it has been looked at. */
static void check_counted(const struct reading *reading,
                          const struct note *note)
{
    const struct plan_note *plans = reading->check->sim->disk.log.plans;
    const struct commit *commit = reading->commit;
    const struct entry *entry = &note->entry;
    const struct row row = { .slot = entry->slot, .last = entry->last };
    const struct fact *first = check_pass(reading->check, reading->job, &row);
    bool good = (first && first->note != note) ||
                is_counted(reading->schedule, entry) ||
                is_counted(reading->before, entry);
    for (uint32_t i = 0; !good && i < commit->plan_count; i++)
        good = is_counted(schedule_in(reading, &plans[commit->plan_first + i]),
                          entry);
    if (!good)
        sim_blame(reading->check->sim, "I6", note->added_ms,
                  "%s: %lld slots from %lld to %lld are said to be passed over",
                  entry->job, (long long)entry->count,
                  (long long)entry->slot.ms, (long long)entry->last.ms);
}

static void read_entry(struct reading *reading, const struct note *note)
{
    const struct entry *entry = &note->entry;
    bool moves = entry->kind == ENTRY_WAIT || entry->kind == ENTRY_CLAIM ||
                 entry->kind == ENTRY_PASS;
    if (moves && entry->cursor.ms != EVER_MS && note->outcome == ENTRY_DONE)
        reading->cursor_ms = entry->cursor.ms;
    switch (entry->kind) {
    case ENTRY_LANE:
        if (reading->open)
            break;
        reading->open = true;
        reading->cursor_ms = entry->cursor.ms;
        piece_begin(reading, entry->cursor.ms);
        break;
    case ENTRY_LEAVE:
        if (reading->open)
            piece_end(reading, reading->live ? entry->at.ms
                                             : come_to(reading, entry->at));
        reading->open = false;
        break;
    case ENTRY_PASS:
        if (note->outcome == ENTRY_DONE)
            check_counted(reading, note);
        break;
    case ENTRY_PAUSE:
        reading->paused = true;
        break;
    case ENTRY_RESUME:
        reading->paused = false;
        break;
    default:
        break;
    }
}

static void read_commit(struct reading *reading, const struct commit *commit)
{
    const struct notes *log = &reading->check->sim->disk.log;
    reading->commit = commit;
    reading->before = reading->schedule;
    for (uint32_t i = 0; i < commit->plan_count; i++)
        read_plan(reading, commit, &log->plans[commit->plan_first + i]);
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct note *note = &log->list[commit->first + i];
        if (note->entry.job == sim_jobs[reading->job])
            read_entry(reading, note);
    }
}

/* ---- what goes on for ever ---- */

static void check_open(struct check *check, uint32_t job,
                       const struct row *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!rows[i].done && rows[i].slot.ms < check->sim->end_ms - OPEN_MS)
            sim_blame(check->sim, "I1", rows[i].slot.ms,
                      "%s: the run of slot %lld%s never ends", sim_jobs[job],
                      (long long)rows[i].slot.ms,
                      rows[i].manual ? ", by hand," : "");
}

static void check_job_slots(struct check *check, uint32_t job)
{
    struct reading reading = { .check = check,
                               .job = job,
                               .cursor_ms = EVER_MS };
    for (uint32_t i = 0; i < check->commit_count; i++)
        if (!check->commits[i]->lost)
            read_commit(&reading, check->commits[i]);
    if (reading.open)
        piece_end(&reading, NEVER_MS);
    check_open(check, job, check->rows[job].runs, check->rows[job].run_count);
    check_open(check, job, check->rows[job].manual,
               check->rows[job].manual_count);
}

void check_slots(struct check *check)
{
    for (uint32_t i = 0; i < SIM_JOBS; i++)
        check_job_slots(check, i);
}
