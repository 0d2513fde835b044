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
    const struct args *args;
    struct config config;
    int code;     /* of the program; EXIT_OK until something failed */
    int status;   /* of the last answer; 0: there was none */
    char *body;   /* of it, as it came; or NULL */
    json_t *json; /* an object; or NULL */
    /* private */
    struct zones *zones;
    struct zone *zone;
    char *token;
};

/* Reads the environment. False, having said why, with `code`; talk_end() is due
 * in both cases. */
bool talk_begin(struct talk *talk, const struct args *args);
int talk_end(struct talk *talk); /* returns `code` */

/* "/api/v1" and then the segments, percent-encoded. */
void talk_path(struct text *path, const char *const *segments, size_t count);
/* One parameter of a query, encoded; the first of a path begins it. */
void talk_param(struct text *path, const char *name, const char *value);

/* True where the answer is a JSON object with a status of 2xx. Else what was
 * wrong is said, with `code`: as a sentence, or, with --json, as an object on
 * standard output that has it as `error`, the daemon's own where it sent one.
 */
bool talk_get(struct talk *talk, const char *path);
/* The reference is taken; `by` is added. */
bool talk_post(struct talk *talk, const char *path, json_t *body);
/* The same without a word where it failed; then talk_complain() says it. */
bool talk_try(struct talk *talk, enum method method, const char *path,
              const char *body);
void talk_complain(struct talk *talk);
/* What is wrong without an answer's saying so, likewise. */
void talk_fail(struct talk *talk, int code, const char *sentence);

/* Prints the last answer. */
void talk_print(const struct talk *talk);

/* ---- reading answers: what is not there is "", 0, false, or NEVER_MS ---- */

const char *talk_text(const json_t *json, const char *name);
int64_t talk_number(const json_t *json, const char *name);
bool talk_bool(const json_t *json, const char *name);
struct wall talk_time(const json_t *json, const char *name);
/* The zone that an answer names; of the last one that named one. */
const struct zone *talk_zone(struct talk *talk, const json_t *json);

/* Asks for the zone of a job's times: from then on talk_zone() is that, where
 * an answer names none. False, having said why, where there is no such job. */
bool talk_about(struct talk *talk, const char *job);

/* The token that is set, or the one that the daemon left; the caller hands it
 * to secret_free(). */
char *talk_token(const struct config *config);

#endif
