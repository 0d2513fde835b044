/* Generations: id -> script host, jobset and live runs. Opens, retires, closes.
 *
 * The daemon's side of the script host. One generation may be loading, one is
 * in force, and some may be finishing their runs. */
#ifndef MOONCRON_GENERATIONS_H
#define MOONCRON_GENERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/core.h"
#include "mooncron/hostmsg.h"
#include "mooncron/jobset.h"
#include "mooncron/mistake.h"

struct uv_loop_s;
struct zones;
struct generations;

/* News from the hosts, on the loop. Borrowed for the time of the call. */
struct generation_events {
    /* A load has ended: `set` (the callee's reference), or NULL and either
     * mistakes or a failure sentence. */
    void (*loaded)(void *data, uint32_t generation, struct jobset *set,
                   const struct mistakes *mistakes, const char *failure);
    /* The `number`th request of a run, from 1. */
    void (*request)(void *data, const struct host_request *request,
                    const struct run_note *note, uint32_t number);
    void (*nap)(void *data, uint32_t generation, uint64_t run, uint64_t nap_ms);
    /* `note` is of the run, or of the hook after it, or NULL. */
    void (*log)(void *data, uint32_t generation, const struct host_log *log,
                const struct run_note *note);
    /* A scripted run has ended, by itself or because its host is `gone`: then
     * no attempt of this generation is of any use. */
    void (*ended)(void *data, uint32_t generation,
                  const struct host_ended *ended, bool gone);
    /* The host of a loaded generation is no more, and nobody told it to leave:
     * its functions cannot be run again. Its runs have `ended` before this.
     * `how` is a clause. */
    void (*died)(void *data, uint32_t generation, const char *how);
};

/* A host that owes a word, for a run it was handed, and says nothing for this
 * long hangs where no hook sees it: it is killed. (A script that does not yield
 * for 2 s is ended by the host itself.) */
#define HOST_SILENCE_MS_MAX 5000

/* Before a host is killed because it hangs, it is asked where, and has this
 * long to answer. */
#define HOST_PLACE_MS_MAX 200

/* `zones` is the caller's and outlives the generations. */
struct generations *generations_new(struct uv_loop_s *loop,
                                    const struct generation_events *events,
                                    uint32_t load_timeout_ms,
                                    struct zones *zones, void *data);

/* Starts a host and lets it load; `loaded` comes exactly once, from inside this
 * call where no host could be started. The strings of `load` are copied. A set
 * without functions needs no host: it ends when it has loaded. */
void generations_open(struct generations *all, uint32_t generation,
                      const struct host_load *load);
/* What a host is asked to run. */
struct generation_start {
    struct run_note note; /* its job lives as long as the run */
    uint32_t function;    /* the job's own, or a hook of it */
    const char *error; /* what a hook is told; "" for nothing, and for runs */
};
/* `ended` comes exactly once, from inside this call where the host is gone. A
 * hook is a run like others: it has a number of its own. */
void generations_start(struct generations *all,
                       const struct generation_start *start);
void generations_respond(struct generations *all, uint32_t generation,
                         const struct host_response *response);
void generations_wake(struct generations *all, uint32_t generation,
                      uint64_t run);
/* The run is over; `ended` does not come any more. False where no host has such
 * a run. */
bool generations_cancel(struct generations *all, uint32_t generation,
                        uint64_t run);
/* No run is left and none will come: its host ends. */
void generations_close(struct generations *all, uint32_t generation);
/* Ends every host; `closed` when the last was reaped. Frees. */
void generations_free(struct generations *all, void (*closed)(void *data),
                      void *data);

#endif
