/* The stand-in for the backend, inside a test, and how a test talks to it. */
#ifndef TESTS_STAND_H
#define TESTS_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define STAND_ADMIN_KEY  "admin-key-of-the-tests"
#define STAND_EDITOR_KEY "editor-key-of-the-tests"
#define STAND_SECRET     "webhook-secret-of-the-tests"

struct backend;

struct stand {
    struct backend *backend;
    char origin[64];
};

/* `environment` may be NULL. */
void stand_start(struct stand *stand, bool enable_jobs,
                 const char *environment);
/* The same on a port of one's choice. */
void stand_start_at(struct stand *stand, uint16_t port, bool enable_jobs,
                    const char *environment);
void stand_stop(struct stand *stand); /* twice is fine */

/* Changes Settings as an admin; `query` is "" or "?commit_ms=…". Returns the
 * answer, with what the webhook said: a reference of the caller's. */
json_t *stand_change(const struct stand *stand, const char *query,
                     const char *settings);

/* Sets a fault; `times` 0 means always. */
void stand_fault(const struct stand *stand, const char *path, const char *kind,
                 int64_t ms, int64_t times);
/* Answers of `path` have this body from now on. */
void stand_body(const struct stand *stand, const char *path, const char *body);
/* No faults any more; who hangs is let go. */
void stand_calm(const struct stand *stand);

/* The number of the newest call; 0 before the first. */
int64_t stand_last(const struct stand *stand);
/* All calls after `seq`, an array, once `count` of them exist; the test fails
 * where they do not come in `timeout_ms`. `fetches` asks for the requests for
 * Settings in place of the jobs' calls. */
json_t *stand_calls(const struct stand *stand, int64_t seq, int64_t count,
                    int64_t timeout_ms);
json_t *stand_fetches(const struct stand *stand, int64_t seq, int64_t count,
                      int64_t timeout_ms);

/* Waits for one more call of `job` after `seq` and returns its number. */
int64_t stand_await_job(const struct stand *stand, int64_t seq, const char *job,
                        int64_t timeout_ms);

#endif
