/* A fleet: traffic on a loop of its own, to five servers of real sockets, the
 * first of which is the backend; its jobs, and what was told of their calls. */
#ifndef TESTS_ENGINE_FLEET_H
#define TESTS_ENGINE_FLEET_H

#include "loop.h"
#include "testserver.h"
#include "traffic.h"

#define FLEET_SERVERS   5
#define FLEET_JOBS_MAX  16
#define FLEET_CALLS_MAX 8 /* of a small worker, where a test does not care */

struct fleet {
    uv_loop_t loop;
    struct clock clock;
    struct testserver *servers[FLEET_SERVERS];
    char origins[FLEET_SERVERS][40]; /* of the first: "" */
    struct http *http;
    struct traffic *traffic;
    struct job jobs[FLEET_JOBS_MAX];
    char targets[FLEET_JOBS_MAX][100];
    size_t job_count;
    /* told */
    unsigned told, ok; /* ends of declared runs */
    struct run_id last;
    uint64_t order[16]; /* runs, as they were told of; the first ones */
    struct judgement judgement;
    unsigned responses, response_status;
    unsigned versions; /* of Settings */
    unsigned beats;    /* words about heartbeats */
    char beat[200];
    bool closed;
};

void fleet_open(struct fleet *fleet, uint32_t calls_max,
                uint32_t calls_per_origin_max);
/* Nothing of the loop is left open. */
void fleet_close(struct fleet *fleet);

/* A job that calls this; it is also what its heartbeat calls. */
const struct job *fleet_job(struct fleet *fleet, size_t server,
                            const char *path);
struct run_note fleet_note(const struct job *job, uint64_t run);
/* Begins the first attempt of a run. */
void fleet_start(struct fleet *fleet, const struct job *job, uint64_t run);

/* Turns the loop until so many runs have ended, or so many requests were heard
 * by all servers together. */
void fleet_await_told(struct fleet *fleet, unsigned wanted);
void fleet_await_heard(struct fleet *fleet, unsigned wanted);
unsigned fleet_heard(const struct fleet *fleet);

#endif
