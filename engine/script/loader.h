/* A loader runs the schedule file once and keeps what it declared, and every
 * mistake in it, until the load is over.
 *
 * Lua's own strings may go when their job's table goes, so whatever outlives a
 * declaration is copied into one arena. */
#ifndef SCRIPT_LOADER_H
#define SCRIPT_LOADER_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "mooncron/hostmsg.h"
#include "mooncron/jobset.h"
#include "mooncron/memory.h"
#include "mooncron/mistake.h"
#include "mooncron/zones.h"
#include "source.h"
#include "vm.h"

#define LOAD_BUDGET_NS      INT64_C(2000000000) /* 100 times a large file's need */
#define RULES_MAX           64                  /* nobody reads more */
#define ONLY_MAX            32
#define PHASE_AUTO          (-1)
#define TIMEOUT_MS          30000 /* where the file says none */
#define RETRY_ATTEMPTS      3     /* likewise, in all */
#define RETRY_BACKOFF_MS    5000
#define RETRY_BACKOFF_TO_MS 60000
#define TIMEOUT_MS_MAX      (INT64_C(24) * 3600 * 1000) /* a run of a day hangs */

/* How runs of a job go together, are repeated, made up for and told of. */
struct policies {
    uint8_t overlap;
    uint32_t overlap_max;
    struct retry retry;
    struct catch_up catch_up;
    bool catch_up_said; /* by the file, be it `false` */
    int64_t deadline_ms, min_gap_ms;
    uint32_t max_runs, alert_after;
    uint32_t on_failure, on_success, on_recover; /* functions; 0: none */
    const char *heartbeat;                       /* or "" */
};

/* What defaults may set, and what a job begins with. */
struct standards {
    int64_t phase_ms;
    uint32_t timeout_ms;
    struct policies policies;
    const char *headers;
    struct when *when; /* NULL: nothing was said of time */
};

/* What was declared, before the rules have been asked. */
struct decl {
    const char *name;
    const char *file;
    uint32_t line;
    bool called; /* its table came */
    bool sound;  /* and is worth sending */
    bool always, enabled, has_target;
    uint8_t method;
    uint32_t timeout_ms, function;
    struct policies policies;
    const char *target, *query, *body, *headers, *label, *group;
    int64_t every_ms, phase_ms;
    struct when *when; /* NULL: a plain `every`; see when.h */
    struct when *base; /* the defaults', which `when` may still be */
    bool phase_said;   /* by the job itself */
    bool nth;          /* scale = "nth" */
    bool scaled;       /* by the rules */
    double scale;      /* where not: by this; 0: not at all */
    const char **only;
    uint32_t only_count;
};

struct group_decl {
    const char *name, *file;
    uint32_t line, limit;
    bool called;
};

/* A rule of multipliers: a table or a function, kept in the registry. */
struct rule {
    int ref;
    bool is_function;
    const char *file;
    uint32_t line;
};

struct loader {
    struct vm *vm;
    const struct host_load *load;
    struct arena arena;
    struct sources sources;
    struct mistakes mistakes;
    struct text text; /* for building one string at a time */

    struct standards standards;
    struct decl *decls;
    uint32_t decl_count, decl_cap;
    struct group_decl *groups;
    uint32_t group_count;
    struct calendar_decl *calendars; /* see when.h */
    uint32_t calendar_count;
    const struct calendar **own_days; /* that jobs named themselves */
    uint32_t own_days_count;
    struct zones *zones;
    struct host_rules *room; /* for one job at a time */
    struct rule rules[RULES_MAX];
    const struct rule *default_rule; /* whose `default` answered; or NULL */
    uint32_t rule_count;
    const char **environments; /* that the file knows of */
    uint32_t environment_count;
    uint32_t functions; /* ids given out */
    struct file_stamp stamps[SOURCES_MAX];
    char *folder; /* real path of the schedule file's; NULL before it is read */
    bool partial; /* a file was not read to its end: what the rest would have
                   * declared is not known */
};

/* Runs the file of `load` and writes FILE, GROUP and JOB, or MISTAKE, and
 * LOADED at the end of `out`. `flush` is called whenever there is much in it.
 */
void loader_run(struct loader *loader, struct vm *vm,
                const struct host_load *load, struct text *out,
                void (*flush)(void *data), void *data);
void loader_close(struct loader *loader);

const char *loader_keep(struct loader *loader, const char *string);
/* A name that `only` may list from now on. */
void loader_know_environment(struct loader *loader, const char *name);
/* What a name of an environment is probably a slip for: one of those that
 * everybody has, or NULL. The one in force is no slip. */
const char *loader_slip(const struct loader *loader, const char *name);

/* The loader of a state while a file is loaded, else NULL. */
struct loader *loader_of(lua_State *L);

/* file.c: reads a file of the schedule and compiles it: the function is on the
 * stack. False: it was blamed on file and line, or on the whole file where
 * `line` is 0. `path` is as the user will see it. */
bool loader_compile(struct loader *loader, const char *path, const char *file,
                    uint32_t line);

/* resolve.c: asks the rules, finds the groups, checks environments. */
void loader_resolve(struct loader *loader);
/* The factor and the slots of a decl; false: it was blamed. The rules of the
 * schedule are the caller's. */
bool loader_schedule(struct loader *loader, const struct decl *decl,
                     struct schedule *ret_schedule, double *ret_multiplier);
/* What can scale: a finite number above 0. */
bool factor_is_good(double factor);
/* An interval that was multiplied, and its phase; false: it was blamed. */
bool loader_lattice(struct loader *loader, const struct decl *decl,
                    int64_t every_ms, int64_t phase_ms, double factor,
                    int64_t *ret_every_ms, int64_t *ret_phase_ms);

#endif
