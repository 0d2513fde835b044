/* The listener of a test: a server on a loop in a thread of its own, with a
 * worker behind the inbox that says what the test wants it to say. */
#ifndef TESTS_LISTENING_H
#define TESTS_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "mooncron/inbox.h"
#include "mooncron/server.h"

struct listening;

/* What the worker says to every reload; to a question it says {"heard":1}, with
 * this tag. */
#define LISTENING_TAG 0xabcd
struct listening_word {
    bool hold; /* nothing, until the next listening_say() */
    enum reload_outcome outcome;
    const char *message; /* static */
};

/* NULL stands for a usual config: secret "s3cret", token "t0ken". The port is
 * any free one. The test fails where it does not start. */
struct listening *listening_start(const struct server_config *config);
struct server_config listening_config(void);

uint16_t listening_port(const struct listening *listening);
struct inbox *listening_inbox(struct listening *listening);

/* From now on; what was held is answered with it. */
void listening_say(struct listening *listening,
                   const struct listening_word *word);
/* How many asks came so far; waits until there are `count`. */
unsigned listening_await(struct listening *listening, unsigned count);
/* The newest ask. */
struct ask listening_last(struct listening *listening);

/* Begins to stop, without waiting for the end of it. */
void listening_stop_begin(struct listening *listening);
/* Stops, and fails the test where a handle of the loop, a thread or a
 * descriptor is left. */
void listening_stop(struct listening *listening);

/* ---- A client of raw bytes on 127.0.0.1; every wait has a deadline ---- */

int raw_connect(uint16_t port);
void raw_send(int fd, const char *bytes, size_t len);
/* Everything until the other side closes, or has reset; closes. The caller
 * frees it. */
char *raw_read(int fd);
/* Status of an answer, or 0 where it is none. */
int raw_status(const char *answer);
/* One request; gives the whole answer. */
char *raw_ask(uint16_t port, const char *bytes);

/* ---- Requests in parts: "POST /path", headers with their line ends, a body */

/* The whole answer; the caller frees it. */
char *listening_ask(const struct listening *listening, const char *line,
                    const char *headers, const char *body);
/* Its JSON, which the caller lets go. */
json_t *listening_expect(const struct listening *listening, const char *line,
                         const char *headers, const char *body, int status);
/* Of its JSON the string `key` is `text`. */
void listening_expect_text(const struct listening *listening, const char *line,
                           const char *headers, const char *body, int status,
                           const char *key, const char *text);

#endif
