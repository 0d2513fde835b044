/* Traffic flows first come, first sent, origin by origin, while there is
 * room. */
#include "traffic.h"

#include <assert.h>
#include <stdlib.h>

#include "mooncron/memory.h"
#include "tickets.h"
#include "trip.h"
#include "waiting.h"

/* A place of a call that is under way. */
struct live {
    struct trip trip;
    uint64_t handle;
    uint32_t next; /* in the list of unused places */
};

#define NO_PLACE UINT32_MAX

struct traffic {
    struct http *http;
    const struct clock *clock;
    struct traffic_events on;
    void *data;
    struct waiting *waiting;
    struct tickets tickets;
    struct live *live; /* `live_max` places */
    uint32_t live_max;
    uint32_t unused, count;            /* first unused place; places in use */
    bool beats_fail[HTTP_ORIGINS_MAX]; /* and were told of */
};

struct traffic *traffic_new(const struct traffic_config *config,
                            const struct traffic_events *events, void *data)
{
    struct traffic *traffic = memory_new(sizeof *traffic);
    traffic->http = config->http;
    traffic->clock = config->clock;
    traffic->on = *events;
    traffic->data = data;
    traffic->waiting = waiting_new(config->calls_per_origin_max);
    traffic->live_max = config->calls_max;
    traffic->live = memory_new(config->calls_max * sizeof *traffic->live);
    for (uint32_t i = 0; i < config->calls_max; i++)
        traffic->live[i].next = i + 1 < config->calls_max ? i + 1 : NO_PLACE;
    return traffic;
}

/* ---- under way ---- */

static void trip_answered(void *data, uint64_t tag,
                          const struct http_answer *answer);

/* There is room for it. */
static void trip_begin(struct traffic *traffic, const struct trip *trip)
{
    struct call call;
    trip_call(trip, &call);
    uint32_t place = traffic->unused;
    assert(place != NO_PLACE);
    struct live *live = &traffic->live[place];
    traffic->unused = live->next;
    traffic->count++;
    live->trip = *trip;
    live->handle =
        http_send(traffic->http, &call.request, trip_answered, traffic, place);
    assert(live->handle);
    free(live->trip.asked);
    live->trip.asked = NULL;
}

static bool room(const struct traffic *traffic)
{
    return traffic->count < traffic->live_max && http_room(traffic->http) > 0;
}

static void traffic_flow(struct traffic *traffic)
{
    struct trip trip;
    while (room(traffic) && waiting_next(traffic->waiting, &trip))
        trip_begin(traffic, &trip);
}

static void traffic_take(struct traffic *traffic, const struct trip *trip)
{
    waiting_push(traffic->waiting, trip);
    traffic_flow(traffic);
}

/* ---- answers ---- */

static void answer_script(struct traffic *traffic, const struct trip *trip,
                          const struct http_answer *answer)
{
    bool fault = answer->fault != HTTP_NO_FAULT;
    const struct host_response response = {
        .run = trip->note.run.value,
        .status = fault ? 0 : (uint32_t)answer->status,
        .failure = fault ? answer->sentence : "",
        .code = fault ? http_fault_names[answer->fault] : "",
        .headers = fault ? "" : answer->headers,
        .body = { fault ? "" : answer->body, fault ? 0 : answer->body_len },
        .took_ms = answer->took_ms,
    };
    traffic->on.scripted(traffic->data, trip->note.generation, &response);
}

/* Where to ask next, as the answer says; where that cannot be asked, that is
 * the end. */
static bool resolve(struct traffic *traffic, const char *from,
                    struct judgement *judgement, char url[HTTP_URL_MAX])
{
    struct error err;
    if (http_follow(traffic->http, from, judgement->location,
                    judgement->location_len, url, &err))
        return true;
    call_judge_lost(judgement, &err);
    return false;
}

