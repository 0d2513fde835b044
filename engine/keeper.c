/* The keeper is the thread that alone knows the store: it writes, answers, and
 * says what came of it. */
#include <assert.h>
#include <sys/prctl.h>
#include <time.h>

#include "journal_parts.h"

static int64_t now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

int64_t keeper_now_ms(void)
{
    return now_us() / 1000;
}

/* With the lock held. */
static void wait_until(struct journal *journal, int64_t at_ms)
{
    const struct timespec at = { .tv_sec = at_ms / 1000,
                                 .tv_nsec = at_ms % 1000 * 1000000 };
    pthread_cond_timedwait(&journal->work, &journal->lock, &at);
}

/* With the lock held. There is none to lose for a store that is damaged. */
static bool time_is_up(const struct journal *journal)
{
    return journal->closing &&
           (journal->damaged || keeper_now_ms() >= journal->close_at_ms);
}

static bool must_end(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    bool up = time_is_up(journal);
    pthread_mutex_unlock(&journal->lock);
    return up;
}

/* ---- what it says ---- */

static void tidings_push(struct tidings *tidings, struct tiding tiding)
{
    if (tidings->count == tidings->cap) {
        tidings->cap = tidings->cap ? tidings->cap * 2 : 64;
        tidings->list =
            memory_resize(tidings->list, tidings->cap, sizeof *tidings->list);
    }
    tidings->list[tidings->count++] = tiding;
}

static void post(struct journal *journal, struct tiding tiding)
{
    pthread_mutex_lock(&journal->lock);
    tidings_push(&journal->tidings, tiding);
    pthread_mutex_unlock(&journal->lock);
    uv_async_send(&journal->bell);
}

/* With the lock held. */
static void refuse_all(struct journal *journal, struct questions *questions,
                       const struct error *failure)
{
    struct question *question;
    while ((question = questions_pop(questions))) {
        question->failed = true;
        question->failure = *failure;
        tidings_push(
            &journal->tidings,
            (struct tiding){ .kind = TIDING_ANSWER, .question = question });
    }
}

/* Whoever has asked is told, so that nobody waits for what may take days. */
static void refuse_questions(struct journal *journal,
                             const struct error *failure)
{
    pthread_mutex_lock(&journal->lock);
    refuse_all(journal, &journal->asked, failure);
    refuse_all(journal, &journal->waiting.questions, failure);
    if (backlog_is_empty(&journal->waiting))
        journal->flush_at_ms = NEVER_MS;
    pthread_mutex_unlock(&journal->lock);
    uv_async_send(&journal->bell);
}

/* Whether what just failed did so for damage. Whoever reads may have met with
 * what nobody writes, so it is told anew where a write does. */
static void see_damage(struct journal *journal, bool writes)
{
    uint32_t damages = store_damages(journal->store);
    bool news = damages > journal->damages && !journal->damaged &&
                (writes || !journal->damages);
    journal->damages = damages;
    if (!news)
        return;
    journal->damaged = writes;
    post(journal, (struct tiding){ .kind = TIDING_DAMAGED, .writes = writes });
}

static void fell_ill(struct journal *journal, const struct error *why)
{
    if (!journal->ill) {
        char *sentence = memory_string(why->text);
        post(journal,
             (struct tiding){ .kind = TIDING_ILL, .sentence = sentence });
    }
    journal->ill = true;
    pthread_mutex_lock(&journal->lock);
    journal->counts.failures++;
    pthread_mutex_unlock(&journal->lock);
    see_damage(journal, true);
    refuse_questions(journal, why);
}

static void got_well(struct journal *journal)
{
    if (journal->ill)
        post(journal, (struct tiding){ .kind = TIDING_WELL });
    journal->ill = false;
}

/* `count` entries from `first` on are durable. */
static void acknowledge(struct journal *journal, const struct backlog *backlog,
                        size_t first, size_t count, int64_t took_us)
{
    const uint64_t *tickets = backlog->tickets + first;
    const struct entry *entries = backlog->entries + first;
    pthread_mutex_lock(&journal->lock);
    journal->counts.entries += count;
    histogram_add(&journal->counts.commits, &journal_scale, took_us);
    for (size_t i = 0; i < count; i++)
        if (tickets[i])
            tidings_push(&journal->tidings,
                         (struct tiding){ .kind = TIDING_WRITTEN,
                                          .outcome = journal->outcomes[i],
                                          .epoch = entries[i].epoch,
                                          .ticket = tickets[i] });
    pthread_mutex_unlock(&journal->lock);
    uv_async_send(&journal->bell);
}

