/* An option here takes the place of the defaults' as a whole; only what `retry`
 * leaves open is theirs. */
#include "take_policy.h"

#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "mooncron/duration.h"
#include "url.h"

#define CATCH_UP_SLOTS  10 /* of policy = "all", where nobody says how many */
#define CATCH_UP_MS_MIN 1000
#define MIN_GAP_MS_MIN  1000 /* slots are whole seconds */
/* A run of a week hangs, and holds its place in a group all that time. */
#define DEADLINE_MS_MAX (INT64_C(7) * 24 * 3600 * 1000)

struct policies policies_usual(void)
{
    return (struct policies){ .overlap = OVERLAP_SKIP,
                              .retry = { .attempts = RETRY_ATTEMPTS,
                                         .backoff_ms = RETRY_BACKOFF_MS,
                                         .backoff_max_ms = RETRY_BACKOFF_TO_MS,
                                         .on = RETRY_ON_USUAL },
                              .catch_up = { .window_ms = 0, .max = 1 },
                              .alert_after = 1,
                              .heartbeat = "" };
}

bool take_is_false(const struct taker *taker)
{
    return lua_type(taker->L, -1) == LUA_TBOOLEAN &&
           !lua_toboolean(taker->L, -1);
}

/* ---- overlap ---- */

#define OVERLAPS (sizeof overlap_names / sizeof *overlap_names)

struct overlap_said {
    uint8_t policy;
    uint32_t max; /* 0: not said */
};

static void take_overlap_policy(struct taker *taker, const char *key,
                                void *data)
{
    struct overlap_said *said = data;
    take_choice(taker, key, overlap_names, OVERLAPS, &said->policy);
}

static void take_overlap_max(struct taker *taker, const char *key, void *data)
{
    struct overlap_said *said = data;
    take_count(taker, key, 1, UINT32_MAX, &said->max);
}

static void check_overlap(struct taker *taker, const char *key,
                          const struct overlap_said *said)
{
    char label[64];
    const struct advice advice = {
        .label = label,
        .help = "for example  overlap = { policy = \"allow\", max = 3 }"
    };
    snprintf(label, sizeof label, "what happens to the slot?");
    if (said->policy == OVERLAPS)
        taker_blame(taker, "E108", key, SPOT_VALUE, 0, &advice,
                    "`%s` needs `policy`", key);
    else if (said->max && said->policy != OVERLAP_ALLOW) {
        snprintf(label, sizeof label, "\"%s\" has one run at a time",
                 overlap_names[said->policy]);
        taker_blame(taker, "E108", "overlap.max", SPOT_KEY, 0, &advice,
                    "`overlap.max` goes only with `policy = \"allow\"`");
    }
}

void take_overlap(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct option_field fields[] = {
        { "policy", take_overlap_policy }, { "max", take_overlap_max }
    };
    struct overlap_said said = { .policy = OVERLAPS };
    switch (lua_type(taker->L, -1)) {
    case LUA_TSTRING:
        take_choice(taker, key, overlap_names, OVERLAPS, &said.policy);
        break;
    case LUA_TTABLE:
        if (take_fields(taker, key, fields, 2, &said))
            check_overlap(taker, key, &said);
        break;
    default:
        take_type(taker, key, LUA_TTABLE, "a text or a table");
    }
    decl->policies.overlap = said.policy;
    decl->policies.overlap_max = said.max;
}

/* ---- catch_up ---- */

static const char *const catch_up_names[] = { "once", "all" };
enum { CATCH_UP_ONCE, CATCH_UP_ALL };

struct catch_up_said {
    int64_t window_ms; /* 0: not said */
    uint8_t policy;
    uint32_t max; /* 0: not said */
};

static void take_window(struct taker *taker, const char *key, void *data)
{
    struct catch_up_said *said = data;
    take_duration(taker, key, CATCH_UP_MS_MIN, CATCH_UP_WINDOW_MS_MAX,
                  &said->window_ms);
}

static void take_catch_up_policy(struct taker *taker, const char *key,
                                 void *data)
{
    struct catch_up_said *said = data;
    take_choice(taker, key, catch_up_names, 2, &said->policy);
}

static void take_catch_up_max(struct taker *taker, const char *key, void *data)
{
    struct catch_up_said *said = data;
    take_count(taker, key, 1, CATCH_UP_SLOTS_MAX, &said->max);
}

