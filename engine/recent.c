/* A table by name, open addressing; nothing is taken out but by a sweep. */
#include "recent.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

struct recent {
    struct recent_job **slots; /* NULL: empty */
    size_t mask, count;        /* slots are a power of two */
};

/* ---- the table ---- */

static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

static struct recent_job **place(const struct recent *recent, const char *name,
                                 uint64_t hash)
{
    size_t i = hash & recent->mask;
    while (recent->slots[i] && (recent->slots[i]->hash != hash ||
                                strcmp(recent->slots[i]->name, name) != 0))
        i = (i + 1) & recent->mask;
    return &recent->slots[i];
}

static void grow(struct recent *recent)
{
    struct recent_job **old = recent->slots;
    size_t count = recent->mask + 1;
    recent->mask = count * 2 - 1;
    recent->slots = memory_new(count * 2 * sizeof *recent->slots);
    for (size_t i = 0; i < count; i++)
        if (old[i])
            *place(recent, old[i]->name, old[i]->hash) = old[i];
    free(old);
}

struct recent *recent_new(void)
{
    struct recent *recent = memory_new(sizeof *recent);
    recent->mask = 63;
    recent->slots = memory_new(64 * sizeof *recent->slots);
    return recent;
}

static struct recent_job *job_of(struct recent *recent, const char *name)
{
    uint64_t hash = hash_of(name);
    struct recent_job **slot = place(recent, name, hash);
    if (*slot)
        return *slot;
    struct recent_job *job = memory_new(sizeof *job);
    job->name = memory_string(name);
    job->hash = hash;
    job->pause.until.ms = EVER_MS;
    *slot = job;
    if (++recent->count * 2 > recent->mask)
        grow(recent);
    return job;
}

static void pause_end(struct recent_job *job)
{
    free(job->pause.by);
    free(job->pause.reason);
    job->pause.by = job->pause.reason = NULL;
    job->pause.until.ms = EVER_MS;
}

static void attempts_clear(struct recent_job *job)
{
    for (uint32_t i = 0; i < job->attempt_count; i++)
        free(job->attempts[i].error);
    free(job->attempts);
    job->attempts = NULL;
    job->attempt_count = 0;
}

static void job_free(struct recent_job *job)
{
    attempts_clear(job);
    pause_end(job);
    free(job->last.error);
    free(job->beside);
    free(job->name);
    free(job);
}

void recent_free(struct recent *recent)
{
    if (!recent)
        return;
    for (size_t i = 0; i <= recent->mask; i++)
        if (recent->slots[i])
            job_free(recent->slots[i]);
    free(recent->slots);
    free(recent);
}

static bool is_kept(const struct recent_job *job, const struct jobset *set,
                    struct wall now)
{
    return jobset_find(set, job->name) != UINT32_MAX ||
           job->pause.until.ms > now.ms;
}

void recent_sweep(struct recent *recent, const struct jobset *set,
                  struct wall now)
{
    struct recent_job **old = recent->slots;
    recent->slots = memory_new((recent->mask + 1) * sizeof *recent->slots);
    recent->count = 0;
    for (size_t i = 0; i <= recent->mask; i++) {
        if (old[i] && is_kept(old[i], set, now)) {
            *place(recent, old[i]->name, old[i]->hash) = old[i];
            recent->count++;
        } else if (old[i]) {
            job_free(old[i]);
        }
    }
    free(old);
}

const struct recent_job *recent_of(const struct recent *recent,
                                   const char *name)
{
    return *place(recent, name, hash_of(name));
}

/* ---- runs ---- */

static char *copy_or_null(const char *string)
{
    return string && *string ? memory_string(string) : NULL;
}

static bool same_key(struct run_key a, struct run_key b)
{
    return a.slot.ms == b.slot.ms && a.manual == b.manual;
}

bool recent_attempts_are(const struct recent_job *job, struct run_key key)
{
    return job && same_key(job->attempts_of, key);
}

static void took(struct recent_job *job, int64_t ms, unsigned verdict,
                 unsigned why)
{
    if (verdict_of_left(verdict, why))
        return;
    job->took_ms[job->took_next] = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
    job->took_next = (job->took_next + 1) % RECENT_TOOK;
    if (job->took_count < RECENT_TOOK)
        job->took_count++;
}

/* The run of this key that goes on, or NULL. */
static struct recent_run *begun_of(struct recent_job *job, struct run_key key)
{
    if (job->goes_on && same_key(job->going.key, key))
        return &job->going;
    for (uint32_t i = 0; i + 1 < job->begun; i++)
        if (same_key(job->beside[i].key, key))
            return &job->beside[i];
    return NULL;
}

const struct recent_run *recent_going(const struct recent_job *job,
                                      struct run_key key)
{
    return job ? begun_of((struct recent_job *)job, key) : NULL;
}

