/* Traffic: the calls that wait for room, and those that are under way.
 *
 * libcurl's own queue of pending handles is slow, so the queue is here: first
 * come, first sent. Callbacks come from the loop. */
#ifndef MOONCRON_TRAFFIC_H
#define MOONCRON_TRAFFIC_H

#include "call.h"
#include "mooncron/core.h"
#include "mooncron/hostmsg.h"
#include "mooncron/http.h"

struct traffic;

struct traffic_events {
    /* The call of a declared job's run has ended; `why` is "" when ok. */
    void (*declared)(void *data, struct run_id run, enum verdict verdict,
                     const char *why);
    /* A scripted run's request has its answer. */
    void (*scripted)(void *data, uint32_t generation,
                     const struct host_response *response);
    /* An answer of the backend named this version of Settings. */
    void (*version)(void *data, const char *version, size_t len);
};

/* Transfers at work at once; the others wait in our own queue. libcurl looks
 * for a free connection among all it keeps, one by one, so that more of them
 * cost more than they gain: measured, 64 against 252 saves a fifth of the CPU
 * of a thousand calls in one instant. */
#define TRAFFIC_LIVE_MAX 64

/* `http` must outlive the traffic; `events` is copied. */
struct traffic *traffic_new(struct http *http,
                            const struct traffic_events *events, void *data);
/* Nothing may be under way: close `http` first. */
void traffic_free(struct traffic *traffic); /* NULL is fine */

/* `job` lives until its run has ended. */
void traffic_declared(struct traffic *traffic, struct run_id run,
                      const struct job *job, struct wall slot);
/* The `number`th request of a run. Everything else is copied. */
void traffic_scripted(struct traffic *traffic, uint32_t generation,
                      const struct host_request *asked, const struct job *job,
                      struct wall slot, uint32_t number);

/* Ends whatever the run has waiting or under way. A declared run's end still
 * comes, from inside this call where it was only waiting. */
void traffic_cancel(struct traffic *traffic, struct run_id run);

#endif
