/* The journal: what the loop has to do with the store.
 *
 * The story of both threads is told in journal_parts.h. */
#include "journal.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_parts.h"
#include "leftovers.h"

/* ---- what it hears ---- */

static void journal_free(struct journal *journal)
{
    backlog_close(&journal->writing);
    backlog_close(&journal->waiting);
    backlog_close(&journal->parked.backlog);
    free(journal->telling.list);
    free(journal->tidings.list);
    pthread_cond_destroy(&journal->work);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct journal *journal = handle->data;
    if (--journal->handles)
        return;
    void (*closed)(void *data) = journal->closed;
    void *data = journal->closed_data;
    journal_free(journal);
    if (closed)
        closed(data);
}

static void close_handles(struct journal *journal)
{
    uv_close((uv_handle_t *)&journal->bell, on_handle_closed);
    uv_close((uv_handle_t *)&journal->turn, on_handle_closed);
}

static void tell_answer(struct question *question)
{
    question->told(question->question,
                   question->failed ? question->failure.text : NULL);
    free(question);
}

static void tell_ill(struct journal *journal, char *sentence)
{
    journal->well = false;
    journal->on.well(journal->data, false, sentence);
    free(sentence);
}

static void tell_well(struct journal *journal)
{
    char sentence[80] = "";
    if (journal->given_up)
        snprintf(sentence, sizeof sentence,
                 "%llu notes of slots that were not run were given up",
                 (unsigned long long)journal->given_up);
    journal->given_up = 0;
    journal->well = true;
    journal->on.well(journal->data, true, sentence);
}

static void tell(struct journal *journal, const struct tiding *tiding)
{
    switch (tiding->kind) {
    case TIDING_WRITTEN:
        journal->on.written(journal->data, tiding->ticket, tiding->outcome,
                            tiding->epoch);
        break;
    case TIDING_ILL:
        tell_ill(journal, tiding->sentence);
        break;
    case TIDING_WELL:
        tell_well(journal);
        break;
    case TIDING_ANSWER:
        tell_answer(tiding->question);
        break;
    case TIDING_FORGOTTEN:
        journal->on.forgotten(journal->data, tiding->rows, tiding->upto);
        break;
    case TIDING_DAMAGED:
        journal->on.damaged(journal->data, tiding->writes);
        break;
    }
}

/* The thread is no more. */
static void tell_lost(struct journal *journal)
{
    struct leftovers leftovers = { .forgotten = journal->damaged };
    struct text sentence;
    text_init(&sentence, 1024);
    leftovers_add(&leftovers, &journal->writing, journal->written);
    leftovers_add(&leftovers, &journal->parked.backlog, journal->parked.at);
    leftovers_add(&leftovers, &journal->waiting, 0);
    leftovers_say(&leftovers, &sentence);
    if (sentence.len)
        journal->on.lost(journal->data, sentence.data);
    text_close(&sentence);
}

static void on_bell(uv_async_t *bell)
{
    struct journal *journal = bell->data;
    pthread_mutex_lock(&journal->lock);
    struct tidings told = journal->telling;
    journal->telling = journal->tidings;
    journal->tidings = told;
    bool ended = journal->ended;
    pthread_mutex_unlock(&journal->lock);
    for (size_t i = 0; i < journal->telling.count; i++)
        tell(journal, &journal->telling.list[i]);
    journal->telling.count = 0;
    if (ended) {
        pthread_join(journal->thread, NULL);
        tell_lost(journal);
        close_handles(journal);
    }
}

/* ---- what it says ---- */

static void hand_over(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    pthread_cond_signal(&journal->work);
    pthread_mutex_unlock(&journal->lock);
    journal->hurried = false;
}

static void on_turn(uv_prepare_t *turn)
{
    struct journal *journal = turn->data;
    if (journal->hurried)
        hand_over(journal);
}

static void begin_adding(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    assert(!journal->closing);
}

/* With the lock held: what waits is written by then. Where that is sooner than
 * it was, the thread hears of it before the loop sleeps; it may have taken some
 * already. */
static void flush_by(struct journal *journal, int64_t at_ms)
{
    if (at_ms >= journal->flush_at_ms)
        return;
    journal->flush_at_ms = at_ms;
    journal->hurried = true;
}

/* Somebody waits for what was added. */
static void end_adding(struct journal *journal)
{
    flush_by(journal, 0);
    pthread_mutex_unlock(&journal->lock);
}

