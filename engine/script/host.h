/* The host: frames in, frames out, and one Lua state between them.
 *
 * It knows no descriptor: main.c reads and writes, tests hand frames over in
 * memory. */
#ifndef SCRIPT_HOST_H
#define SCRIPT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/text.h"
#include "vm.h"

#define VARS_MAX 256 /* that scripts may read */

struct host {
    struct vm vm;
    struct loader *loader; /* while a file is loaded */
    char *vars[VARS_MAX];  /* "NAME=value" or "NAME" */
    uint32_t var_count;
    struct text out; /* frames for the daemon */
    void (*flush)(void *data, struct text *out);
    void *data;
    struct fiber *fibers;
    struct fiber *current; /* the one that runs */
    bool loaded;
};

/* `flush` is called with whole frames, which it takes by clearing the text. It
 * is called once for HELLO from inside this. NULL where there is no memory. */
struct host *host_new(void (*flush)(void *data, struct text *out), void *data);
void host_free(struct host *host);

/* One frame from the daemon. False where it is none that may come now: then the
 * host leaves. */
bool host_frame(struct host *host, char *frame, size_t len);

/* Writes an AT into `out`, which has HOST_AT_MAX bytes of memory already; false
 * where no Lua runs. For a signal handler, and the host's last act: the state
 * cannot be run any more (vm_where_last). */
bool host_last_place(const struct host *host, struct text *out);

/* Has the file been loaded? Then nothing is opened any more. */
bool host_is_loaded(const struct host *host);

#endif