static void check_catch_up(struct taker *taker, const char *key,
                           const struct catch_up_said *said)
{
    const char *const help = "for example  catch_up = { window = \"12h\", "
                             "policy = \"all\", max = 10 }";
    if (!said->window_ms)
        taker_blame(taker, "E108", key, SPOT_VALUE, 0,
                    &(struct advice){ .label = "how late may a slot be run?",
                                      .help = help },
                    "`%s` needs `window`", key);
    else if (said->max && said->policy == CATCH_UP_ONCE)
        taker_blame(taker, "E108", "catch_up.max", SPOT_KEY, 0,
                    &(struct advice){ .label = "\"once\" runs only the newest "
                                               "slot",
                                      .help = help },
                    "`catch_up.max` goes only with `policy = \"all\"`");
}

void take_catch_up(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct option_field fields[] = {
        { "window", take_window },
        { "policy", take_catch_up_policy },
        { "max", take_catch_up_max }
    };
    struct catch_up_said said = { .policy = CATCH_UP_ONCE };
    switch (lua_type(taker->L, -1)) {
    case LUA_TSTRING:
    case LUA_TNUMBER: /* which has no unit */
        take_window(taker, key, &said);
        break;
    case LUA_TTABLE:
        if (take_fields(taker, key, fields, 3, &said))
            check_catch_up(taker, key, &said);
        break;
    default:
        if (!take_is_false(taker))
            take_type(taker, key, LUA_TTABLE, "false, a duration or a table");
    }
    if (!said.max)
        said.max = said.policy == CATCH_UP_ALL ? CATCH_UP_SLOTS : 1;
    decl->policies.catch_up_said = true;
    decl->policies.catch_up = (struct catch_up){ said.window_ms, said.max };
}

/* ---- limits ---- */

/* A duration, or `false` for none. */
static void take_limit(struct taker *taker, const char *key, int64_t min_ms,
                       int64_t max_ms, int64_t *ret_ms)
{
    if (take_is_false(taker))
        *ret_ms = 0;
    else
        take_duration(taker, key, min_ms, max_ms, ret_ms);
}

void take_deadline(struct taker *taker, const char *key, struct decl *decl)
{
    take_limit(taker, key, 1, DEADLINE_MS_MAX, &decl->policies.deadline_ms);
}

void take_min_gap(struct taker *taker, const char *key, struct decl *decl)
{
    take_limit(taker, key, MIN_GAP_MS_MIN, DURATION_MS_MAX,
               &decl->policies.min_gap_ms);
}

void take_max_runs(struct taker *taker, const char *key, struct decl *decl)
{
    take_count(taker, key, 1, UINT32_MAX, &decl->policies.max_runs);
}

/* ---- who is told ---- */

void take_alert_after(struct taker *taker, const char *key, struct decl *decl)
{
    take_count(taker, key, 1, UINT32_MAX, &decl->policies.alert_after);
}

/* `false` is nobody, where the defaults have somebody. */
static void take_hook(struct taker *taker, const char *key, uint32_t *ret_id)
{
    if (take_is_false(taker))
        *ret_id = 0;
    else
        take_function(taker, key, "a function, or false", ret_id);
}

void take_on_failure(struct taker *taker, const char *key, struct decl *decl)
{
    take_hook(taker, key, &decl->policies.on_failure);
}

void take_on_success(struct taker *taker, const char *key, struct decl *decl)
{
    take_hook(taker, key, &decl->policies.on_success);
}

void take_on_recover(struct taker *taker, const char *key, struct decl *decl)
{
    take_hook(taker, key, &decl->policies.on_recover);
}

/* Whether its origin may be called is for the daemon to know, as with every
 * URL. */
void take_heartbeat(struct taker *taker, const char *key, struct decl *decl)
{
    if (!take_type(taker, key, LUA_TSTRING, "a whole URL"))
        return;
    const char *url = lua_tostring(taker->L, -1);
    const char *wrong =
        url_is_whole(url) ? url_path_fault(url) : "must be a whole URL";
    if (!wrong) {
        decl->policies.heartbeat = loader_keep(taker->loader, url);
        return;
    }
    const struct advice advice = {
        .help = "for example  heartbeat = \"https://ping.example/abc\", with "
                "https://ping.example in MOONCRON_ALLOW_HOSTS"
    };
    taker_blame(taker, "E114", key, SPOT_VALUE, 0, &advice, "`%s` %s", key,
                wrong);
}
