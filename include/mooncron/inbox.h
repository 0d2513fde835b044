/* Where civetweb's threads leave what they want and wait for the loop's word.
 *
 * A foreign thread only posts: it never sees the core, Lua or libcurl. */
#ifndef MOONCRON_INBOX_H
#define MOONCRON_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/core.h"
#include "mooncron/error.h"

struct uv_loop_s;
struct inbox;

#define INBOX_ASKS_MAX                                                         \
    64 /* more are answered 503: the worker is not coping                      \
        */
#define CHANGED_BY_MAX 128

struct ask {
    uint64_t id; /* 0: nobody waits, as after inbox_ask() found it full */
    enum ask_cause cause;
    bool force;
    struct claim_of_change claim;
    char changed_by[CHANGED_BY_MAX + 1]; /* printable; "" where not said */
};

/* What the loop says to an ask. */
struct word {
    bool answered; /* false: the time was up */
    struct reload_report report;
    char *message; /* for failures: a sentence, then every mistake; or NULL */
};

/* What /healthz and /readyz say; set by the loop, read by any thread. */
struct health {
    bool ready;
    char line[256]; /* one line, without newline */
};

/* `arrived` is called on the loop when asks are waiting. */
struct inbox *inbox_new(struct uv_loop_s *loop, void (*arrived)(void *data),
                        void *data, struct error *reterr);
/* Every waiting thread is let go with answered = false. Two steps: after
 * inbox_close() the loop must run once more, and every foreign thread must have
 * ended before inbox_free(). */
void inbox_close(struct inbox *inbox);
void inbox_free(struct inbox *inbox);

/* Any thread. Waits at most `timeout_ms`; false where the inbox is full (the
 * loop hears that somebody asked, not what) or closed. word->message is the
 * caller's to free. */
bool inbox_ask(struct inbox *inbox, struct ask *ask, uint32_t timeout_ms,
               struct word *ret_word);

/* Loop thread: the next ask, oldest first; false where there is none. */
bool inbox_take(struct inbox *inbox, struct ask *ret);
/* Loop thread: an ask whose thread has given up is fine. */
void inbox_answer(struct inbox *inbox, uint64_t id,
                  const struct reload_report *report, const char *message);

void inbox_set_health(struct inbox *inbox, const struct health *health);
struct health inbox_health(struct inbox *inbox);

#endif
