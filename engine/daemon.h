/* The daemon: callbacks become events, events step the core, and what the core
 * decides is carried out. One loop, one thread. */
#ifndef MOONCRON_DAEMON_H
#define MOONCRON_DAEMON_H

#include <stdbool.h>

#include "mooncron/config.h"

struct daemon_options {
    const struct config *config;
    const char *settings_file; /* Settings from here, and no backend; or NULL */
    bool dry_run;   /* print what would be sent, on standard output; neither
                     * listen nor write anything */
    bool forgetful; /* the store is in memory: what is due at a restart is not
                     * known */
    bool colour;    /* of the log, where it is text */
};

/* Runs until it is told to stop. Returns the exit code of the program; what
 * kept it from starting was logged. */
int daemon_run(const struct daemon_options *options);

#endif
