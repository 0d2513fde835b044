/* A breaker keeps calls from an origin that does not answer, and finds out when
 * it does again.
 *
 *   closed ── FAILS in a row ──► open ── its cool-down is over ──► half open
 *     ▲                           ▲                                  │
 *     │                           └── it failed: cool down longer ───┤
 *     └────────────────── an answer came ────────────────────────────┘
 *
 * Half open admits one call, the probe, and nothing more until its answer. Who
 * was admitted tells how it went, or releases what was never sent. */
#ifndef MOONCRON_CORE_BREAKER_H
#define MOONCRON_CORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/instant.h"

#define BREAKER_FAILS       5           /* in a row: chance is not blamed */
#define BREAKER_COOL_MS     10000       /* what a restart takes */
#define BREAKER_COOL_MS_MAX (5 * 60000) /* when it is back, jobs are soon */

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* Embedded; zero-initialised is closed. */
struct breaker {
    /* private */
    enum breaker_state state;
    uint32_t fails;    /* in a row, while closed */
    int64_t cool_ms;   /* the last cool-down, chance left out; 0: none yet */
    struct mono until; /* of the cool-down */
};

/* What a result did to the circuit. A probe that failed turns nothing: it is
 * open as before, and longer. */
enum breaker_turn { BREAKER_STAYS, BREAKER_OPENED, BREAKER_SHUT };

/* Whether a call may go: always while closed, never while it cools down, once
 * when that is over. */
bool breaker_admits(struct breaker *breaker, struct mono now);

/* A probe that breaker_admits() let through was never sent: the next call may
 * be the probe. Otherwise nothing happens. */
void breaker_release(struct breaker *breaker);

/* How a call went: `good` where the origin answered, and not with its own
 * failure. Who calls through an open circuit without being admitted keeps a
 * failure to himself. Calls that were sent before the circuit opened may tell
 * late: that they failed is no news then, that one was answered closes the
 * circuit. */
enum breaker_turn breaker_tell(struct breaker *breaker, bool good,
                               struct mono now, uint64_t *random);

/* What breaker_admits() would say, turned round; nothing is admitted by it. */
bool breaker_open(const struct breaker *breaker, struct mono now);

/* On an ordinary day: no call is a probe. */
bool breaker_closed(const struct breaker *breaker);

/* A probe is out. */
bool breaker_probed(const struct breaker *breaker);

/* How long until a call may be the probe: 0 where one may be, or is, at once.
 */
int64_t breaker_cools_ms(const struct breaker *breaker, struct mono now);

#endif
