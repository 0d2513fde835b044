/* A jobset is what one load of the schedule file declared: immutable once
 * sealed, counted, and shared by the core, the planner and the HTTP side.
 *
 * Words. A *job* is a declaration: when, and what to call. A *slot* is one
 * nominal instant at which a job is due. A *generation* is one jobset, the
 * Settings it was loaded with and the script host that holds its functions. */
#ifndef MOONCRON_JOBSET_H
#define MOONCRON_JOBSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/instant.h"
#include "mooncron/schedule.h"
#include "mooncron/verdict.h"

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE };
extern const char *const method_names[4]; /* "GET" ... */

/* What happens to a slot that comes while a run of the job still goes on. */
enum overlap {
    OVERLAP_SKIP,   /* it is passed over */
    OVERLAP_QUEUE,  /* one waits; more are passed over */
    OVERLAP_ALLOW,  /* it runs beside it, up to `overlap_max` runs */
    OVERLAP_CANCEL, /* the run that goes on is cancelled for it */
};
extern const char *const overlap_names[4]; /* "skip" ... */

/* What a failed attempt is followed by. The pause before attempt n + 1 is
 * chosen at random up to backoff * 2^(n - 1), at most backoff_max: full jitter.
 */
struct retry {
    uint32_t attempts; /* in all, the first included; 1: none is repeated */
    uint32_t backoff_ms, backoff_max_ms;
    uint16_t on; /* bit 1 << enum cause: after these only */
};
#define RETRY_ATTEMPTS_MAX   100
#define RETRY_BACKOFF_MS_MAX (24 * 3600 * 1000) /* longer is a schedule */
#define RETRY_ON_USUAL                                                         \
    (1u << CAUSE_NETWORK | 1u << CAUSE_TIMEOUT | 1u << CAUSE_BUSY |            \
     1u << CAUSE_SERVER | 1u << CAUSE_SCRIPT)

/* What becomes of slots that were due while nothing could run them. */
struct catch_up {
    int64_t window_ms; /* a slot later than this is missed; 0: none is run */
    uint32_t max;      /* so many at most; 1: "once", the newest */
};
#define CATCH_UP_SLOTS_MAX     1000 /* of a job: more is a backfill */
#define CATCH_UP_WINDOW_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)

/* Why a declared job has no slots in this generation. */
enum standing {
    STANDING_SCHEDULED,
    STANDING_DISABLED,    /* enabled = false in the file */
    STANDING_ENVIRONMENT, /* `only` does not list this environment */
    STANDING_JOBS_OFF,    /* enableJobs is off in Settings, job not `always` */
};

/* Most a file may declare: ids are 32 bits wide, and at some 300 bytes a job
 * this is 300 MB, the most a scheduler of this kind should ask of a host. */
#define JOBSET_JOBS_MAX      1000000
#define JOBSET_GROUPS_MAX    1024
#define JOBSET_CALENDARS_MAX 1024
#define JOB_NAME_MAX         128 /* bytes; [A-Za-z0-9] then also . _ : - */
#define JOB_NO_GROUP         UINT32_MAX
#define EVERY_MS_MIN         1000 /* shorter is a mistake of unit, not a job */

struct job {
    const char *name;
    const char *target;  /* "/path?query", or an absolute URL; "" if scripted */
    const char *body;    /* JSON text; "" sends none (GET), never NULL */
    const char *headers; /* "Name: value\n" each, or "" */
    const char *file;    /* as the user named it, with `line` */
    const char *label;   /* what tells this target apart in a table, or "" */
    const char *origin; /* "https://host:port" of the target; "": BACKEND_URL's,
                         * or the job is scripted */
    const char *heartbeat;    /* URL that each ok run is told to, or "" */
    struct schedule schedule; /* already multiplied */
    int64_t base_every_ms;    /* as written; 0: there is no `every` */
    double multiplier;        /* 0: the job is not scaled */
    uint64_t digest; /* of all that matters to slots and runs, not of `line` */
    uint32_t line;
    uint32_t timeout_ms;
    uint32_t group;    /* index, or JOB_NO_GROUP */
    uint32_t function; /* id in the script host; 0: a declared job */
    uint32_t on_failure, on_success, on_recover; /* functions; 0: none */
    uint32_t alert_after; /* failures in a row before on_failure; >= 1 */
    uint32_t overlap_max; /* of OVERLAP_ALLOW; 0: as many as come */
    uint32_t max_runs;    /* in the job's life; 0: no end */
    int64_t min_gap_ms;   /* from the start of one run to that of the next */
    int64_t deadline_ms;  /* for all attempts and polls of a run; 0: none */
    struct retry retry;
    struct catch_up catch_up;
    bool catch_up_said; /* by the file, be it that none is wanted */
    uint8_t method;     /* enum method */
    uint8_t overlap;    /* enum overlap */
    uint8_t standing;   /* enum standing */
    bool always;
};