/* ---- what it does ---- */

/* A second has passed, or it is the last try before the end. False: that one
 * has been. */
static bool try_again(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    bool again = !time_is_up(journal);
    int64_t at_ms = keeper_now_ms() + journal->again_ms;
    while (again && keeper_now_ms() < at_ms && !time_is_up(journal))
        wait_until(journal, journal->closing && journal->close_at_ms < at_ms
                                ? journal->close_at_ms
                                : at_ms);
    pthread_mutex_unlock(&journal->lock);
    return again;
}

/* Also where it was durable when the store seemed to fail. */
static bool plan_is_there(struct journal *journal, const struct plan_note *plan)
{
    struct plan_note newest;
    return store_plan(journal->store, &newest) &&
           newest.generation >= plan->generation;
}

static bool write_plan(struct journal *journal, const struct plan_note *plan)
{
    struct error why = { 0 };
    while (!store_publish(journal->store, plan, &why) &&
           !plan_is_there(journal, plan)) {
        fell_ill(journal, &why);
        if (!try_again(journal))
            return false;
    }
    got_well(journal);
    return true;
}

/* `count` entries from `first` on, in one commit. */
static bool write_batch(struct journal *journal, const struct backlog *backlog,
                        size_t first, size_t count)
{
    struct error why = { 0 };
    int64_t began_us = now_us();
    while (!store_write(journal->store, backlog->entries + first, count,
                        journal->outcomes, &why)) {
        fell_ill(journal, &why);
        if (!try_again(journal))
            return false;
        began_us = now_us();
    }
    acknowledge(journal, backlog, first, count, now_us() - began_us);
    got_well(journal);
    return true;
}

static const struct error ends = { "the worker ends" };

static bool is_closing(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    bool closing = journal->closing;
    pthread_mutex_unlock(&journal->lock);
    return closing;
}

/* A step of the question that was asked first, when all that was added before
 * it is written. The end waits for one, not for a long walk. */
static void answer(struct journal *journal)
{
    struct question *question = journal->asked.first;
    if (!question || parked_count(&journal->parked))
        return;
    enum question_step step =
        question->ask(journal->store, clock_now(journal->clock).wall,
                      question->question, &question->failure);
    see_damage(journal, false);
    if (step == QUESTION_GOES_ON && !is_closing(journal))
        return;
    if (step == QUESTION_GOES_ON)
        question->failure = ends;
    question->failed = step != QUESTION_ANSWERED;
    assert(!question->failed || question->failure.text[0]);
    questions_pop(&journal->asked);
    post(journal,
         (struct tiding){ .kind = TIDING_ANSWER, .question = question });
}

/* What it took over. False: the time is up. */
static bool write_all(struct journal *journal)
{
    struct backlog *writing = &journal->writing;
    for (size_t i = 0; i < writing->plan_count; i++)
        if (!write_plan(journal, &writing->plans[i]))
            return false;
    size_t count;
    for (size_t at = 0; at < writing->count; at += count) {
        count = writing->count - at;
        if (count > JOURNAL_BATCH_MAX)
            count = JOURNAL_BATCH_MAX;
        if ((at > 0 && must_end(journal)) ||
            !write_batch(journal, writing, at, count)) {
            journal->written = at;
            return false;
        }
    }
    backlog_clear(writing);
    return true;
}

/* Some of what may wait, which then is no more than others wait for. False: the
 * time is up. */
static bool write_parked(struct journal *journal)
{
    struct parked *parked = &journal->parked;
    size_t count = parked_count(parked);
    if (count > JOURNAL_PARKED_MAX)
        count = JOURNAL_PARKED_MAX;
    if (!count)
        return true;
    if (must_end(journal) ||
        !write_batch(journal, &parked->backlog, parked->at, count))
        return false;
    parked_done(parked, count);
    return true;
}

/* What went is told at the end of a round, but not of each: on a busy worker
 * one ends every few seconds. */
static void tell_forgotten(struct journal *journal, int64_t now_ms)
{
    const struct pruning *round = &journal->round;
    struct tiding *tiding = &journal->forgotten;
    tiding->rows += round->gone;
    if (round->gone)
        tiding->upto = round->upto;
    if (!tiding->rows || now_ms < journal->news_at_ms)
        return;
    tiding->kind = TIDING_FORGOTTEN;
    post(journal, *tiding);
    tiding->rows = 0;
    journal->news_at_ms = now_ms + journal->news_ms;
}