static void begun_add(struct recent_job *job, const struct recent_run *run)
{
    if (job->goes_on) {
        if (job->begun > job->beside_cap) {
            job->beside_cap = job->begun * 2;
            job->beside = memory_resize(job->beside, job->beside_cap,
                                        sizeof *job->beside);
        }
        job->beside[job->begun - 1] = job->going;
    }
    job->going = *run;
    job->goes_on = true;
    job->begun++;
}

/* The one that began last of the others takes the place of `going`. */
static void begun_remove(struct recent_job *job, struct recent_run *run)
{
    uint32_t others = --job->begun;
    job->goes_on = others > 0;
    if (!others)
        return;
    if (run == &job->going) {
        job->going = job->beside[others - 1];
        return;
    }
    size_t after = (size_t)(job->beside + others - (run + 1));
    memmove(run, run + 1, after * sizeof *run);
}

/* Somebody has: it goes on, or has its verdict. */
static void left_end(struct recent_job *job, struct run_key key)
{
    if (job->is_left && same_key(job->left.key, key))
        job->is_left = false;
}

static void on_start(struct recent *recent, const struct run_note *note,
                     struct wall at)
{
    struct recent_job *job = job_of(recent, note->name);
    struct recent_run *known = begun_of(job, note->key);
    left_end(job, note->key);
    if (known) {
        known->attempt = note->attempt;
        known->accepted = false;
        if (recent_attempts_are(job, note->key))
            job->attempt_began = at;
        return;
    }
    attempts_clear(job);
    job->attempt_began = at;
    job->attempts_of = note->key;
    const struct recent_run run = { .key = note->key,
                                    .trigger = note->trigger,
                                    .attempt = note->attempt,
                                    .started = at,
                                    .ended = { EVER_MS } };
    begun_add(job, &run);
}

static void on_accepted(struct recent *recent, const struct run_note *note,
                        struct wall at)
{
    struct recent_run *run = begun_of(job_of(recent, note->name), note->key);
    if (!run)
        return;
    run->accepted = true;
    run->accepted_at = at;
    run->asked_until.ms = at.ms + note->left_ms;
}

static void on_again(struct recent *recent, const struct run_note *note,
                     const char *error, struct wall at)
{
    struct recent_job *job = job_of(recent, note->name);
    struct recent_run *run = begun_of(job, note->key);
    if (run)
        run->accepted = false; /* it is done, and failed */
    if (!recent_attempts_are(job, note->key))
        return;
    if (!job->attempts)
        job->attempts = memory_new(RECENT_ATTEMPTS * sizeof *job->attempts);
    if (job->attempt_count == RECENT_ATTEMPTS) {
        free(job->attempts[0].error);
        memmove(job->attempts, job->attempts + 1,
                (RECENT_ATTEMPTS - 1) * sizeof job->attempts[0]);
        job->attempt_count--;
    }
    job->attempts[job->attempt_count++] =
        (struct recent_attempt){ .number = note->attempt,
                                 .status = note->status,
                                 .began = job->attempt_began,
                                 .at = at,
                                 .pause_ms = note->pause_ms,
                                 .error = copy_or_null(error) };
}

/* The last attempt that failed, where it is this one of this run; or NULL. */
static const struct recent_attempt *failed_of(const struct recent_job *job,
                                              struct run_key key,
                                              uint32_t attempt)
{
    if (!recent_attempts_are(job, key) || !job->attempt_count)
        return NULL;
    const struct recent_attempt *last = &job->attempts[job->attempt_count - 1];
    return last->number == attempt ? last : NULL;
}

const struct recent_attempt *recent_rest(const struct recent_job *job,
                                         struct wall *ret_again)
{
    const struct recent_attempt *last =
        job && job->goes_on ? failed_of(job, job->going.key, job->going.attempt)
                            : NULL;
    if (last)
        ret_again->ms = last->at.ms + last->pause_ms;
    return last;
}

const char *recent_failure(const struct recent *recent,
                           const struct run_note *note)
{
    const struct recent_attempt *last =
        failed_of(recent_of(recent, note->name), note->key, note->attempt);
    return last ? last->error : NULL;
}

static void pass(struct recent_job *job, struct wall slot, enum verdict verdict,
                 enum why why)
{
    job->passed = true;
    job->pass.slot = slot;
    job->pass.verdict = verdict;
    job->pass.why = why;
}

/* What another life had begun is told of by its row, read or yet to be. */
static struct wall started_of(const struct recent_job *job,
                              const struct recent_run *begun,
                              const struct action *act, struct wall at)
{
    if (begun)
        return begun->started;
    if (job->is_left && same_key(job->left.key, act->finish.note.key))
        return job->left.started;
    if (verdict_of_left(act->finish.verdict, act->finish.why))
        return (struct wall){ EVER_MS };
    return (struct wall){ at.ms - act->finish.took_ms };
}

