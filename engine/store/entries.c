/* A batch of entries is written: who may claim what, and what an entry means
 * for the rows and lanes.
 *
 * A batch whose commit was not heard of is written again, so each entry must
 * know its own work: a claim by (life, epoch, when), a verdict by (epoch,
 * when). What it finds done already it leaves, but cursor and fails: these are
 * set each time, because an entry before it in the batch has just set them
 * back. */
#include <assert.h>
#include <string.h>

#include "driver.h"
#include "mooncron/mutant.h"
#include "mooncron/text.h"

/* `text` cut to STORE_ERROR_MAX bytes, but not within a character. */
static const char *fit(const char *text, char cut[STORE_ERROR_MAX + 1])
{
    size_t len = strnlen(text, STORE_ERROR_MAX + 1);
    if (len <= STORE_ERROR_MAX)
        return text;
    len = STORE_ERROR_MAX;
    while (len > STORE_ERROR_MAX - 4 &&
           ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(cut, text, len);
    cut[len] = '\0';
    return cut;
}

/* The number of a job, which is made where it has none; 0: broken. */
static uint32_t job_number(struct store *store, const char *name)
{
    uint32_t job = names_find(&store->jobs, name);
    if (job)
        return job;
    job = names_add(&store->jobs, name);
    return store->driver->job(store, job, name) ? job : 0;
}

/* What is under way: an entry, its job's number, its strings cut. */
struct work {
    struct store *store;
    const struct store_driver *driver;
    struct entry *entry; /* its epoch may be raised */
    uint32_t job;
    const char *error, *by;
    enum entry_outcome outcome;
};

static struct row_key key_of(const struct work *work)
{
    const struct entry *entry = work->entry;
    uint8_t kind = entry->kind == ENTRY_PASS ? ROW_PASS
                   : entry->manual           ? ROW_MANUAL
                                             : ROW_RUN;
    return (struct row_key){ entry->slot, work->job, kind };
}

static struct row row_of(const struct work *work, enum row_state state)
{
    const struct entry *entry = work->entry;
    return (struct row){
        .key = key_of(work),
        .state = (uint8_t)state,
        .trigger = entry->trigger,
        .no_overlap = entry->no_overlap,
        .life = work->store->life,
        .epoch = entry->epoch,
        .generation = entry->generation,
        .attempt = entry->attempt,
        .lease = { entry->at.ms + STORE_LEASE_MS },
        .started = { EVER_MS },
        .ended = { EVER_MS },
        .last = { EVER_MS },
        .settings = entry->digest,
        .error = "",
        .by = work->by,
        .owner = "",
    };
}

static bool taken(struct work *work)
{
    work->outcome = ENTRY_TAKEN;
    return true;
}

static bool fenced(struct work *work)
{
    work->outcome = ENTRY_FENCED;
    return true;
}

static enum answer add_row(const struct work *work, const struct row *row)
{
    enum answer answer = work->driver->row_add(work->store, row);
    if (answer == ANSWER_YES && work->store->rows >= 0)
        work->store->rows++;
    return answer;
}

static bool move_cursor(const struct work *work)
{
    const struct lane_change change = { .cursor = work->entry->cursor,
                                        .started = { EVER_MS } };
    return change.cursor.ms == EVER_MS ||
           work->driver->lane_change(work->store, work->job, &change);
}

/* ---- claims and waits ---- */

/* Whether the slot had a run: what is counted once, whoever runs it again. */
static bool had_run(const struct row *row)
{
    return row->state == ROW_CLAIMED ||
           (row->state == ROW_DONE && row->verdict != VERDICT_SKIPPED &&
            row->verdict != VERDICT_MISSED);
}

/* Whether a row that has ended may be run once more. Verdicts of a newer
 * version are not known to be harmless: they stay. */
static bool may_repeat(const struct row *row, const struct entry *entry)
{
    switch (row->verdict) {
    case VERDICT_SKIPPED:
    case VERDICT_MISSED:
        return true;
    case VERDICT_FAILED:
    case VERDICT_UNKNOWN:
        return entry->trigger == TRIGGER_BACKFILL;
    default:
        return false;
    }
}

static bool may_claim(const struct work *work, const struct row *old)
{
    switch (old->state) {
    case ROW_WAITS:
        return true;
    case ROW_CLAIMED:
        return old->life != work->store->life &&
               work->entry->epoch > old->epoch;
    default:
        return may_repeat(old, work->entry);
    }
}

/* The own claim, in a batch that is written again. */
static bool is_own_claim(const struct work *work, const struct row *old)
{
    return old->life == work->store->life && old->epoch == work->entry->epoch &&
           old->started.ms == work->entry->at.ms;
}

static bool claimed(const struct work *work, const struct row *old)
{
    bool counts = !work->entry->manual &&
                  work->entry->trigger != TRIGGER_BACKFILL &&
                  !(old && had_run(old));
    const struct lane_change change = { .cursor = work->entry->cursor,
                                        .started = work->entry->at,
                                        .runs = counts };
    return work->driver->lane_change(work->store, work->job, &change);
}

static bool claim_over(struct work *work, struct row *row)
{
    struct row old;
    if (work->driver->row_get(work->store, &row->key, &old) != ANSWER_YES)
        return false;
    if (is_own_claim(work, &old))
        return move_cursor(work);
    if (!may_claim(work, &old))
        return taken(work);
    if (row->epoch <= old.epoch) /* who asks again knows of no epoch */
        row->epoch = work->entry->epoch = old.epoch + 1;
    if (!*row->by)
        row->by = old.by;
    return work->driver->row_put(work->store, row) && claimed(work, &old);
}

/* A new row, or one that waits: the likelier of the two is tried first.
 * ANSWER_NO: it is neither. */
static enum answer claim_fresh(const struct work *work, const struct row *row)
{
    bool waits = work->store->claims_wait;
    for (int i = 0; i < 2; i++, waits = !waits) {
        enum answer answer = waits ? work->driver->row_claim(work->store, row)
                                   : add_row(work, row);
        if (answer == ANSWER_YES)
            work->store->claims_wait = waits;
        if (answer != ANSWER_NO)
            return answer;
    }
    return ANSWER_NO;
}

static bool write_claim(struct work *work)
{
    struct row row = row_of(work, ROW_CLAIMED);
    row.started = work->entry->at;
    enum answer answer = ANSWER_NO;
    if (row.no_overlap)
        answer = work->driver->rival(work->store, &row.key);
    if (answer != ANSWER_NO)
        return answer == ANSWER_YES && taken(work);
    answer = claim_fresh(work, &row);
    if (answer == ANSWER_NO)
        return claim_over(work, &row);
    return answer == ANSWER_YES && claimed(work, NULL);
}

/* A wait counts no claim, so the epoch may be what it was. */
static bool may_wait(const struct work *work, const struct row *old)
{
    return old->state == ROW_DONE && may_repeat(old, work->entry);
}

static bool wait_over(struct work *work, struct row *row)
{
    struct row old;
    if (work->driver->row_get(work->store, &row->key, &old) != ANSWER_YES)
        return false;
    if (row->epoch < old.epoch)
        row->epoch = old.epoch;
    if (may_wait(work, &old))
        return work->driver->row_put(work->store, row) && move_cursor(work);
    return old.life == work->store->life ? move_cursor(work) : taken(work);
}

static bool write_wait(struct work *work)
{
    struct row row = row_of(work, ROW_WAITS);
    enum answer answer = add_row(work, &row);
    if (answer == ANSWER_NO)
        return wait_over(work, &row);
    return answer == ANSWER_YES && move_cursor(work);
}

/* ---- what becomes of a run ---- */

/* Whether a verdict of an older epoch is of this row all the same: it waits, or
 * was given up before its claim, whose epoch was raised, had been heard of. */
static bool is_unheard(const struct work *work, const struct row *row)
{
    if (row->life != work->store->life)
        return false;
    return row->state == ROW_WAITS ||
           (row->state == ROW_CLAIMED && work->entry->kind == ENTRY_FINISH &&
            work->entry->verdict == VERDICT_SKIPPED);
}

/* ANSWER_NO: it is fenced off. */
static enum answer find_run(const struct work *work, struct row *ret)
{
    const struct row_key key = key_of(work);
    enum answer answer = work->driver->row_get(work->store, &key, ret);
    if (answer == ANSWER_YES && work->entry->epoch < ret->epoch &&
        !is_unheard(work, ret))
        return ANSWER_NO;
    return answer;
}

/* What it answered, and whose it is from now on. */
static void note_answer(const struct work *work, struct row *row)
{
    const struct entry *entry = work->entry;
    if (entry->epoch > row->epoch)
        row->life = work->store->life;
    if (entry->epoch > row->epoch)
        row->epoch = entry->epoch;
    row->attempt = entry->attempt;
    row->status = entry->status;
    row->cause = entry->cause;
    row->error = work->error;
}

static bool write_attempt(struct work *work)
{
    struct row row;
    enum answer answer = find_run(work, &row);
    if (answer != ANSWER_YES)
        return answer == ANSWER_NO && fenced(work);
    if (row.state == ROW_DONE) /* the verdict behind it is in force already */
        return row.epoch == work->entry->epoch || fenced(work);
    if (work->entry->cause != CAUSE_NONE)
        note_answer(work, &row);
    else
        row.cause = CAUSE_NONE;
    row.lease.ms = work->entry->at.ms + STORE_LEASE_MS;
    return work->driver->row_put(work->store, &row);
}

static bool set_fails(const struct work *work)
{
    return work->driver->lane_fails(work->store, work->job, work->entry->fails);
}

static void end_row(const struct work *work, struct row *row)
{
    const struct entry *entry = work->entry;
    note_answer(work, row);
    row->state = ROW_DONE;
    row->ended = entry->at;
    row->lease.ms = EVER_MS;
    row->verdict = entry->verdict;
    row->why = entry->why;
    row->took_ms = entry->took_ms;
}

/* The row has to be looked at. */
static bool finish_found(struct work *work)
{
    const struct entry *entry = work->entry;
    struct row row;
    enum answer answer = find_run(work, &row);
    if (answer != ANSWER_YES)
        return answer == ANSWER_NO && fenced(work);
    if (row.state == ROW_DONE) {
        bool own = row.epoch == entry->epoch && row.ended.ms == entry->at.ms &&
                   row.verdict == entry->verdict;
        return own ? set_fails(work) : fenced(work);
    }
    if (entry->epoch < row.epoch) /* by which it knows its work again */
        work->entry->epoch = row.epoch;
    end_row(work, &row);
    return work->driver->row_put(work->store, &row) && set_fails(work);
}

static bool write_finish(struct work *work)
{
    struct row row = row_of(work, ROW_DONE);
    end_row(work, &row);
    enum answer answer = work->driver->row_end(work->store, &row);
    if (answer == ANSWER_NO)
        return finish_found(work);
    return answer == ANSWER_YES && set_fails(work);
}

/* ---- passes ---- */

/* Of two that begin with the same slot the longer one stands. */
static bool pass_over(const struct work *work, const struct row *row)
{
    struct row old;
    if (work->driver->row_get(work->store, &row->key, &old) != ANSWER_YES)
        return false;
    return (old.last.ms >= row->last.ms ||
            work->driver->row_put(work->store, row)) &&
           move_cursor(work);
}

static bool write_pass(struct work *work)
{
    const struct entry *entry = work->entry;
    assert(entry->count > 0 && entry->last.ms >= entry->slot.ms);
    struct row row = row_of(work, ROW_DONE);
    row.lease.ms = EVER_MS;
    row.ended = entry->at;
    row.last = entry->last;
    row.count = entry->count;
    row.verdict = entry->verdict;
    row.why = entry->why;
    row.error = work->error;
    enum answer answer = add_row(work, &row);
    if (answer == ANSWER_NO)
        return pass_over(work, &row);
    return answer == ANSWER_YES && move_cursor(work);
}

/* ---- lanes, pauses, leases ---- */

static bool write_lane(struct work *work)
{
    const struct entry *entry = work->entry;
    enum answer back = work->driver->lane_add(work->store, work->job,
                                              entry->cursor, entry->digest);
    return back == ANSWER_NO ||
           (back == ANSWER_YES &&
            work->driver->off_end(work->store, work->job, entry->at));
}

/* While a job is away its lane has no cursor, and the reason in place of the
 * schedule's digest: who leaves for the same reason once more leaves it. */
static bool write_leave(struct work *work)
{
    const struct entry *entry = work->entry;
    const struct stored_off off = { .since = entry->at,
                                    .until = { EVER_MS },
                                    .why = entry->why,
                                    .generation = entry->generation,
                                    .environment = work->error };
    enum answer left =
        work->driver->lane_leave(work->store, work->job, entry->why);
    return left == ANSWER_NO ||
           (left == ANSWER_YES &&
            work->driver->off_end(work->store, work->job, entry->at) &&
            work->driver->off_add(work->store, work->job, &off));
}

static bool write_pause(struct work *work)
{
    const struct stored_pause pause = { .job = work->entry->job,
                                        .by = work->by,
                                        .reason = work->error,
                                        .since = work->entry->at,
                                        .until = work->entry->last };
    return work->driver->pause(work->store, work->job, &pause);
}

static bool write_resume(struct work *work)
{
    return work->driver->resume(work->store, work->job);
}

static bool write_renew(struct work *work)
{
    const struct wall lease = { work->entry->at.ms + STORE_LEASE_MS };
    if (mutant(RENEWS_NONE))
        return true;
    return work->driver->renew(work->store, lease);
}

/* ---- the batch ---- */

static bool (*const writers[])(struct work *work) = {
    [ENTRY_LANE] = write_lane,       [ENTRY_LEAVE] = write_leave,
    [ENTRY_WAIT] = write_wait,       [ENTRY_CLAIM] = write_claim,
    [ENTRY_ATTEMPT] = write_attempt, [ENTRY_FINISH] = write_finish,
    [ENTRY_PASS] = write_pass,       [ENTRY_PAUSE] = write_pause,
    [ENTRY_RESUME] = write_resume,   [ENTRY_RENEW] = write_renew,
};

static bool write_one(struct store *store, struct entry *entry,
                      enum entry_outcome *ret)
{
    char error[STORE_ERROR_MAX + 1], by[STORE_ERROR_MAX + 1];
    struct work work = {
        .store = store,
        .driver = store->driver,
        .entry = entry,
        .error = entry->error ? fit(entry->error, error) : "",
        .by = entry->by ? fit(entry->by, by) : "",
    };
    assert((size_t)entry->kind < sizeof writers / sizeof *writers);
    assert(entry->job || entry->kind == ENTRY_RENEW);
    if (entry->kind != ENTRY_RENEW) {
        work.job = job_number(store, entry->job);
        if (!work.job)
            return false;
    }
    if (!writers[entry->kind](&work))
        return false;
    *ret = work.outcome;
    return true;
}

static struct wall newest(const struct entry *entries, size_t count)
{
    struct wall at = entries[0].at;
    for (size_t i = 1; i < count; i++)
        if (entries[i].at.ms > at.ms)
            at = entries[i].at;
    return at;
}

bool store_write(struct store *store, struct entry *entries, size_t count,
                 enum entry_outcome *ret_outcomes, struct error *reterr)
{
    if (count == 0)
        return true;
    store_seen(store, newest(entries, count));
    if (store_start(store)) {
        bool ok = true;
        for (size_t i = 0; ok && i < count; i++)
            ok = write_one(store, &entries[i], &ret_outcomes[i]);
        if (store_done(store, ok))
            return true;
    }
    *reterr = store->error;
    return false;
}
