/* The records: the store of this worker, the thread that keeps it, and what was
 * in it when the worker started.
 *
 * What the core decides goes down to the store as entries; that a claim is
 * durable, and that the store has failed, is well again or is damaged, comes up
 * as an event. */
#ifndef MOONCRON_RECORDS_H
#define MOONCRON_RECORDS_H

#include "journal.h"
#include "ledger.h"
#include "mooncron/config.h"
#include "mooncron/log.h"

struct records;

struct records_events {
    void (*claimed)(void *data, struct run_id run, enum claim_outcome outcome,
                    uint32_t epoch);
    void (*well)(void *data, bool well, const char *sentence);
    /* As the journal's. */
    void (*damaged)(void *data, bool writes);
};

/* Opens the store: in the state folder, or in memory where `lasting` is false.
 * What people should hear of it is logged. NULL and a sentence where there is
 * none; the loop must run once more then. */
struct records *records_open(struct uv_loop_s *loop,
                             const struct config *config, bool lasting,
                             const struct clock *clock, struct log *log,
                             const struct records_events *events, void *data,
                             struct error *reterr);

/* What the core is to remember; lives until records_free(). */
const struct memory_of_store *records_memory(const struct records *records);
/* What the store knew at the start; likewise. */
const struct recall *records_recall(const struct records *records);
/* For questions. */
struct journal *records_journal(const struct records *records);
const char *records_owner(const struct records *records);

/* Writes down what the core decided, if it is of that kind; NULL records are
 * fine. */
void records_action(struct records *records, const struct core *core,
                    const struct action *act, const struct ledger_side *side);
void records_publish(struct records *records, const struct plan_note *plan);
/* `settled` is called on the loop, once, with NULL when all that was written
 * down before is durable, or with the sentence why that is not so yet: then it
 * is written when the store is well again, if this worker lives so long. With
 * NULL records at once. */
void records_settle(struct records *records,
                    void (*settled)(void *data, const char *failure),
                    void *data);

/* What was added is written, for at most RECORDS_DRAIN_MS; then `closed`. */
#define RECORDS_DRAIN_MS 5000
void records_close(struct records *records, void (*closed)(void *data),
                   void *data);
void records_free(struct records *records); /* closed, or never opened */

#endif
