/* A blocking HTTP client for tests. */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include <stddef.h>

#include <jansson.h>

#define CLIENT_TIMEOUT_MS 30000 /* longer than any long poll of a test */

struct client_answer {
    int status; /* 0: none came, `error` says why */
    char *body; /* NUL follows; never NULL */
    size_t body_len;
    char *headers; /* as they came */
    json_t *json;  /* of the body; NULL where it is none */
    char error[256];
};

/* `headers` ("Name: value", ended by NULL) and `body` may be NULL. */
struct client_answer client_send(const char *method, const char *url,
                                 const char *const *headers, const char *body);
void client_answer_close(struct client_answer *answer);

/* The same with JSON as body; the test fails where the status differs. */
json_t *client_expect(int status, const char *method, const char *url,
                      const char *const *headers, const char *body);

/* Sends bytes as they are to 127.0.0.1, half-closes, and reads until the other
 * side closes. The caller frees the answer. */
char *client_raw(unsigned port, const char *bytes, size_t len);

#endif