static void keep_ticket(struct traffic *traffic, const struct trip *trip,
                        const char *from, struct judgement *judgement)
{
    char url[HTTP_URL_MAX];
    if (judgement->accepted && judgement->location &&
        resolve(traffic, from, judgement, url))
        tickets_put(&traffic->tickets, trip->note.run, url);
}

static void answer_declared(struct traffic *traffic, const struct trip *trip,
                            const struct http_answer *answer)
{
    struct judgement judgement;
    call_judge(answer, clock_now(traffic->clock).wall, &judgement);
    keep_ticket(traffic, trip, trip->note.job->target, &judgement);
    traffic->on.declared(traffic->data, trip->note.run, &judgement);
}

/* True where it is asked elsewhere now. */
static bool hop(struct traffic *traffic, const struct trip *trip,
                struct judgement *judgement)
{
    char url[HTTP_URL_MAX];
    struct trip next = { .kind = TRIP_POLL,
                         .origin = trip->origin,
                         .note = trip->note,
                         .hops = trip->hops + 1 };
    if (next.hops > TRAFFIC_HOPS_MAX) {
        struct error err;
        error_set(&err, "it was sent elsewhere more than %d times",
                  TRAFFIC_HOPS_MAX);
        call_judge_lost(judgement, &err);
        return false;
    }
    if (!resolve(traffic, trip->url, judgement, url))
        return false;
    trip_keep_url(&next, url, "");
    waiting_push(traffic->waiting, &next);
    return true;
}

static void answer_poll(struct traffic *traffic, const struct trip *trip,
                        const struct http_answer *answer)
{
    struct judgement judgement;
    call_judge_poll(answer, clock_now(traffic->clock).wall, &judgement);
    if (judgement.elsewhere && hop(traffic, trip, &judgement))
        return;
    keep_ticket(traffic, trip, trip->url, &judgement);
    traffic->on.declared(traffic->data, trip->note.run, &judgement);
}

/* What went wrong is told once, and that it is well again. */
static void answer_beat(struct traffic *traffic, const struct trip *trip,
                        const struct http_answer *answer)
{
    struct judgement judgement;
    call_judge(answer, clock_now(traffic->clock).wall, &judgement);
    bool fails = judgement.verdict != VERDICT_OK;
    bool *told = &traffic->beats_fail[trip->origin];
    if (fails == *told || answer->fault == HTTP_CANCELLED)
        return;
    *told = fails;
    traffic->on.beat(traffic->data, trip->name, judgement.sentence.text);
}

/* Settings are the backend's: what others say of their version is nothing. */
static void tell_version(struct traffic *traffic,
                         const struct http_answer *answer)
{
    size_t len;
    if (!answer->keyed)
        return;
    const char *version =
        http_header(answer->headers, "x-settings-version", &len);
    if (version)
        traffic->on.version(traffic->data, version, len);
}

static void trip_tell(struct traffic *traffic, const struct trip *trip,
                      const struct http_answer *answer)
{
    static void (*const tellers[])(struct traffic * traffic,
                                   const struct trip *trip,
                                   const struct http_answer *answer) = {
        [TRIP_DECLARED] = answer_declared,
        [TRIP_POLL] = answer_poll,
        [TRIP_SCRIPTED] = answer_script,
        [TRIP_BEAT] = answer_beat,
    };
    if (trip->kind != TRIP_BEAT) /* of its answer only the verdict counts */
        tell_version(traffic, answer);
    tellers[trip->kind](traffic, trip, answer);
}

static void trip_answered(void *data, uint64_t tag,
                          const struct http_answer *answer)
{
    struct traffic *traffic = data;
    struct live *live = &traffic->live[tag];
    struct trip trip = live->trip;
    live->next = traffic->unused;
    live->trip.kind = TRIP_NONE;
    traffic->unused = (uint32_t)tag;
    traffic->count--;
    waiting_ended(traffic->waiting, trip.origin);
    trip_tell(traffic, &trip, answer);
    trip_close(&trip);
    traffic_flow(traffic);
}