static void on_finish(struct recent *recent, const struct action *act,
                      const char *error, struct wall at)
{
    const struct run_note *note = &act->finish.note;
    struct recent_job *job = job_of(recent, note->name);
    struct recent_run *known = begun_of(job, note->key);
    struct wall started = started_of(job, known, act, at);
    left_end(job, note->key);
    if (known)
        begun_remove(job, known);
    /* A claimed run that was not sent after all is neither the last one nor one
     * that took no time. */
    if (act->finish.verdict >= VERDICT_SKIPPED) {
        pass(job, note->key.slot, act->finish.verdict, act->finish.why);
        return;
    }
    took(job, act->finish.took_ms, act->finish.verdict, act->finish.why);
    free(job->last.error);
    job->ran = true;
    job->last = (struct recent_run){
        .key = note->key,
        .trigger = note->trigger,
        .attempt = note->attempt,
        .started = started,
        .ended = at,
        .took_ms = act->finish.took_ms,
        .status = act->finish.status,
        .verdict = (uint8_t)act->finish.verdict,
        .why = (uint8_t)act->finish.why,
        .cause = (uint8_t)act->finish.cause,
        .error = copy_or_null(error),
    };
}

static void on_drop(struct recent *recent, const struct run_note *note)
{
    struct recent_job *job = job_of(recent, note->name);
    struct recent_run *known = begun_of(job, note->key);
    if (!note->function && known)
        begun_remove(job, known);
}

void recent_action(struct recent *recent, const struct action *act,
                   const char *error, struct wall at)
{
    switch (act->kind) {
    case ACT_START:
        on_start(recent, &act->note, at);
        break;
    case ACT_ACCEPTED:
        on_accepted(recent, &act->note, at);
        break;
    case ACT_AGAIN:
        on_again(recent, &act->note, error, at);
        break;
    case ACT_FINISH:
        on_finish(recent, act, error, at);
        break;
    case ACT_DROP:
        on_drop(recent, &act->note);
        break;
    case ACT_PASS:
        pass(job_of(recent, act->pass.job->name), act->pass.last,
             act->pass.verdict, act->pass.why);
        break;
    case ACT_PAUSE:
        recent_pause(recent,
                     &(struct stored_pause){ .job = act->pause.job,
                                             .by = act->pause.by,
                                             .reason = act->pause.reason,
                                             .since = at,
                                             .until = act->pause.until });
        break;
    case ACT_RESUME:
        pause_end(job_of(recent, act->pause.job));
        break;
    default:
        break;
    }
}

/* ---- of the store ---- */

/* The run was settled before its row was read. */
static void last_began(struct recent_job *job, const struct history_row *row)
{
    struct run_key key = { row->slot, row->manual };
    if (job->ran && job->last.started.ms == EVER_MS &&
        same_key(job->last.key, key))
        job->last.started = row->started;
}

static void row_of_run(struct recent_job *job, const struct history_row *row)
{
    if (job->took_count < RECENT_TOOK)
        took(job, row->took_ms, row->verdict, row->why);
    last_began(job, row);
    if (job->ran)
        return;
    job->ran = true;
    job->last = (struct recent_run){
        .key = { row->slot, row->manual },
        .trigger = (enum trigger)row->trigger,
        .attempt = row->attempt,
        .started = row->started,
        .ended = row->ended,
        .took_ms = row->took_ms,
        .status = row->status,
        .verdict = row->verdict,
        .why = row->why,
        .cause = row->cause,
        .error = copy_or_null(row->error),
    };
}

void recent_row(struct recent *recent, const struct history_row *row)
{
    struct recent_job *job = job_of(recent, row->job);
    if (!row->done && row->count == 0)
        return; /* whoever goes on with it says so */
    if (row->verdict < VERDICT_SKIPPED)
        row_of_run(job, row);
    else if (!job->passed)
        pass(job, row->last, (enum verdict)row->verdict, (enum why)row->why);
}

/* It may have been gone on with since it was read. */
void recent_left(struct recent *recent, const struct history_row *row)
{
    struct recent_job *job = job_of(recent, row->job);
    struct run_key key = { row->slot, row->manual };
    last_began(job, row);
    if (job->is_left || begun_of(job, key) ||
        (job->ran && same_key(job->last.key, key)))
        return;
    job->is_left = true;
    job->left = (struct recent_run){ .key = key,
                                     .trigger = (enum trigger)row->trigger,
                                     .attempt = row->attempt,
                                     .started = row->started,
                                     .ended = { EVER_MS } };
}

void recent_pause(struct recent *recent, const struct stored_pause *pause)
{
    struct recent_job *job = job_of(recent, pause->job);
    pause_end(job);
    job->pause.since = pause->since;
    job->pause.until = pause->until;
    job->pause.by = copy_or_null(pause->by);
    job->pause.reason = copy_or_null(pause->reason);
}

/* ---- the median ---- */

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

int64_t recent_median_ms(const struct recent_job *job)
{
    uint32_t sorted[RECENT_TOOK];
    if (!job || !job->took_count)
        return -1;
    memcpy(sorted, job->took_ms, job->took_count * sizeof sorted[0]);
    qsort(sorted, job->took_count, sizeof sorted[0], by_size);
    return sorted[job->took_count / 2];
}