/* Nobody does: company may come. */
static void end_lingering(struct journal *journal)
{
    if (journal->flush_at_ms == NEVER_MS)
        flush_by(journal, keeper_now_ms() + journal->linger_ms);
    pthread_mutex_unlock(&journal->lock);
}

void journal_add(struct journal *journal, const struct entry *entry,
                 uint64_t ticket)
{
    begin_adding(journal);
    journal->given_up += backlog_thin(&journal->waiting, JOURNAL_ENTRIES_MAX);
    backlog_add(&journal->waiting, entry, ticket);
    if (ticket)
        end_adding(journal);
    else
        end_lingering(journal);
}

void journal_publish(struct journal *journal, const struct plan_note *plan)
{
    begin_adding(journal);
    backlog_publish(&journal->waiting, plan);
    end_adding(journal);
}

void journal_ask(struct journal *journal,
                 enum question_step (*ask)(struct store *store, struct wall now,
                                           void *question,
                                           struct error *reterr),
                 void (*told)(void *question, const char *failure),
                 void *question)
{
    struct question *asked = memory_new(sizeof *asked);
    asked->ask = ask;
    asked->told = told;
    asked->question = question;
    begin_adding(journal);
    questions_push(&journal->waiting.questions, asked);
    end_adding(journal);
}

bool journal_is_well(const struct journal *journal)
{
    return journal->well;
}

const struct histogram_scale journal_scale = {
    { 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 250000, 1000000 }
};

void journal_counts(struct journal *journal, struct journal_counts *ret)
{
    pthread_mutex_lock(&journal->lock);
    *ret = journal->counts;
    ret->waiting = journal->waiting.count;
    pthread_mutex_unlock(&journal->lock);
}

/* ---- life ---- */

static void init_shared(struct journal *journal)
{
    pthread_mutex_init(&journal->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->work, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void init_options(struct journal *journal,
                         const struct journal_options *options)
{
    journal->clock = options->clock;
    journal->retention = options->retention;
    journal->again_ms =
        options->again_ms ? options->again_ms : JOURNAL_AGAIN_MS;
    journal->linger_ms =
        options->linger_ms ? options->linger_ms : JOURNAL_LINGER_MS;
    journal->renew_ms =
        options->renew_ms ? options->renew_ms : JOURNAL_RENEW_MS;
    journal->prune_ms =
        options->prune_ms ? options->prune_ms : JOURNAL_PRUNE_MS;
    journal->news_ms = options->news_ms ? options->news_ms : JOURNAL_NEWS_MS;
    journal->renew_at_ms = keeper_now_ms() + journal->renew_ms;
    journal->prune_at_ms = keeper_now_ms() + journal->prune_ms;
    doubt_begin(&journal->doubt, clock_now(options->clock), options->lives,
                options->life_count);
}

/* Signals are the loop's. */
static int start_thread(struct journal *journal)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&journal->thread, NULL, keeper_run, journal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

struct journal *journal_new(struct uv_loop_s *loop, struct store *store,
                            const struct journal_options *options,
                            const struct journal_events *events, void *data,
                            struct error *reterr)
{
    struct journal *journal = memory_new(sizeof *journal);
    init_shared(journal);
    init_options(journal, options);
    journal->store = store;
    journal->on = *events;
    journal->data = data;
    journal->well = true;
    journal->flush_at_ms = NEVER_MS;
    int failed = uv_async_init(loop, &journal->bell, on_bell);
    if (failed) {
        error_set(reterr, "make the journal: %s", uv_strerror(failed));
        journal_free(journal);
        return NULL;
    }
    uv_prepare_init(loop, &journal->turn); /* these two always succeed */
    uv_prepare_start(&journal->turn, on_turn);
    journal->bell.data = journal->turn.data = journal;
    journal->handles = 2;
    failed = start_thread(journal);
    if (failed) {
        error_set(reterr, "start the store's thread: %s", strerror(failed));
        close_handles(journal);
        return NULL;
    }
    return journal;
}

void journal_close(struct journal *journal, uint32_t drain_ms,
                   void (*closed)(void *data), void *data)
{
    journal->closed = closed;
    journal->closed_data = data;
    pthread_mutex_lock(&journal->lock);
    assert(!journal->closing);
    journal->closing = true;
    journal->close_at_ms = keeper_now_ms() + drain_ms;
    pthread_mutex_unlock(&journal->lock);
    hand_over(journal);
}