struct group {
    const char *name;
    uint32_t limit; /* runs at once, >= 1 */
};

/* One file that a load read, as it was then; two equal stamps mean that
 * nobody has written the file between. */
struct file_stamp {
    const char *path;
    uint64_t device, inode;
    int64_t bytes, modified_ns, changed_ns;
};

struct jobset;

/* Born with one reference, open for adding. Never NULL. */
struct jobset *jobset_new(void);
struct jobset *jobset_ref(struct jobset *set);

/* Gives a reference back; the last one frees. NULL is fine. */
void jobset_unref(struct jobset *set);

/* Adding copies every string. Groups and calendars come before the jobs that
 * name them. `digest` is computed here; the rules of a schedule are the set's
 * from then on. False where a limit above is reached, the name is taken, or a
 * group index is none: nothing is added then, and the rules are still the
 * caller's. */
bool jobset_add(struct jobset *set, const struct job *job);
bool jobset_add_group(struct jobset *set, const char *name, uint32_t limit);
/* The calendar, which lives as long as the set; NULL at the limit. The days are
 * copied. */
const struct calendar *jobset_add_calendar(struct jobset *set,
                                           const struct calendar *calendar);
void jobset_add_file(struct jobset *set, const struct file_stamp *stamp);
/* The rule whose `default` was used, because no rule names the environment. */
void jobset_set_default_rule(struct jobset *set, const char *file,
                             uint32_t line);
/* The zone that people who look at the whole set are shown times in; the
 * reference is taken. UTC where nobody says another. */
void jobset_set_zone(struct jobset *set, struct zone *zone);

/* After this the set never changes. */
void jobset_seal(struct jobset *set);

uint32_t jobset_count(const struct jobset *set);
uint32_t jobset_scheduled(const struct jobset *set);
const struct job *jobset_job(const struct jobset *set, uint32_t index);
uint32_t jobset_group_count(const struct jobset *set);
const struct group *jobset_group(const struct jobset *set, uint32_t index);
uint32_t jobset_calendar_count(const struct jobset *set);
const struct calendar *jobset_calendar(const struct jobset *set,
                                       uint32_t index);
/* Line 0: none was. */
const char *jobset_default_rule(const struct jobset *set, uint32_t *ret_line);
struct zone *jobset_zone(const struct jobset *set);
uint32_t jobset_file_count(const struct jobset *set);
const struct file_stamp *jobset_file(const struct jobset *set, uint32_t index);
/* True where some job runs a function, or has one that is told how its runs
 * ended: only then its host must stay. */
bool jobset_scripted(const struct jobset *set);
/* True where some job's slots are a list that ends: it has to be made anew. */
bool jobset_listed(const struct jobset *set);
double jobset_runs_per_day(const struct jobset *set);
size_t jobset_bytes(const struct jobset *set);

/* The index of the job called `name`, or UINT32_MAX. */
uint32_t jobset_find(const struct jobset *set, const char *name);
/* The same of a job of this or of another set; of this one no name is read. */
uint32_t jobset_index(const struct jobset *set, const struct job *job);
/* The same, where the job is scheduled; `set` may be NULL. */
uint32_t jobset_find_scheduled(const struct jobset *set, const char *name);
/* A run begins some time after its slot. Of the next slot that must not take
 * away so much that it comes too soon: "every 2 s, and 2 s apart" is each. */
#define MIN_GAP_SLACK_MS 1000
/* Until when it is too soon, as far as min_gap goes, for another run after the
 * one that began at `started`; EVER_MS: none has, and for no time at all. */
struct wall job_gap_end(const struct job *job, struct wall started);
/* Whether it is at `at`. A clock that was set back has not seen the start yet.
 */
bool job_too_soon(const struct job *job, struct wall started, struct wall at);

/* What a change of sets means for the people who asked for it. A job counts
 * where it is scheduled; `old` may be NULL. */
struct jobset_diff {
    uint32_t added, changed, removed, unchanged;
};
struct jobset_diff jobset_compare(const struct jobset *old_set,
                                  const struct jobset *new_set);

#endif
