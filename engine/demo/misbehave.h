/* Carrying a fault out. */
#ifndef DEMO_MISBEHAVE_H
#define DEMO_MISBEHAVE_H

#include <stdbool.h>

#include "exchange.h"
#include "faults.h"

/* Meets the exchange with a fault that was taken. True where that was its end:
 * it is answered or dropped. */
bool misbehave(struct faults *faults, const struct fault *fault,
               struct exchange *exchange);

#endif
