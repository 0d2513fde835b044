/* A talk is what a command says to the running daemon, and hears of it: one
 * exchange of JSON after the other. */
#ifndef MOONCRON_CLI_TALK_H
#define MOONCRON_CLI_TALK_H

#include <jansson.h>

#include "args.h"
#include "mooncron/config.h"
#include "mooncron/instant.h"
#include "mooncron/jobset.h"
#include "mooncron/text.h"
#include "mooncron/zone.h"

struct zones;

struct talk {
    struct args args;
    const char *job; /* the first operand; or NULL */
    struct config config;
    int code;     /* of the program; EXIT_OK until something failed */
    int status;   /* of the last answer; 0: there was none */
    char *body;   /* of it, as it came; or NULL */
    json_t *json; /* an object; or NULL */
    /* private */
    struct text path; /* of the next request, and its query */
    struct zones *zones;
    struct zone *zone;
    char *token;
};

/* A command that talks: what it asks, and how it tells what it heard. */
struct talk_verb {
    const struct args_verb *args;
    bool order; /* something is done: with --quiet its success is not told */
    /* False, having said why, where the arguments are wrong: then nobody is
     * asked. NULL: there is nothing to look at. */
    bool (*check)(const struct args *args);
    /* True where the last answer is to be told, whatever `code` it gave the
     * program; false, having said why, with `code`. */
    bool (*ask)(struct talk *talk);
    /* The last answer, as people read it; --json prints it as it came. */
    void (*tell)(struct talk *talk, struct text *out);
};

/* The command, start to end; returns the exit code. */
int talk_run(const struct talk_verb *verb, int argc, char **argv);

/* ---- asking ---- */

/* Begins a request: the path is "/api/v1" and then the segments, up to a NULL,
 * percent-encoded. */
void talk_path(struct talk *talk, const char *segment, ...)
    __attribute__((sentinel));
/* Adds a parameter to its query, encoded. */
void talk_param(struct talk *talk, const char *name, const char *value);

/* These send it, and can do so again. True where the answer is a JSON object
 * with a status of 2xx. Else what was wrong is said, with `code`: as a
 * sentence, or, with --json, as an object on standard output that has it as
 * `error`, the daemon's own where it sent one. */
bool talk_get(struct talk *talk);
/* The reference is taken; `by` is added. */
bool talk_post(struct talk *talk, json_t *body);
/* The same without a word where it failed; then talk_complain() says it. */
bool talk_try(struct talk *talk, enum method method, const char *body);
void talk_complain(struct talk *talk);
/* What is wrong without an answer's saying so, likewise. */
void talk_fail(struct talk *talk, int code, const char *sentence);

/* Asks for the zone of the job's times: from then on talk_zone() is that, where
 * an answer names none. False, having said why, where there is no such job. */
bool talk_about(struct talk *talk);

/* The last answer is what was made of `json`: that is what --json prints. */
void talk_amend(struct talk *talk);

/* ---- reading answers: what is not there is "", 0, false, or NEVER_MS ---- */

const char *talk_text(const json_t *json, const char *name);
int64_t talk_number(const json_t *json, const char *name);
bool talk_bool(const json_t *json, const char *name);
struct wall talk_time(const json_t *json, const char *name);
/* The zone that an answer names; of the last one that named one. */
const struct zone *talk_zone(struct talk *talk, const json_t *json);

#endif
