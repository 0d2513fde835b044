/* The ledger: calls in the order of their arrival, and who waits for more. */
#ifndef DEMO_LEDGER_H
#define DEMO_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "mooncron/demo.h"

struct ledger;

extern const char *const call_field_names[CALL_FIELDS];

/* Keeps the newest `capacity` calls. Any thread may call any function. */
struct ledger *ledger_new(size_t capacity);
void ledger_free(struct ledger *ledger); /* nobody waits; NULL is fine */
/* Lets everybody who waits go, now and from now on. */
void ledger_stop(struct ledger *ledger);

/* Copies a call, which gets the next number; that is returned. */
uint64_t ledger_add(struct ledger *ledger, const struct backend_call *call);
/* The call was answered; nothing happens where it is no longer kept. */
void ledger_answer(struct ledger *ledger, uint64_t seq, int status,
                   int64_t took_ms);

/* Returns when `count` calls after `seq` exist, or after `wait_ms`. */
void ledger_wait(struct ledger *ledger, uint64_t seq, uint64_t count,
                 int64_t wait_ms);

/* Visits what is kept after `seq`, oldest first, at most `limit`. Returns the
 * number of the newest call there is. The visitor must not call the ledger. */
typedef void ledger_visitor(void *data, const struct backend_call *call);
uint64_t ledger_visit(struct ledger *ledger, uint64_t seq, size_t limit,
                      ledger_visitor *visit, void *data);

#endif
