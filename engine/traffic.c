/* Traffic flows first come, first sent, while there is room. */
#include "traffic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

/* One call, waiting or under way. */
struct trip {
    struct run_id run;
    const struct job *job;
    struct wall slot;
    bool scripted;
    struct host_request *asked; /* a script's, ours until it is sent */
    uint32_t generation, number;
    uint64_t handle; /* under way */
    uint32_t next;   /* in the list of unused places */
};

#define NO_PLACE UINT32_MAX

struct traffic {
    struct http *http;
    struct traffic_events on;
    void *data;
    struct trip *queue; /* a ring; its size is a power of two */
    size_t first, waiting, size;
    struct trip live[TRAFFIC_LIVE_MAX];
    uint32_t unused, count; /* first unused place; places in use */
};

struct traffic *traffic_new(struct http *http,
                            const struct traffic_events *events, void *data)
{
    struct traffic *traffic = memory_new(sizeof *traffic);
    traffic->http = http;
    traffic->on = *events;
    traffic->data = data;
    for (uint32_t i = 0; i < TRAFFIC_LIVE_MAX; i++)
        traffic->live[i].next = i + 1 < TRAFFIC_LIVE_MAX ? i + 1 : NO_PLACE;
    return traffic;
}

/* ---- a script's request, kept while it waits ---- */

static char *copy(char **at, const char *bytes, size_t len)
{
    char *here = *at;
    memcpy(here, bytes, len);
    here[len] = '\0';
    *at += len + 1;
    return here;
}

/* One block: the struct and its strings behind it. */
static struct host_request *asked_copy(const struct host_request *asked)
{
    size_t url = strlen(asked->url), headers = strlen(asked->headers);
    size_t body = asked->has_body ? asked->body.len : 0;
    struct host_request *kept =
        memory_new(sizeof *kept + url + headers + body + 3);
    char *at = (char *)(kept + 1);
    *kept = *asked;
    kept->url = copy(&at, asked->url, url);
    kept->headers = copy(&at, asked->headers, headers);
    kept->body.bytes = copy(&at, body ? asked->body.bytes : "", body);
    kept->body.len = body;
    return kept;
}

/* ---- the queue ---- */

static void queue_grow(struct traffic *traffic)
{
    size_t size = traffic->size ? traffic->size * 2 : 16;
    struct trip *queue = memory_new(size * sizeof *queue);
    for (size_t i = 0; i < traffic->waiting; i++)
        queue[i] = traffic->queue[(traffic->first + i) & (traffic->size - 1)];
    free(traffic->queue);
    traffic->queue = queue;
    traffic->size = size;
    traffic->first = 0;
}

static struct trip *queue_at(const struct traffic *traffic, size_t i)
{
    return &traffic->queue[(traffic->first + i) & (traffic->size - 1)];
}

static void queue_push(struct traffic *traffic, const struct trip *trip)
{
    if (traffic->waiting == traffic->size)
        queue_grow(traffic);
    *queue_at(traffic, traffic->waiting++) = *trip;
}

static struct trip queue_pop(struct traffic *traffic)
{
    struct trip trip = *queue_at(traffic, 0);
    traffic->first = (traffic->first + 1) & (traffic->size - 1);
    traffic->waiting--;
    return trip;
}

/* ---- under way ---- */

static void trip_answered(void *data, uint64_t tag,
                          const struct http_answer *answer);

/* There is room for it. */
static void trip_begin(struct traffic *traffic, const struct trip *trip)
{
    struct call call;
    if (trip->scripted)
        call_scripted(&call, trip->asked, trip->job, trip->slot, trip->number);
    else
        call_declared(&call, trip->job, trip->slot, trip->run);
    uint32_t place = traffic->unused;
    assert(place != NO_PLACE);
    struct trip *live = &traffic->live[place];
    traffic->unused = live->next;
    traffic->count++;
    *live = *trip;
    live->handle =
        http_send(traffic->http, &call.request, trip_answered, traffic, place);
    assert(live->handle);
    free(live->asked);
    live->asked = NULL;
}

