/* The records: the store, the thread that keeps it, and what was in it. */
#include "records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"

struct records {
    struct records_events on;
    void *data;
    struct log *log;
    struct journal *journal;
    struct recall recall;
    struct memory_of_store memory;
    char owner[STORE_OWNER_MAX + 1];
};

/* ---- up ---- */

/* One life of one worker: host, process, and chance, since processes' numbers
 * come again. */
static void owner_make(char owner[STORE_OWNER_MAX + 1])
{
    char host[33] = "", chance[9];
    gethostname(host, sizeof host - 1);
    secret_make(chance, 8);
    snprintf(owner, STORE_OWNER_MAX + 1, "%s:%d:%s", host, (int)getpid(),
             chance);
}

static struct store *store_open(struct records *records,
                                const struct config *config, bool lasting,
                                struct wall now, struct error *reterr)
{
    if (!lasting)
        return store_open_memory(records->owner);
    char path[4096];
    struct error note = { "" };
    bool there;
    snprintf(path, sizeof path, "%s/journal.db", config->state_directory);
    there = !access(path, F_OK); /* a first journal is no surprise */
    struct store *store =
        store_open_sqlite(path, records->owner, now, &note, reterr);
    enum log_level level = there ? LOG_WARN : LOG_INFO;
    bool moved = store && store_was_moved(store);
    if (moved)
        level = LOG_ERROR;
    if (note.text[0])
        log_write(records->log, level, "store", "%s%s", note.text,
                  moved ? "; forgotten with it are pauses, what waited, and "
                          "how often jobs have run"
                        : "");
    return store;
}

static void on_written(void *data, uint64_t ticket, enum entry_outcome outcome,
                       uint32_t epoch)
{
    struct records *records = data;
    records->on.claimed(records->data, (struct run_id){ ticket },
                        outcome == ENTRY_DONE ? CLAIM_DURABLE : CLAIM_TAKEN,
                        epoch);
}

static void on_well(void *data, bool well, const char *sentence)
{
    struct records *records = data;
    if (well)
        log_write(records->log, LOG_WARN, "store",
                  "the store is well again: jobs are fired again%s%s",
                  *sentence ? "; " : "", sentence);
    else
        log_write(records->log, LOG_ERROR, "store",
                  "nothing is fired, because no claim can be written down: %s",
                  sentence);
    records->on.well(records->data, well, sentence);
}

static void on_forgotten(void *data, int64_t rows, struct wall upto)
{
    struct records *records = data;
    char text[RFC3339_TEXT_MAX];
    log_write(records->log, LOG_INFO, "store",
              "the journal forgot %" PRId64 " row%s, of slots up to %s", rows,
              rows == 1 ? "" : "s", rfc3339_format(upto, 0, text));
}

static void on_lost(void *data, const char *sentence)
{
    struct records *records = data;
    log_write(records->log, LOG_WARN, "store", "%s", sentence);
}

static void on_damaged(void *data, bool writes)
{
    struct records *records = data;
    records->on.damaged(records->data, writes);
}

static const struct journal_events events_of_journal = {
    .written = on_written,
    .well = on_well,
    .forgotten = on_forgotten,
    .lost = on_lost,
    .damaged = on_damaged,
};

/* The journal waits by real time: where the clock runs faster, so do leases. */
static uint32_t scaled(const struct config *config, uint32_t ms)
{
    double real_ms = ms / config->time_scale;
    return config->time_scale <= 1 ? ms : real_ms < 1 ? 1 : (uint32_t)real_ms;
}

static bool journal_open(struct records *records, struct uv_loop_s *loop,
                         const struct config *config, struct store *store,
                         const struct clock *clock, struct error *reterr)
{
    const struct journal_options options = {
        .clock = clock,
        .retention = { .keep_ms = (int64_t)config->keep_days * 24 * 3600 * 1000,
                       .keep_rows = config->keep_rows },
        .lives = records->recall.lives,
        .life_count = records->recall.life_count,
        .again_ms = scaled(config, JOURNAL_AGAIN_MS),
        .linger_ms = scaled(config, JOURNAL_LINGER_MS),
        .renew_ms = scaled(config, JOURNAL_RENEW_MS),
    };
    records->journal =
        journal_new(loop, store, &options, &events_of_journal, records, reterr);
    return records->journal != NULL;
}

struct records *records_open(struct uv_loop_s *loop,
                             const struct config *config, bool lasting,
                             const struct clock *clock, struct log *log,
                             const struct records_events *events, void *data,
                             struct error *reterr)
{
    struct records *records = memory_new(sizeof *records);
    struct wall now = clock_now(clock).wall;
    records->on = *events;
    records->data = data;
    records->log = log;
    owner_make(records->owner);
    struct store *store = store_open(records, config, lasting, now, reterr);
    if (!store)
        goto free_records;
    if (!store_recall(store, now, &records->recall, reterr) ||
        !journal_open(records, loop, config, store, clock, reterr))
        goto close_store;
    ledger_remember(&records->recall, &records->memory);
    recall_shrink(&records->recall);
    return records;

close_store:
    store_close(store, now);
free_records:
    records_free(records);
    return NULL;
}

/* ---- at work ---- */

const struct memory_of_store *records_memory(const struct records *records)
{
    return &records->memory;
}

const struct recall *records_recall(const struct records *records)
{
    return &records->recall;
}

struct journal *records_journal(const struct records *records)
{
    return records->journal;
}

const char *records_owner(const struct records *records)
{
    return records->owner;
}

static void add_entry(void *data, const struct entry *entry)
{
    struct records *records = data;
    journal_add(records->journal, entry, 0);
}

void records_action(struct records *records, const struct core *core,
                    const struct action *act, const struct ledger_side *side)
{
    struct entry entry;
    if (!records)
        return;
    if (act->kind == ACT_LANES)
        ledger_lanes(core, act, &records->memory, side->at, add_entry, records);
    else if (ledger_entry(act, side, &entry))
        journal_add(records->journal, &entry,
                    act->kind == ACT_CLAIM ? act->note.run.value : 0);
}

void records_publish(struct records *records, const struct plan_note *plan)
{
    if (records)
        journal_publish(records->journal, plan);
}

/* Questions wait behind what was added before them. */
struct settlement {
    void (*settled)(void *data, const char *failure);
    void *data;
};

static enum question_step on_settled(struct store *store, struct wall now,
                                     void *question, struct error *reterr)
{
    (void)store, (void)now, (void)question, (void)reterr;
    return QUESTION_ANSWERED; /* that it is asked says all */
}

static void on_settled_told(void *question, const char *failure)
{
    struct settlement *settlement = question;
    settlement->settled(settlement->data, failure);
    free(settlement);
}

void records_settle(struct records *records,
                    void (*settled)(void *data, const char *failure),
                    void *data)
{
    if (!records || !records->journal) {
        settled(data, records ? "the worker is stopping" : NULL);
        return;
    }
    struct settlement *settlement = memory_new(sizeof *settlement);
    settlement->settled = settled;
    settlement->data = data;
    journal_ask(records->journal, on_settled, on_settled_told, settlement);
}

/* ---- down ---- */

void records_close(struct records *records, void (*closed)(void *data),
                   void *data)
{
    struct journal *journal = records->journal;
    records->journal = NULL;
    journal_close(journal, RECORDS_DRAIN_MS, closed, data);
}

void records_free(struct records *records)
{
    if (!records)
        return;
    ledger_forget(&records->memory);
    recall_close(&records->recall);
    free(records);
}
