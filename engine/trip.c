/* A trip is one call, from the moment it is wanted until its answer is
 * there. */
#include "trip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

static char *copy(char **at, const char *bytes, size_t len)
{
    char *here = *at;
    memcpy(here, bytes, len);
    here[len] = '\0';
    *at += len + 1;
    return here;
}

/* One block: the struct and its strings behind it. */
void trip_keep_asked(struct trip *trip, const struct host_request *asked)
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
    trip->asked = kept;
}

void trip_keep_url(struct trip *trip, const char *url, const char *name)
{
    size_t url_len = strlen(url), name_len = strlen(name);
    char *at = trip->url = memory_new(url_len + name_len + 2);
    copy(&at, url, url_len);
    trip->name = copy(&at, name, name_len);
}

void trip_close(struct trip *trip)
{
    free(trip->asked);
    free(trip->url);
    trip->asked = NULL;
    trip->url = NULL;
}

void trip_call(const struct trip *trip, struct call *call)
{
    switch (trip->kind) {
    case TRIP_DECLARED:
        call_declared(call, &trip->note);
        return;
    case TRIP_POLL:
        call_poll(call, &trip->note, trip->url);
        return;
    case TRIP_SCRIPTED:
        call_scripted(call, trip->asked, &trip->note, trip->number);
        return;
    case TRIP_BEAT:
        call_beat(call, trip->url);
        return;
    case TRIP_NONE:
        break;
    }
    assert(trip->kind != TRIP_NONE); /* what was cancelled is not sent */
}
