/* An exchange: one request to the stand-in, and its one answer. */
#ifndef DEMO_EXCHANGE_H
#define DEMO_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct mg_connection;

#define EXCHANGE_BODY_MAX (1 << 20) /* far more than any job sends */

struct exchange {
    const char *method, *path;
    char *body; /* NUL follows; "" where none came */
    size_t body_len;
    bool body_bad;   /* cut, or over EXCHANGE_BODY_MAX */
    int status;      /* of the answer; 0 before it, -1 where dropped */
    char extra[256]; /* header lines for the answer, each with CR LF */
    /* Called once `status` is known, before a byte of the answer leaves; may be
     * NULL. */
    void (*on_status)(struct exchange *exchange);
    void *data;
    /* private */
    struct mg_connection *connection;
};

/* Reads the whole request. */
void exchange_open(struct exchange *exchange, struct mg_connection *connection);
void exchange_close(struct exchange *exchange);

/* A request header, or "". */
const char *exchange_header(const struct exchange *exchange, const char *name);
/* A number of the query, or `otherwise` where it is none. */
int64_t exchange_number(const struct exchange *exchange, const char *name,
                        int64_t otherwise);
/* The body as JSON, a reference of the caller's; NULL where it is none. */
json_t *exchange_json(const struct exchange *exchange);

/* Answers with JSON; the reference is taken. */
void exchange_answer(struct exchange *exchange, int status, json_t *json);
/* Answers {"error": sentence}. */
void exchange_fail(struct exchange *exchange, int status, const char *sentence);
void exchange_send(struct exchange *exchange, int status, const char *type,
                   const char *body, size_t len);
/* Closes the connection without a word. */
void exchange_drop(struct exchange *exchange);

#endif
