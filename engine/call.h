/* A call: the request of one run, as it goes on the wire, and what its answer
 * means. */
#ifndef MOONCRON_CALL_H
#define MOONCRON_CALL_H

#include "mooncron/core.h"
#include "mooncron/hostmsg.h"
#include "mooncron/http.h"

/* Bytes of our own header lines, the job's name twice included, and of the
 * lines that a script adds. */
#define CALL_OWN_MAX    1024
#define CALL_SCRIPT_MAX 8192

/* A request and the memory it points into: on the stack, while it is sent. */
struct call {
    struct http_request request;
    /* private */
    const char *lines[HTTP_HEADERS_MAX]; /* the script's */
    char own[CALL_OWN_MAX], script[CALL_SCRIPT_MAX];
};

/* An attempt of a declared job's run. Everything stays the job's. */
void call_declared(struct call *call, const struct run_note *note);

/* What an attempt of a scripted run asks for, its `number`th request, from 1.
 * Only a request to the backend itself says who asks. */
void call_scripted(struct call *call, const struct host_request *asked,
                   const struct run_note *note, uint32_t number);

/* How an accepted run goes on, asked at the place that its answer named, with
 * the headers of the run. */
void call_poll(struct call *call, const struct run_note *note, const char *url);

/* Which hook of its job a note is of, "on_failure" say; "": it is of a run. */
const char *call_hook(const struct run_note *note);

/* A heartbeat: the bare URL. */
void call_beat(struct call *call, const char *url);

/* What an answer means. */
struct judgement {
    enum verdict verdict;   /* ok, failed or unknown */
    enum cause cause;       /* CAUSE_NONE where it is ok, or was cancelled */
    bool accepted;          /* it goes on: whether it is ok is to be asked */
    bool sent;              /* something of the request had left */
    bool elsewhere;         /* 303: the result of an accepted run is there */
    uint16_t status;        /* 0: none came */
    int64_t retry_after_ms; /* below 0: the answer does not say */
    /* Where to ask next, not yet resolved, borrowed of the answer; NULL where
     * it names no place. */
    const char *location;
    size_t location_len;
    struct error sentence; /* why it is not ok, or "" */
};

/* The answer to a declared job's request. Retry-After counts where asking again
 * is of use: 408, 425, 429, 5xx and 202. A 202 without a Location is an answer
 * like any 2xx. */
void call_judge(const struct http_answer *answer, struct wall now,
                struct judgement *ret);

/* The answer to a question after a 202. Where the origin is not well, the run
 * goes on as before, and `cause` says why nothing is known; a place that is no
 * more has failed. */
void call_judge_poll(const struct http_answer *answer, struct wall now,
                     struct judgement *ret);

/* The place that the answer named is none to be asked: `why` is a clause. */
void call_judge_lost(struct judgement *judgement, const struct error *why);

/* What `mooncron run --dry-run` prints in place of a call: one line. */
void call_describe(const struct job *job, struct wall slot, struct text *out);

#endif
