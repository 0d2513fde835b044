/* Carrying a fault out. */
#ifndef DEMO_MISBEHAVE_H
#define DEMO_MISBEHAVE_H

#include <stdbool.h>

#include "exchange.h"
#include "faults.h"

/* Meets the exchange with the fault that is set for its path. True where that
 * was its end: it is answered or dropped. */
bool misbehave(struct faults *faults, struct exchange *exchange);

#endif
