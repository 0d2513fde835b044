/* An inquiry is a question of an operator that is answered in JSON: the status
 * from memory, history and why by way of the store's thread. */
#ifndef MOONCRON_INQUIRY_H
#define MOONCRON_INQUIRY_H

#include "mooncron/inbox.h"

struct daemon;

/* From the inbox: the answer comes back by itself. */
void inquiry_take(struct daemon *d, const struct ask *ask);

/* Of an answer that the clerk writes: what the gate lets through, less some
 * room for a head. */
#define INQUIRY_LONG_BYTES_MAX (15 << 20)

/* Lets the clerk write an answer, as clerk_give(). Where too many wait for that
 * it is false, and whoever asks was told so. */
bool inquiry_write(struct daemon *d, uint64_t ask, void (*work)(void *data),
                   void (*done)(void *data, bool worked), void *data);

/* Tells whoever asks that there is no answer, and why not. */
void inquiry_refuse(struct daemon *d, uint64_t ask, int status,
                    const char *sentence);

#endif
