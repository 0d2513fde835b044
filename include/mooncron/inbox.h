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

/* More are answered 503: the worker is not coping. */
#define INBOX_ASKS_MAX 64
/* Of them those that are no reload: people who look must not keep a webhook
 * from being heard. */
#define INBOX_QUESTIONS_MAX 48
#define CHANGED_BY_MAX      128
#define REASON_MAX          200 /* bytes: a sentence */
#define BY_MAX              64

enum ask_kind {
    ASK_RELOAD,
    ASK_ORDER,  /* an operator wants something of a job */
    ASK_STATUS, /* of all jobs, or of one */
    ASK_RUNS,   /* the history of a job, or of all */
    ASK_RUN,    /* one run */
    ASK_WHY,    /* what happened, or will, at an instant */
    ASK_PLAN,   /* what will run, and when */
    ASK_METRICS,
};

/* An order, with strings of its own; struct order says what the fields mean. */
struct ask_order {
    enum order_verb verb;
    bool force, dry_run;
    bool yes;       /* VERB_BACKFILL: however many slots it is */
    bool cancel;    /* likewise: what waits is taken back */
    int64_t for_ms; /* VERB_PAUSE: from now on */
    struct wall from, to;
    char by[BY_MAX + 1], reason[REASON_MAX + 1]; /* printable, or "" */
};

struct ask_runs {
    struct wall from, to; /* slots, both included */
    uint32_t verdicts;    /* bits; 0: all */
    uint32_t limit;
};

struct ask {
    uint64_t id; /* 0: nobody waits, as after inbox_ask() found it full */
    enum ask_kind kind;
    char job[JOB_NAME_MAX + 1]; /* of all but ASK_RELOAD; "": every one */
    union {
        struct { /* ASK_RELOAD */
            enum ask_cause cause;
            bool force;
            struct claim_of_change claim;
            char changed_by[CHANGED_BY_MAX + 1]; /* printable; or "" */
        };
        struct ask_order order; /* ASK_ORDER */
        struct ask_runs runs;   /* ASK_RUNS */
        struct run_key key;     /* ASK_RUN */
        struct wall at;         /* ASK_WHY; NEVER_MS: now */
        int64_t horizon_ms;     /* ASK_PLAN; 0: a day, of which the next two
                                 * slots of each job are told */
    };
};

/* What the loop says to an ask. */
struct word {
    bool answered; /* false: the time was up */
    /* to a reload */
    struct reload_report report;
    char *message; /* for failures: a sentence, then every mistake; or NULL */
    /* to the others */
    int status;   /* of HTTP */
    char *json;   /* the whole answer; to ASK_METRICS no JSON but their text */
    uint64_t tag; /* equal where the answers say the same; 0: not known */
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

/* Any thread. Waits at most `timeout_ms`; false where the inbox is full or
 * closed. Of a reload the loop hears even so that somebody asked, not what; and
 * one that nobody waits for any more is still done. Another ask that was not
 * taken in its time is dropped. word->message and word->json are the caller's
 * to free. */
bool inbox_ask(struct inbox *inbox, struct ask *ask, uint32_t timeout_ms,
               struct word *ret_word);

/* Loop thread: the next ask, oldest first; false where there is none. */
bool inbox_take(struct inbox *inbox, struct ask *ret);
/* Loop thread: an ask whose thread has given up is fine. */
void inbox_answer(struct inbox *inbox, uint64_t id,
                  const struct reload_report *report, const char *message);
/* The same to an ask that is no reload. `json` is the inbox's from now on. */
void inbox_tell(struct inbox *inbox, uint64_t id, int status, char *json,
                uint64_t tag);
/* Loop thread: what was taken under this id; false where nobody waits any
 * more. */
bool inbox_recall(struct inbox *inbox, uint64_t id, struct ask *ret);

void inbox_set_health(struct inbox *inbox, const struct health *health);
struct health inbox_health(struct inbox *inbox);

#endif
