/* The ledger turns what the core decided into what the store remembers: one
 * action, one entry. Pure: the daemon and the simulator write the same rows. */
#ifndef MOONCRON_LEDGER_H
#define MOONCRON_LEDGER_H

#include "mooncron/core.h"
#include "mooncron/store.h"

/* What the core does not know of an action. Strings are borrowed. */
struct ledger_side {
    struct wall at;
    uint64_t settings; /* digest of those in force */
    const char *error; /* of an attempt that failed, of a pause that slots were
                        * passed over for its reason; or "" */
    const char *by;    /* who ordered it, or that pause; or "" */
};

/* The entry of an action; false: it is not written down. The entry borrows from
 * action and side. */
bool ledger_entry(const struct action *act, const struct ledger_side *side,
                  struct entry *ret);

/* The entries of ACT_LANES: each is handed to `add`. */
void ledger_lanes(const struct core *core, const struct action *act,
                  const struct memory_of_store *memory, struct wall at,
                  void (*add)(void *data, const struct entry *entry),
                  void *data);

/* What a store remembers, for a core: to be freed by ledger_forget(), not
 * before the core. The strings are the recall's. */
void ledger_remember(const struct recall *recall, struct memory_of_store *ret);
void ledger_forget(struct memory_of_store *memory);

#endif