/* A small step, unless the clock is in doubt. Where the store cannot, the next
 * entry will say so. While there is more to go a pause is ten times as long as
 * the step before it took, so that forgetting never takes more than a tenth of
 * the thread, and keeps up. */
static void prune(struct journal *journal)
{
    struct error why;
    struct pruning *round = &journal->round;
    struct now now = clock_now(journal->clock);
    int64_t began_ms = keeper_now_ms();
    if (doubt_holds(&journal->doubt, now)) {
        journal->prune_at_ms = began_ms + journal->prune_ms;
        return;
    }
    bool done = store_prune(journal->store, &journal->retention, now.wall,
                            JOURNAL_PRUNE_MAX, round, &why);
    see_damage(journal, false);
    int64_t now_ms = keeper_now_ms();
    int64_t pause_ms = 10 * (now_ms - began_ms + 1);
    if (pause_ms > journal->prune_ms)
        pause_ms = journal->prune_ms;
    if (!done || round->over)
        pause_ms = done && round->gone ? JOURNAL_SOON_MS : JOURNAL_REST_MS;
    journal->prune_at_ms = now_ms + pause_ms;
    if (!done || !round->over)
        return;
    tell_forgotten(journal, now_ms);
    *round = (struct pruning){ 0 };
}

/* With the lock held. */
static void renew(struct journal *journal, int64_t at_ms)
{
    if (at_ms < journal->renew_at_ms || journal->closing)
        return;
    const struct entry renewal = { .kind = ENTRY_RENEW,
                                   .job = "",
                                   .at = clock_now(journal->clock).wall,
                                   .error = "",
                                   .by = "" };
    backlog_add(&journal->waiting, &renewal, 0);
    journal->flush_at_ms = at_ms;
    journal->renew_at_ms = at_ms + journal->renew_ms;
}

/* With the lock held, which it leaves for the time of a step. */
static void idle(struct journal *journal, int64_t at_ms)
{
    if (at_ms >= journal->prune_at_ms) {
        pthread_mutex_unlock(&journal->lock);
        prune(journal);
        pthread_mutex_lock(&journal->lock);
    } else {
        int64_t upkeep_ms = earlier(journal->renew_at_ms, journal->prune_at_ms);
        wait_until(journal, earlier(journal->flush_at_ms, upkeep_ms));
    }
}

/* With the lock held. Of what waits some may linger. */
static bool is_wanted(const struct journal *journal)
{
    if (journal->asked.first || parked_count(&journal->parked))
        return true;
    return !backlog_is_empty(&journal->waiting) &&
           (journal->closing || keeper_now_ms() >= journal->flush_at_ms);
}

/* Takes over what waits, as soon as it must; at once while there is
 * still something to be done. False: nothing will. A worker that is never idle
 * forgets old rows between two batches. */
static bool take_over(struct journal *journal)
{
    if (keeper_now_ms() >= journal->prune_at_ms && !journal->ill)
        prune(journal);
    pthread_mutex_lock(&journal->lock);
    renew(journal, keeper_now_ms());
    while (!is_wanted(journal) && !journal->closing) {
        idle(journal, keeper_now_ms());
        renew(journal, keeper_now_ms());
    }
    bool some = is_wanted(journal);
    struct backlog empty = journal->writing;
    journal->writing = journal->waiting;
    journal->waiting = empty;
    journal->flush_at_ms = NEVER_MS;
    questions_join(&journal->asked, &journal->writing.questions);
    pthread_mutex_unlock(&journal->lock);
    parked_take(&journal->parked, &journal->writing);
    return some;
}

void *keeper_run(void *data)
{
    struct journal *journal = data;
    prctl(PR_SET_NAME, "mooncron-store"); /* as top -H shows it */
    while (take_over(journal) && write_all(journal) && write_parked(journal))
        answer(journal);
    refuse_questions(journal, &ends);
    store_close(journal->store, clock_now(journal->clock).wall);
    pthread_mutex_lock(&journal->lock);
    journal->ended = true;
    pthread_mutex_unlock(&journal->lock);
    uv_async_send(&journal->bell); /* the last: whoever hears it joins us */
    return NULL;
}
