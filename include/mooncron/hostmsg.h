/* What the daemon and a script host say to each other.
 *
 * The host's life: it says HELLO, gets one LOAD, answers with FILE, ZONE,
 * GROUP, CALENDAR, JOB and MISTAKE in any number, then LOADED; from then on it
 * gets START for runs of scripted jobs and asks with REQUEST and SLEEP, one at
 * a time a run, until it says ENDED. When its socket closes it leaves. Runs are
 * named by the daemon's numbers; an answer to a run that has ended is dropped.
 * A host that hangs is asked by a signal where it is: AT is its last word. */
#ifndef MOONCRON_HOSTMSG_H
#define MOONCRON_HOSTMSG_H

#include "mooncron/jobset.h"
#include "mooncron/mistake.h"
#include "mooncron/wire.h"

enum host_message {
    /* to the host */
    HOST_LOAD = 1,
    HOST_START,
    HOST_RESPONSE, /* to a REQUEST */
    HOST_WAKE,     /* to a SLEEP */
    HOST_CANCEL,   /* the run is over for the daemon; ENDED says it was heard,
                    * unless the run's own ENDED had left before */
    /* from the host */
    HOST_HELLO = 32,
    HOST_FILE,
    HOST_GROUP,
    HOST_JOB,
    HOST_MISTAKE,
    HOST_LOADED,
    HOST_REQUEST,
    HOST_SLEEP,
    HOST_LOG,
    HOST_ENDED,
    HOST_ZONE, /* that the whole set is shown in; at most one */
    HOST_CALENDAR,
    HOST_AT, /* where it hangs; it ends itself behind this */
};

/* Version of this page; HELLO carries it, and one that differs is refused. */
#define HOST_PROTOCOL 6

struct host_load {
    const char *path;        /* of the schedule file, as the user named it */
    const char *environment; /* in force; never "" */
    const char *settings;    /* JSON object */
    const char *zones;       /* folder of TZif files */
    struct wall now; /* when: functions of schedules are asked from there */
    bool enable_jobs;
    /* "NAME=value" each: what env "NAME" may read. A name without "=" is
     * allowed but not set. */
    const char *const *vars;
    uint32_t var_count;
};

struct host_start {
    uint64_t run;
    uint32_t function;
    const char *job;       /* name */
    const char *run_text;  /* ctx.run_id */
    const char *trigger;   /* "schedule" ... */
    const char *scheduled; /* RFC 3339 */
    const char *error; /* what a hook is told of the run; "" for none, and for
                        * runs */
    uint32_t attempt;  /* from 1 */
};

struct host_response {
    uint64_t run;
    uint32_t status;     /* 0: no answer came, `failure` says why */
    const char *failure; /* "" or a sentence */
    const char *code;    /* "" or "timeout", "refused", "network", ... */
    const char *headers; /* "name: value\n" each, names in lower case */
    struct slice body;
    uint32_t took_ms;
};

struct host_request {
    uint64_t run;
    uint8_t method;      /* enum method */
    const char *url;     /* "/path" below BACKEND_URL, or absolute */
    const char *headers; /* "Name: value\n" each */
    struct slice body;   /* with has_body */
    bool has_body;
    uint32_t timeout_ms;
};

enum host_log_level { HOST_DEBUG, HOST_INFO, HOST_WARN, HOST_ERROR };

struct host_log {
    uint64_t run; /* 0: while loading */
    uint8_t level;
    const char *message;
    const char *fields; /* JSON object, or "" */
};

struct host_ended {
    uint64_t run;
    bool ok;
    const char *failure; /* "" or a sentence with file and line */
};

/* The rules of a job as they came: room for the lists that `spec` points to.
 * What it says is checked by rules_new(), not here. */
struct host_rules {
    bool there;
    const char *zone;                           /* its name */
    struct rules_spec spec;                     /* without `calendars` */
    uint32_t calendars[SCHEDULE_CALENDARS_MAX]; /* by index of the set */
    struct term terms[SCHEDULE_TERMS_MAX];
    int64_t slots_ms[LIST_SLOTS_MAX]; /* of the one list that a job may have */
};

