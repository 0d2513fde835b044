/* What the daemon is made of. Shared by daemon.c, tidings.c and deeds.c, where
 * news comes up as events, the core is stepped, its actions are carried out;
 * and by those who answer what is asked of it. */
#ifndef MOONCRON_DAEMON_PARTS_H
#define MOONCRON_DAEMON_PARTS_H

#include <uv.h>

#include "clerk.h"
#include "daemon.h"
#include "generations.h"
#include "metrics.h"
#include "mooncron/clock.h"
#include "mooncron/core.h"
#include "mooncron/inbox.h"
#include "mooncron/zones.h"
#include "recent.h"
#include "records.h"
#include "source.h"
#include "traffic.h"

/* An event that waits for its step, and why it is what it is, for the log. */
struct pending {
    struct event event;
    char *why; /* owned; or NULL */
};

/* What made us load the file. */
enum loaded_by {
    LOADED_BY_START,
    LOADED_BY_POLL, /* Settings were found to be others, or a list has ended */
    LOADED_BY_WEBHOOK,
    LOADED_BY_COMMAND,
    LOADED_BY_SIGNAL,
    LOADED_BY_ZONES,  /* other time zone data */
    LOADED_BY_SCRIPT, /* the script host had died */
    LOADED_BYS,
};
extern const char *const loaded_by_names[LOADED_BYS]; /* "start" ... */

/* What a generation was, or is being, loaded with. */
struct loaded_with {
    uint32_t generation;
    enum loaded_by by;
    char who[CHANGED_BY_MAX + 1]; /* printable; or "" */
    bool enable_jobs;
    char environment[ENVIRONMENT_MAX + 1];
    uint64_t digest;
};

#define DAEMON_SIGNALS 3 /* that are heard */

struct daemon {
    const struct daemon_options *options;
    const struct config *config;
    struct clock clock;
    struct log *log;
    uv_loop_t loop;
    uv_prepare_t turn; /* writes the log before the loop sleeps */
    uv_signal_t signals[DAEMON_SIGNALS];
    struct alarm *alarm;
    struct generations *generations;
    struct zones *zones;
    struct http *http;
    struct traffic *traffic;
    struct source *source;
    struct records *records; /* NULL in a dry run */
    struct recent *recent;
    struct metrics *metrics;
    struct clerk *clerk;
    uint64_t turned_ns, slept_ns; /* as they were at the last turn */
    bool remembering;          /* the store is still asked for what is recent */
    const struct ask *order;   /* the one that is carried out, or NULL */
    struct order_report probe; /* what a dry run in front of it came to */
    uint64_t backfills;        /* that were ordered in earnest */
    struct inbox *inbox;
    struct server *server;
    char *token;     /* the admin token that we made up, or NULL */
    bool token_owed; /* it could not be written yet */

    struct core *core;
    struct update update;
    struct pending *queue;
    size_t queue_first, queue_count, queue_cap;
    bool stepping, closing;
    bool ends_itself; /* as if somebody had told it to stop */
    unsigned stops;

    struct loaded_with loading, in_force;
    bool asked; /* for a load, which has not begun yet; by the newest: */
    enum loaded_by asked_by;
    char asked_who[CHANGED_BY_MAX + 1];
    char *fetch_failure, *load_failure; /* what the last asker is told */
    int exit_code;
};

/* daemon.c: steps the core with the event, now or when the step that runs has
 * ended; `why` is copied, and may be NULL. */
void daemon_post(struct daemon *d, const struct event *event, const char *why);
/* An attempt of a run has ended, or was accepted. */
void daemon_post_answer(struct daemon *d, struct run_id run,
                        const struct judgement *judgement);
/* One has ended without an answer of HTTP. */
void daemon_post_end(struct daemon *d, struct run_id run, enum verdict verdict,
                     enum cause cause, const char *why);
/* Writes the admin token where it could not be written before: a disk that was
 * full may have room. */
void daemon_publish_late(struct daemon *d);
/* Each part closes in its own time; the loop ends with the last of them. */
void daemon_close(struct daemon *d);

/* deeds.c: carries out what the core decided. */
void deed_do(struct daemon *d, const struct action *act, const char *why);

/* tidings.c: what the parts below call; `data` is the daemon. */
extern const struct generation_events tidings_of_generations;
extern const struct traffic_events tidings_of_traffic;
extern const struct records_events tidings_of_records;
void tidings_of_source(void *data, enum fetch_outcome outcome,
                       const struct facts *facts, const char *failure);
void tidings_of_inbox(void *data);
void tidings_of_signal(uv_signal_t *handle, int number);

#endif