/* ---- what the daemon wants ---- */

void traffic_declared(struct traffic *traffic, const struct run_note *note)
{
    const struct trip trip = {
        .kind = TRIP_DECLARED,
        .origin = (uint32_t)http_origin(traffic->http, note->job->origin),
        .note = *note,
    };
    traffic_take(traffic, &trip);
}

void traffic_scripted(struct traffic *traffic, const struct host_request *asked,
                      const struct run_note *note, uint32_t number)
{
    struct trip trip = {
        .kind = TRIP_SCRIPTED,
        .origin = (uint32_t)http_origin(traffic->http, asked->url),
        .note = *note,
        .number = number,
    };
    trip_keep_asked(&trip, asked);
    traffic_take(traffic, &trip);
}

static void tell_end(struct traffic *traffic, struct run_id run,
                     enum verdict verdict, const char *why)
{
    struct judgement judgement = { .verdict = verdict, .retry_after_ms = -1 };
    error_set(&judgement.sentence, "%s", why);
    traffic->on.declared(traffic->data, run, &judgement);
}

void traffic_poll(struct traffic *traffic, const struct run_note *note)
{
    const char *url = tickets_get(&traffic->tickets, note->run);
    if (!url) {
        tell_end(traffic, note->run, VERDICT_UNKNOWN,
                 "it was accepted, and where to ask for it is not known");
        return;
    }
    struct trip trip = {
        .kind = TRIP_POLL,
        .origin = (uint32_t)http_origin(traffic->http, note->job->origin),
        .note = *note,
    };
    trip_keep_url(&trip, url, "");
    traffic_take(traffic, &trip);
}

void traffic_beat(struct traffic *traffic, const struct job *job)
{
    uint32_t origin = (uint32_t)http_origin(traffic->http, job->heartbeat);
    if (waiting_count(traffic->waiting, origin) >= TRAFFIC_BEATS_MAX)
        return;
    struct trip trip = { .kind = TRIP_BEAT, .origin = origin };
    trip_keep_url(&trip, job->heartbeat, job->name);
    traffic_take(traffic, &trip);
}

static void drop_waiting(struct traffic *traffic, struct trip *waits)
{
    struct trip trip = *waits;
    waits->kind = TRIP_NONE; /* its place in the queue is passed over */
    trip_close(waits);
    if (trip.kind == TRIP_DECLARED)
        tell_end(traffic, trip.note.run, VERDICT_FAILED,
                 "cancelled before anything was sent");
    else if (trip.kind == TRIP_POLL)
        tell_end(traffic, trip.note.run, VERDICT_UNKNOWN,
                 "cancelled after it was accepted");
}

bool traffic_cancel(struct traffic *traffic, struct run_id run)
{
    struct trip *waits = waiting_find(traffic->waiting, run);
    if (waits) {
        drop_waiting(traffic, waits);
        return false;
    }
    bool sent = false;
    for (uint32_t i = 0; i < traffic->live_max; i++)
        if (traffic->live[i].trip.kind != TRIP_NONE &&
            traffic->live[i].trip.note.run.value == run.value)
            sent |= http_cancel(traffic->http, traffic->live[i].handle);
    return sent;
}

void traffic_forget(struct traffic *traffic, struct run_id run)
{
    tickets_drop(&traffic->tickets, run);
}

struct traffic_counts traffic_counts(const struct traffic *traffic)
{
    size_t waiting = 0;
    for (uint32_t i = 0; i < HTTP_ORIGINS_MAX; i++)
        waiting += waiting_count(traffic->waiting, i);
    return (struct traffic_counts){ traffic->count, (uint32_t)waiting };
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    assert(traffic->count == 0);
    waiting_free(traffic->waiting);
    tickets_close(&traffic->tickets);
    free(traffic->live);
    free(traffic);
}