struct host_loaded {
    bool ok; /* false: at least one MISTAKE came before */
    uint32_t jobs;
    uint32_t mistakes; /* with those that were not sent */
    const char
        *default_file;     /* of the rule whose `default` was used: no rule */
    uint32_t default_line; /* names the environment; "" and 0: it was not */
};

/* The innermost line of Lua that a host was at. */
struct host_at {
    const char *file;
    uint32_t line;
    const char *source; /* text of that line, "" where the host has none */
};

/* An AT is never longer, so that a signal handler can write it into memory that
 * is there already. */
#define HOST_AT_MAX 1024

/* Each writes one whole frame at the end of `out`; false where it got too
 * long. Each reader wants a reader just opened on a frame of its type and says
 * false where the frame is not of its form. Read strings live as long as the
 * frame. */
bool host_put_load(struct text *out, const struct host_load *load);
bool host_put_start(struct text *out, const struct host_start *start);
bool host_put_response(struct text *out, const struct host_response *r);
bool host_put_wake(struct text *out, uint64_t run);
bool host_put_cancel(struct text *out, uint64_t run);
bool host_put_hello(struct text *out);
bool host_put_file(struct text *out, const struct file_stamp *stamp);
bool host_put_group(struct text *out, const struct group *group);
/* Calendars of the job's rules are written as indexes into `calendars`, where
 * each must be. */
bool host_put_job(struct text *out, const struct job *job,
                  const struct calendar *const *calendars, uint32_t count);
bool host_put_zone(struct text *out, const char *name);
bool host_put_calendar(struct text *out, const struct calendar *calendar);
bool host_put_mistake(struct text *out, const struct mistake *mistake);
bool host_put_loaded(struct text *out, const struct host_loaded *loaded);
bool host_put_request(struct text *out, const struct host_request *request);
bool host_put_sleep(struct text *out, uint64_t run, uint64_t sleep_ms);
bool host_put_log(struct text *out, const struct host_log *log);
bool host_put_ended(struct text *out, const struct host_ended *ended);
bool host_put_at(struct text *out, const struct host_at *at);

/* `vars` points into `var_space`, which holds up to `var_max`. */
bool host_get_load(struct wire_reader *in, struct host_load *ret,
                   const char **var_space, uint32_t var_max);
bool host_get_start(struct wire_reader *in, struct host_start *ret);
bool host_get_response(struct wire_reader *in, struct host_response *ret);
/* WAKE and CANCEL. */
bool host_get_run(struct wire_reader *in, uint64_t *ret_run);
bool host_get_hello(struct wire_reader *in, uint32_t *ret_protocol);
bool host_get_file(struct wire_reader *in, struct file_stamp *ret);
bool host_get_group(struct wire_reader *in, struct group *ret);
/* The job has no rules yet: they are made from `ret_rules`. */
bool host_get_job(struct wire_reader *in, struct job *ret,
                  struct host_rules *ret_rules);
bool host_get_zone(struct wire_reader *in, const char **ret_name);
/* The days are the caller's, who frees them; NULL where false. */
bool host_get_calendar(struct wire_reader *in, struct calendar *ret,
                       int32_t **ret_days);
bool host_get_mistake(struct wire_reader *in, struct mistake *ret);
bool host_get_loaded(struct wire_reader *in, struct host_loaded *ret);
bool host_get_request(struct wire_reader *in, struct host_request *ret);
bool host_get_sleep(struct wire_reader *in, uint64_t *ret_run,
                    uint64_t *ret_sleep_ms);
bool host_get_log(struct wire_reader *in, struct host_log *ret);
bool host_get_ended(struct wire_reader *in, struct host_ended *ret);
bool host_get_at(struct wire_reader *in, struct host_at *ret);

#endif
