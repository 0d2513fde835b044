/* Rates: how much each peer may still ask for. */
#ifndef IO_RATE_H
#define IO_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_PER_S   50  /* saves that a backend makes in a second, and more */
#define RATE_BURST   200 /* a bulk edit fires one webhook for each document */
#define RATE_FAILURE 10  /* a wrong secret costs as much as ten good tries */
#define RATE_PEERS   256 /* as many as there are connections at one time */

struct rates;

struct rates *rates_new(void);
void rates_free(struct rates *rates); /* NULL is fine */

/* Any thread. One try of `peer`: true, or false and in how many seconds there
 * is a next one. */
bool rates_take(struct rates *rates, const char *peer, int64_t now_ms,
                unsigned *ret_wait_s);
/* Any thread. The try was a failure and costs more. */
void rates_punish(struct rates *rates, const char *peer);

#endif