static bool room(const struct traffic *traffic)
{
    return traffic->count < TRAFFIC_LIVE_MAX && http_room(traffic->http) > 0;
}

static void traffic_flow(struct traffic *traffic)
{
    while (traffic->waiting && room(traffic)) {
        struct trip trip = queue_pop(traffic);
        if (trip.run.value)
            trip_begin(traffic, &trip);
    }
}

static void answer_script(struct traffic *traffic, const struct trip *trip,
                          const struct http_answer *answer)
{
    bool fault = answer->fault != HTTP_NO_FAULT;
    const struct host_response response = {
        .run = trip->run.value,
        .status = fault ? 0 : (uint32_t)answer->status,
        .failure = fault ? answer->sentence : "",
        .code = fault ? http_fault_names[answer->fault] : "",
        .headers = fault ? "" : answer->headers,
        .body = { fault ? "" : answer->body, fault ? 0 : answer->body_len },
        .took_ms = answer->took_ms,
    };
    traffic->on.scripted(traffic->data, trip->generation, &response);
}

static void answer_job(struct traffic *traffic, const struct trip *trip,
                       const struct http_answer *answer)
{
    struct error why;
    enum verdict verdict = call_judge(answer, &why);
    traffic->on.declared(traffic->data, trip->run, verdict, why.text);
}

static void trip_answered(void *data, uint64_t tag,
                          const struct http_answer *answer)
{
    struct traffic *traffic = data;
    struct trip *live = &traffic->live[tag];
    struct trip trip = *live;
    live->next = traffic->unused;
    live->run.value = 0;
    traffic->unused = (uint32_t)tag;
    traffic->count--;
    size_t len;
    const char *version =
        http_header(answer->headers, "x-settings-version", &len);
    if (version)
        traffic->on.version(traffic->data, version, len);
    if (trip.scripted)
        answer_script(traffic, &trip, answer);
    else
        answer_job(traffic, &trip, answer);
    traffic_flow(traffic);
}

/* ---- what the daemon wants ---- */

void traffic_declared(struct traffic *traffic, struct run_id run,
                      const struct job *job, struct wall slot)
{
    const struct trip trip = { .run = run, .job = job, .slot = slot };
    queue_push(traffic, &trip);
    traffic_flow(traffic);
}

void traffic_scripted(struct traffic *traffic, uint32_t generation,
                      const struct host_request *asked, const struct job *job,
                      struct wall slot, uint32_t number)
{
    const struct trip trip = { .run = { asked->run },
                               .job = job,
                               .slot = slot,
                               .scripted = true,
                               .asked = asked_copy(asked),
                               .generation = generation,
                               .number = number };
    queue_push(traffic, &trip);
    traffic_flow(traffic);
}

static void drop_waiting(struct traffic *traffic, struct trip *trip)
{
    struct run_id run = trip->run;
    free(trip->asked);
    trip->run.value = 0; /* its place in the ring is passed over */
    trip->asked = NULL;
    if (!trip->scripted)
        traffic->on.declared(traffic->data, run, VERDICT_FAILED,
                             "cancelled before anything was sent");
}

void traffic_cancel(struct traffic *traffic, struct run_id run)
{
    for (size_t i = 0; i < traffic->waiting; i++) {
        struct trip *trip = queue_at(traffic, i);
        if (trip->run.value == run.value) {
            drop_waiting(traffic, trip);
            return;
        }
    }
    for (uint32_t i = 0; i < TRAFFIC_LIVE_MAX; i++)
        if (traffic->live[i].run.value == run.value)
            http_cancel(traffic->http, traffic->live[i].handle);
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    assert(traffic->count == 0);
    while (traffic->waiting)
        free(queue_pop(traffic).asked);
    free(traffic->queue);
    free(traffic);
}
