/* Leases: a life that is there renews them in time, a run that is taken from a
 * life that is over has the next epoch, and nothing is sent under a claim that
 * another has followed, or that has its verdict.
 *
 * Time is counted as the store's thread has it: not while the machine sleeps,
 * nor while a batch is under way, which may be tried again for hours. Where
 * these are long a lease runs out; that costs nothing, since a file that is
 * locked has no other owner, but nothing else excuses it. */
#include "check.h"

#include "../../engine/journal.h"

#define SLACK_MS SECOND

/* ---- the time that a thread has ---- */

/* The thread of a life, followed from commit to commit. */
struct thread {
    const struct check *check;
    uint32_t life;
    int64_t free_ms;    /* of its own time, since its last renewal */
    int64_t at_ms;      /* up to where that is counted */
    int64_t renewed_ms; /* when that was added */
};

/* Up to `to_ms` it was free, but for the machine's sleep. */
static void thread_frees(struct thread *thread, int64_t to_ms)
{
    if (to_ms <= thread->at_ms)
        return;
    thread->free_ms += to_ms - thread->at_ms -
                       check_slept_ms(thread->check, thread->at_ms, to_ms);
    thread->at_ms = to_ms;
}

static void check_renewed(struct check *check, const struct thread *thread)
{
    if (thread->free_ms > JOURNAL_RENEW_MS + SLACK_MS)
        sim_blame(check->sim, "leases", thread->at_ms,
                  "no lease was renewed in %lld ms of the time of life %u",
                  (long long)thread->free_ms, thread->life);
}

static void thread_ends(struct check *check, struct thread *thread)
{
    const struct span_of_life *life =
        &check->sim->worker.lives[thread->life - 1];
    int64_t end_ms =
        life->ended_ms < life->stuck_ms ? life->ended_ms : life->stuck_ms;
    if (end_ms == NEVER_MS)
        end_ms = check->sim->now_ms;
    thread_frees(thread, end_ms);
    check_renewed(check, thread);
}

/* A batch that is written twice has its renewal twice. */
static void read_batch(struct check *check, struct thread *thread,
                       const struct commit *commit)
{
    const struct notes *log = &check->sim->disk.log;
    thread_frees(thread, commit->begun_ms);
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct note *note = &log->list[commit->first + i];
        if (note->entry.kind != ENTRY_RENEW ||
            note->added_ms == thread->renewed_ms)
            continue;
        check_renewed(check, thread);
        thread->renewed_ms = note->added_ms;
        thread->free_ms = 0;
    }
    if (commit->at_ms > thread->at_ms)
        thread->at_ms = commit->at_ms;
}

static void check_renewals(struct check *check)
{
    const struct disk *disk = &check->sim->disk;
    struct thread thread = { .check = check };
    for (uint32_t i = check->fresh_first; i < disk->commit_count; i++) {
        const struct commit *commit = &disk->commits[i];
        if (commit->kind == COMMIT_LIFE) {
            if (thread.life)
                thread_ends(check, &thread);
            thread = (struct thread){ .check = check,
                                      .life = commit->life,
                                      .at_ms = commit->at_ms };
        } else if (commit->kind == COMMIT_BATCH && thread.life) {
            read_batch(check, &thread, commit);
        }
    }
    if (thread.life)
        thread_ends(check, &thread);
}

/* ---- epochs ---- */

static struct run_key key_of(const struct fact *fact)
{
    return (struct run_key){ fact->note->entry.slot, fact->note->entry.manual };
}

/* The same claim, in a batch that was written twice. */
static bool is_again(const struct entry *a, const struct entry *b)
{
    return a->epoch == b->epoch && a->at.ms == b->at.ms;
}

/* Whether a claim had its verdict, or went, before another followed. */
static bool had_ended(const struct check *check, uint32_t job,
                      const struct fact *claim, const struct fact *next)
{
    const struct facts_of_job *facts = &check->facts[job];
    struct run_key key = key_of(claim);
    uint32_t i = check_place(facts->finishes, facts->finish_count, key);
    for (; i < facts->finish_count; i++) {
        const struct fact *finish = &facts->finishes[i];
        struct run_key there = key_of(finish);
        if (check_by_key(&there, &key))
            break;
        if (!finish->commit->lost && finish->note > claim->note &&
            finish->note < next->note)
            return true;
    }
    return check_gone(check, job, key, claim->commit->at_ms,
                      next->commit->at_ms);
}

static void check_epoch(struct check *check, uint32_t job,
                        const struct fact *claim, const struct fact *next)
{
    const struct entry *old = &claim->note->entry, *new = &next->note->entry;
    if (is_again(old, new) && claim->commit->life == next->commit->life)
        return;
    bool ended = had_ended(check, job, claim, next);
    if (ended ? new->epoch > old->epoch ||
                    check_gone(check, job, key_of(claim), claim->commit->at_ms,
                               next->commit->at_ms)
              : new->epoch == old->epoch + 1 &&
                    claim->commit->life != next->commit->life)
        return;
    sim_blame(check->sim, "leases", next->note->added_ms,
              "%s: slot %lld was claimed with epoch %u by life %u, and %s with "
              "%u by life %u",
              sim_jobs[job], (long long)old->slot.ms, new->epoch,
              next->commit->life, ended ? "had ended" : "was held", old->epoch,
              claim->commit->life);
}

static void check_epochs(struct check *check, uint32_t job)
{
    const struct facts_of_job *facts = &check->facts[job];
    const struct fact *before = NULL;
    for (uint32_t i = 0; i < facts->claim_count; i++) {
        const struct fact *claim = &facts->claims[i];
        if (claim->commit->lost)
            continue;
        struct run_key a = key_of(claim), b = before ? key_of(before) : a;
        if (before && !check_by_key(&a, &b))
            check_epoch(check, job, before, claim);
        before = claim;
    }
}

void check_leases(struct check *check)
{
    check_renewals(check);
    for (uint32_t i = 0; i < SIM_JOBS; i++)
        check_epochs(check, i);
}
