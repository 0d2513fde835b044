/* The player: the worker, as the demonstration's child. */
#ifndef DEMO_PLAYER_H
#define DEMO_PLAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mooncron/error.h"

struct player {
    pid_t pid;  /* 0: none */
    int log_fd; /* what it writes; ends with it. Not blocking */
};

struct player_config {
    const char *program, *file;
    const char *backend_url, *api_key, *webhook_secret;
    const char *state_directory;
    double speed;
};

/* Starts `program run file` in a process group of its own, with an environment
 * that holds nothing but what the configuration says. */
bool player_start(struct player *player, const struct player_config *config,
                  struct error *reterr);
/* Asks it to drain; the second time, to leave at once. */
void player_dismiss(const struct player *player);
/* True where it has ended: then it is reaped, `ret_status` as of waitpid(). */
bool player_ended(struct player *player, int *ret_status);
/* Ends it at once. */
void player_kill(const struct player *player);
/* Kills and reaps what is left. */
void player_close(struct player *player);

#endif
