/* A story: the core in a world of false clocks, fetches, loads and runs, told
 * as one line of text for each action.
 *
 *     14:15:00.000 start pump #1 slot 14:15:00
 *     14:15:00.200 finish pump #1 ok 200 ms
 *
 * A test makes a world, says what happens, and compares the whole trace. Beside
 * that every story is checked: each slot has one verdict, no slot is fired
 * twice, no run overlaps where its job forbids it, no group has more than its
 * limit, every start is finished once, a generation retires once and without
 * runs, every asker is answered once.
 *
 * A story may keep a journal: then nothing starts before its claim is in the
 * model of the store, and a worker may die and live again. What is only written
 * down (lanes, claims, waits) is told where the story is thorough. */
#ifndef TEST_CORE_STORY_H
#define TEST_CORE_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker.h"
#include "model.h"
#include "mooncron/core.h"
#include "mooncron/text.h"

#define BY_HAND (-1)
#define SECOND  INT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define YEAR    (365 * DAY)

/* Stories begin at 2026-11-23T14:07:31Z. */
#define STORY_BEGINS_MS INT64_C(1795442851000)

/* One line of the false schedule file. */
struct line {
    const char *name;
    int64_t every_ms, phase_ms;
    const char *group; /* NULL: none */
    const char *only;  /* one environment, or NULL */
    uint32_t timeout_ms;
    bool always, allow, scripted;
    const char *cron;        /* in place of every_ms; UTC */
    const int64_t *slots_ms; /* likewise: a list */
    uint32_t slot_count;
    int64_t jitter_ms;
    enum overlap overlap;
    uint32_t most;      /* of OVERLAP_ALLOW */
    struct retry retry; /* `on` 0: as usual */
    struct catch_up catch_up;
    int64_t deadline_ms, min_gap_ms;
    uint32_t max_runs, alert_after;
    uint32_t on_failure, on_success, on_recover;
    const char *heartbeat, *origin;
};

struct limit {
    const char *name;
    uint32_t limit;
};

/* How an attempt, or a question after a 202, is answered. */
struct reply {
    enum verdict verdict;
    enum cause cause;
    uint16_t status;
    bool accepted;
    int64_t retry_after_ms; /* 0: the answer does not ask for it */
};

/* How the world answers by itself; a test may change it at any time. */
struct world {
    const struct line *lines; /* up to a name of NULL */
    size_t line_count;        /* or, where it is not 0, so many */
    const struct limit *limits;
    struct facts facts; /* what the backend says */
    enum fetch_outcome fetch;
    enum load_outcome load;
    int64_t fetch_ms, load_ms, run_ms; /* BY_HAND: the test answers */
    int64_t
        claim_ms; /* until a commit; 0: at once; BY_HAND: the test commits */
    struct reply reply;          /* of every attempt */
    const struct reply *replies; /* before that, one after the other */
    size_t reply_count;
    struct reply (*reply_of)(void *data, const struct action *act);
    void *data;
};

/* An answer under way. */
struct coming {
    struct mono due;
    uint64_t order;
    bool commit; /* no event: what was written is durable */
    struct event event;
};

struct story {
    struct world world;
    struct now now;
    struct core *core;
    struct text trace;
    bool quiet;    /* nothing is traced, all is checked */
    bool aloud;    /* what is traced is printed as it happens */
    bool thorough; /* lanes, claims and waits are traced as well */
    struct core_config config;
    struct model model; /* with config.journal */
    struct checker checker;
    uint32_t fetches, loads; /* that were asked for */
    bool done;               /* ACT_DONE was seen */
    /* private */
    struct action load; /* the last ACT_LOAD */
    struct update update;
    struct coming *coming;
    size_t coming_count;
    uint64_t order;
    bool committing, store_ill;
    struct wall stepped; /* when the core was last told the time */
};

/* A config that polls each minute and drains for 30 s. There is a journal where
 * JOURNAL is set in the environment: every story runs both ways. */
struct core_config story_config(void);

/* Jobs on, environment production, written at the beginning. */
struct facts story_facts(void);

/* A world that answers all in good time: fetch 20 ms, load 30 ms, run 200. */
struct world story_world(const struct line *lines);

void story_begin(struct story *story, const struct world *world,
                 const struct core_config *config);

/* Begins, and goes on until 14:07:40 with generation 1 in force. */
void story_in_force(struct story *story, const struct world *world);

/* Likewise, with no polls after that; with a journal in any case, or without.
 */
void story_calm(struct story *story, const struct world *world);
void story_recorded(struct story *story, const struct world *world);
void story_unrecorded(struct story *story, const struct world *world);

/* Every slot so far has its verdict, or is open. */
void story_check(struct story *story);

/* Checks that nothing was left open, and frees. */
void story_end(struct story *story);

/* The worker is no more, and after a time another lives. Where it was not
 * stopped, what was not committed is lost but for the first `keep`. */
void story_restart(struct story *story, int64_t down_ms);
void story_crash(struct story *story, size_t keep);
void story_reborn(struct story *story);

/* Time goes on, with all that becomes due in it. */
void story_pass(struct story *story, int64_t ms);

/* The wall clock is set; nobody notices before the next step. */
void story_set_clock(struct story *story, int64_t by_ms);

/* Both clocks go on, and nobody looks: a machine that sleeps, an alarm that is
 * late. */
void story_sleep(struct story *story, int64_t ms);

/* Something happens now. */
void story_happens(struct story *story, struct event event);
void story_time(struct story *story);
void story_stop(struct story *story);

/* Somebody asks: `asker` 0 is a signal. */
void story_ask(struct story *story, uint64_t asker);
/* The claim's `at` is now where it is 0. */
void story_webhook(struct story *story, uint64_t asker,
                   struct claim_of_change claim);
struct claim_of_change story_claim(bool enable_jobs, const char *environment);

/* An operator orders; the trace says what came of it. */
void story_order(struct story *story, enum order_verb verb, const char *job);
void story_orders(struct story *story, struct order order);
void story_pauses(struct story *story, const char *job, int64_t for_ms);

/* The store fails, or is well again. */
void story_store(struct story *story, bool well);

/* By hand. */
void story_fetched(struct story *story, enum fetch_outcome outcome);
void story_loaded(struct story *story, enum load_outcome outcome);
/* The run that was the `number`th to be started, from 1. */
void story_answers(struct story *story, uint32_t number, enum verdict verdict);
void story_replies(struct story *story, uint32_t number, struct reply reply);
/* What was written is durable now. */
void story_commit(struct story *story);
void story_naps(struct story *story, uint32_t number, int64_t nap_ms);

/* Fails with both texts where the trace is another, and forgets it. */
#define story_is(story, expected) story_is_at(story, expected, __LINE__)
void story_is_at(struct story *story, const char *expected, int line);
void story_forget(struct story *story);

/* Chance by seed. */
uint64_t story_random(uint64_t *seed);
int64_t story_between(uint64_t *seed, int64_t from, int64_t to);

#endif
