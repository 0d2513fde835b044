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
    const char *lines[HTTP_HEADERS_MAX];
    char own[CALL_OWN_MAX], script[CALL_SCRIPT_MAX];
};

/* The run of a declared job. Everything stays the job's. */
void call_declared(struct call *call, const struct job *job, struct wall slot,
                   struct run_id run);

/* What a scripted run asks for, its `number`th request, from 1. Only a request
 * to the backend itself says who asks. */
void call_scripted(struct call *call, const struct host_request *asked,
                   const struct job *job, struct wall slot, uint32_t number);

/* The verdict of an answer to a declared job; `sentence` gets why, where it is
 * not ok, or "". */
enum verdict call_judge(const struct http_answer *answer,
                        struct error *sentence);

/* What `mooncron run --dry-run` prints in place of a call: one line. */
void call_describe(const struct job *job, struct wall slot, struct text *out);

#endif
