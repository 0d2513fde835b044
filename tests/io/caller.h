/* A caller: the HTTP client on a loop of its own, a backend and a foreign
 * server of real sockets, and what was heard of its calls. Each is answered
 * once, never from inside; no sentence holds the key. */
#ifndef TESTS_IO_CALLER_H
#define TESTS_IO_CALLER_H

#include "loop.h"
#include "mooncron/http.h"
#include "testserver.h"

#define KEY "k3y-that-nobody-else-may-see"

struct heard {
    unsigned calls;
    enum http_fault fault;
    bool sent, keyed;
    int status;
    char sentence[512], body[70000], headers[2048];
    size_t body_len;
    uint32_t took_ms;
    uint64_t tag;
};

struct caller {
    uv_loop_t loop;
    struct testserver *server, *other;
    char backend[80], foreign[80]; /* their URLs; both may be called */
    struct http *http;
    struct heard heard; /* of the newest call */
    bool closed;
};

/* For cmocka: one for each test, which is its state. */
int caller_setup(void **state);
int caller_teardown(void **state);
#define CALLER_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, caller_setup, caller_teardown)

/* Another client in place of the one it has. */
void caller_become(struct caller *caller, const struct http_config *config);
/* Its backend is one at which nobody listens, by this name of the machine. */
void caller_call_nobody(struct caller *caller, const char *host);
/* Closes the client, and turns the loop until nothing is left of it. */
void caller_close(struct caller *caller);
void caller_on_closed(void *data);

/* Sends, and gives the handle. */
uint64_t caller_send(struct caller *caller, const struct http_request *request);
/* The same with another place for what is heard. */
uint64_t caller_send_to(struct caller *caller,
                        const struct http_request *request,
                        struct heard *heard);
/* Turns the loop until there is an answer. */
void caller_await(struct caller *caller);
/* Both. */
void caller_ask(struct caller *caller, const struct http_request *request);
void caller_get(struct caller *caller, const char *url);
void caller_post(struct caller *caller, const char *url); /* "{}" */

/* Turns the loop until the backend has heard `wanted` requests. */
void caller_await_server(struct caller *caller, unsigned wanted);
/* Does request `index` that the backend heard hold this text? */
bool heard_at(struct caller *caller, unsigned index, const char *text);

#endif
