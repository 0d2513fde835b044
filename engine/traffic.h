/* Traffic: the calls that wait for room, and those that are under way.
 *
 *   declared ──► waits ──► sent ──► judged ──► told
 *                  ▲                  │ 202, and where to ask
 *   poll ──────────┤                  ▼
 *                  └────────────── a ticket, kept until it is forgotten
 *
 * libcurl's own queue of pending handles is slow, so the queues are here: one
 * an origin, in turn. Callbacks come from the loop, or from inside the call
 * where it says so. */
#ifndef MOONCRON_TRAFFIC_H
#define MOONCRON_TRAFFIC_H

#include "call.h"
#include "mooncron/clock.h"
#include "mooncron/core.h"
#include "mooncron/hostmsg.h"
#include "mooncron/http.h"

struct traffic;

struct traffic_events {
    /* An attempt of a declared job's run has ended, or was accepted; or the
     * question after one was answered. */
    void (*declared)(void *data, struct run_id run,
                     const struct judgement *judgement);
    /* A scripted run's request has its answer. */
    void (*scripted)(void *data, uint32_t generation,
                     const struct host_response *response);
    /* An answer of the backend named this version of Settings. */
    void (*version)(void *data, const char *version, size_t len);
    /* A job's heartbeat did not get through, the first of its origin; `why` is
     * "" where one does again. */
    void (*beat)(void *data, const char *job, const char *why);
};

struct traffic_config {
    struct http *http;         /* must outlive the traffic */
    const struct clock *clock; /* likewise */
    /* Under way at once, in all and to one origin; the others wait. libcurl
     * looks for a free connection among all it keeps, one by one, so that more
     * of them cost more than they gain: measured, 64 against 252 to one origin
     * saves a fifth of the CPU of a thousand calls in one instant. */
    uint32_t calls_max, calls_per_origin_max;
};

/* How often the answer to a poll may send it elsewhere. */
#define TRAFFIC_HOPS_MAX 5
/* Heartbeats that wait for one origin: later ones are worth nothing. */
#define TRAFFIC_BEATS_MAX 1000

/* `events` is copied. */
struct traffic *traffic_new(const struct traffic_config *config,
                            const struct traffic_events *events, void *data);
/* Nothing may be under way: close `http` first. */
void traffic_free(struct traffic *traffic); /* NULL is fine */

/* An attempt. The note is copied; its job lives until the run has ended. */
void traffic_declared(struct traffic *traffic, const struct run_note *note);
/* The `number`th request of a scripted run's attempt. `asked` is copied. */
void traffic_scripted(struct traffic *traffic, const struct host_request *asked,
                      const struct run_note *note, uint32_t number);
/* Asks how an accepted run goes on, where its last answer said. Told from
 * inside this call where that is not known. */
void traffic_poll(struct traffic *traffic, const struct run_note *note);
/* Tells the job's heartbeat that it is well: nobody waits for the answer. The
 * job may go at once. */
void traffic_beat(struct traffic *traffic, const struct job *job);

/* Ends whatever the run has waiting or under way. A declared run's end still
 * comes, from inside this call where it was only waiting. True where something
 * of a request that is ended so may have left. */
bool traffic_cancel(struct traffic *traffic, struct run_id run);
/* The run has its verdict, and is not asked for again. */
void traffic_forget(struct traffic *traffic, struct run_id run);

/* Calls under way, and those that wait for room. */
struct traffic_counts {
    uint32_t live, waiting;
};
struct traffic_counts traffic_counts(const struct traffic *traffic);

#endif
