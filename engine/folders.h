/* The folders of a worker: where its state is and, where there is one, what
 * only this run needs. They are its own: no second worker has them. */
#ifndef MOONCRON_FOLDERS_H
#define MOONCRON_FOLDERS_H

#include <stdbool.h>

#include "mooncron/config.h"
#include "mooncron/error.h"

/* Makes the state folder where there is none, and finds out whether it can be
 * written to. False, a sentence, and the exit code that the failure deserves:
 * EXIT_CONFIG where it can never be right, else EXIT_UNAVAILABLE. */
bool folders_open(const struct config *config, int *reterr_code,
                  struct error *reterr);

/* Keeps other workers out until this process ends, however it ends. False and a
 * sentence where one is in, or a lock cannot be written. */
bool folders_lock(const struct config *config, struct error *reterr);

#endif
