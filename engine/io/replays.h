/* Replays: the ids of webhooks that were heard, so that one counts once. */
#ifndef IO_REPLAYS_H
#define IO_REPLAYS_H

#include <stdbool.h>
#include <stdint.h>

/* Twice the signature's window: an id that is older comes with a timestamp
 * that is refused. */
#define REPLAYS_KEPT_S 600
/* 240 KB at most. Where more come in that time the oldest is forgotten: the
 * worst of it is one reload that changes nothing. */
#define REPLAYS_MAX 10000

struct replays;

struct replays *replays_new(void);
void replays_free(struct replays *replays); /* NULL is fine */

/* Any thread. Remembers an id; false where it was known. */
bool replays_add(struct replays *replays, const char *id, int64_t now_s);
/* Any thread. The sender may try this one again. */
void replays_forget(struct replays *replays, const char *id);

#endif
