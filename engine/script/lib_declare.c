/* Declaring: job and defaults.
 *
 * `job "name"` notes name and line and answers a function that takes the table.
 * Options are rows of one table: the name, who may have it, and what reads it;
 * a Lua table maps names to rows, so that a file of 100,000 jobs compares no
 * strings. */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "declare.h"
#include "ghost.h"
#include "lib.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "take.h"
#include "take_policy.h"
#include "when.h"

/* ---- options ---- */

enum owner { OF_JOB = 1, OF_DEFAULTS = 2 };

typedef void take_option(struct taker *taker, const char *key,
                         struct decl *decl);

static void take_every(struct taker *taker, const char *key, struct decl *decl)
{
    take_duration(taker, key, EVERY_MS_MIN, DURATION_MS_MAX, &decl->every_ms);
}

static void take_phase(struct taker *taker, const char *key, struct decl *decl)
{
    const char *text =
        lua_type(taker->L, -1) == LUA_TSTRING ? lua_tostring(taker->L, -1) : "";
    decl->phase_said = true;
    if (!strcmp(text, "auto"))
        decl->phase_ms = PHASE_AUTO;
    else
        take_duration(taker, key, 0, DURATION_MS_MAX, &decl->phase_ms);
}

static void take_timeout(struct taker *taker, const char *key,
                         struct decl *decl)
{
    int64_t ms = decl->timeout_ms;
    take_duration(taker, key, 1, TIMEOUT_MS_MAX, &ms);
    decl->timeout_ms = (uint32_t)ms;
}

/* get, post, put, delete; the second target is one too many. */
static void take_method(struct taker *taker, const char *key, struct decl *decl,
                        enum method method)
{
    if (decl->has_target) {
        const struct advice advice = {
            .help = "a job has one target, or one function: make two jobs"
        };
        taker_blame(taker, "E108", key, SPOT_KEY, 0, &advice,
                    "`%s` is a second target", key);
        return;
    }
    decl->has_target = true;
    decl->method = (uint8_t)method;
    take_target(taker, key, &decl->target);
}

static void take_get(struct taker *taker, const char *key, struct decl *decl)
{
    take_method(taker, key, decl, METHOD_GET);
}

static void take_post(struct taker *taker, const char *key, struct decl *decl)
{
    take_method(taker, key, decl, METHOD_POST);
}

static void take_put(struct taker *taker, const char *key, struct decl *decl)
{
    take_method(taker, key, decl, METHOD_PUT);
}

static void take_delete(struct taker *taker, const char *key, struct decl *decl)
{
    take_method(taker, key, decl, METHOD_DELETE);
}

static void take_run(struct taker *taker, const char *key, struct decl *decl)
{
    take_function(taker, key, "a function", &decl->function);
}

static void take_body_of(struct taker *taker, const char *key,
                         struct decl *decl)
{
    take_body(taker, key, &decl->body, &decl->label);
}

static void take_query_of(struct taker *taker, const char *key,
                          struct decl *decl)
{
    take_query(taker, key, &decl->query);
}

static void take_headers_of(struct taker *taker, const char *key,
                            struct decl *decl)
{
    take_headers(taker, key, &decl->headers);
}

static void take_group(struct taker *taker, const char *key, struct decl *decl)
{
    take_string(taker, key, &decl->group);
}

static void take_always(struct taker *taker, const char *key, struct decl *decl)
{
    take_bool(taker, key, &decl->always);
}

static void take_enabled(struct taker *taker, const char *key,
                         struct decl *decl)
{
    take_bool(taker, key, &decl->enabled);
}

static void take_only(struct taker *taker, const char *key, struct decl *decl)
{
    take_names(taker, key, &decl->only, &decl->only_count);
}

static void blame_factor(struct taker *taker, const char *key)
{
    char buffer[64];
    taker_blame(taker, "E160", key, SPOT_VALUE, 0, NULL,
                "`%s` must be a finite number above 0, found %s", key,
                take_found(taker->L, buffer));
}

static void know_environment(struct taker *taker, const char *key,
                             const char *name)
{
    const char *near = loader_slip(taker->loader, name);
    if (!near) {
        loader_know_environment(taker->loader, name);
        return;
    }
    char label[96];
    snprintf(label, sizeof label, "did you mean `%s`?", near);
    taker_blame(taker, "E106", key, SPOT_VALUE, 0,
                &(struct advice){ .label = label },
                "unknown environment \"%.64s\"", name);
}

/* A table has factors for the environments it names; the rules answer for the
 * rest, unless it has a default. */
static void take_scale_table(struct taker *taker, const char *key,
                             struct decl *decl)
{
    lua_State *L = taker->L;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (!name || lua_type(L, -1) != LUA_TNUMBER ||
            !factor_is_good(lua_tonumber(L, -1)))
            blame_factor(taker, key);
        else if (strcmp(name, "default") != 0)
            know_environment(taker, key, name);
        lua_pop(L, 1);
    }
    lua_getfield(L, -1, taker->loader->load->environment);
    if (lua_isnil(L, -1))
        lua_getfield(L, -2, "default");
    else
        lua_pushvalue(L, -1);
    if (!lua_isnil(L, -1)) {
        decl->scaled = false;
        decl->scale = lua_tonumber(L, -1);
    }
    lua_pop(L, 2);
}

static void take_scale_word(struct taker *taker, const char *key,
                            struct decl *decl)
{
    static const char *const words[] = { "nth" };
    uint8_t word = 1;
    take_choice(taker, key, words, 1, &word);
    decl->nth = word == 0;
}

static void take_scale(struct taker *taker, const char *key, struct decl *decl)
{
    lua_State *L = taker->L;
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        decl->scaled = lua_toboolean(L, -1);
        return;
    case LUA_TNUMBER:
        decl->scaled = false;
        decl->scale = lua_tonumber(L, -1);
        if (!factor_is_good(decl->scale))
            blame_factor(taker, key);
        return;
    case LUA_TTABLE:
        take_scale_table(taker, key, decl);
        return;
    case LUA_TSTRING:
        take_scale_word(taker, key, decl);
        return;
    default:
        take_type(taker, key, LUA_TTABLE,
                  "a boolean, a number, a table or \"nth\"");
    }
}

static void take_tags(struct taker *taker, const char *key, struct decl *decl)
{
    const char **tags;
    uint32_t count;
    (void)decl;
    take_names(taker, key, &tags, &count);
}

static void take_description(struct taker *taker, const char *key,
                             struct decl *decl)
{
    (void)decl;
    take_type(taker, key, LUA_TSTRING, "a text");
}

static const struct option {
    const char *name;
    unsigned owners;
    take_option *take;
} options[] = {
    { "every", OF_JOB, take_every },
    { "cron", OF_JOB, take_cron },
    { "at", OF_JOB, take_at },
    { "any", OF_JOB, take_any },
    { "next", OF_JOB, take_next },
    { "timezone", OF_JOB | OF_DEFAULTS, take_timezone },
    { "except", OF_JOB | OF_DEFAULTS, take_except },
    { "on_excluded", OF_JOB | OF_DEFAULTS, take_excluded },
    { "from", OF_JOB, take_from },
    { "to", OF_JOB, take_to },
    { "jitter", OF_JOB | OF_DEFAULTS, take_jitter },
    { "gap", OF_JOB | OF_DEFAULTS, take_gap },
    { "fold", OF_JOB | OF_DEFAULTS, take_fold },
    { "post", OF_JOB, take_post },
    { "get", OF_JOB, take_get },
    { "put", OF_JOB, take_put },
    { "delete", OF_JOB, take_delete },
    { "run", OF_JOB, take_run },
    { "body", OF_JOB, take_body_of },
    { "query", OF_JOB, take_query_of },
    { "headers", OF_JOB | OF_DEFAULTS, take_headers_of },
    { "phase", OF_JOB | OF_DEFAULTS, take_phase },
    { "timeout", OF_JOB | OF_DEFAULTS, take_timeout },
    { "overlap", OF_JOB | OF_DEFAULTS, take_overlap },
    { "retry", OF_JOB | OF_DEFAULTS, take_retry },
    { "catch_up", OF_JOB | OF_DEFAULTS, take_catch_up },
    { "deadline", OF_JOB | OF_DEFAULTS, take_deadline },
    { "min_gap", OF_JOB | OF_DEFAULTS, take_min_gap },
    { "max_runs", OF_JOB, take_max_runs },
    { "alert_after", OF_JOB | OF_DEFAULTS, take_alert_after },
    { "on_failure", OF_JOB | OF_DEFAULTS, take_on_failure },
    { "on_success", OF_JOB | OF_DEFAULTS, take_on_success },
    { "on_recover", OF_JOB | OF_DEFAULTS, take_on_recover },
    { "heartbeat", OF_JOB, take_heartbeat },
    { "group", OF_JOB, take_group },
    { "scale", OF_JOB, take_scale },
    { "only", OF_JOB, take_only },
    { "always", OF_JOB, take_always },
    { "enabled", OF_JOB, take_enabled },
    { "tags", OF_JOB, take_tags },
    { "description", OF_JOB, take_description },
};
#define OPTIONS (sizeof options / sizeof *options)

static const char options_key[] = "mooncron.options";

/* What is written as an option, and belongs elsewhere or has another name. */
static const struct stranger {
    const char *name, *label, *help;
} strangers[] = {
    { "max", "goes within `overlap` or `catch_up`",
      "overlap = { policy = \"allow\", max = 2 }  lets so many runs go on at "
      "once; with \"queue\" one slot waits" },
    { "policy", "goes within `overlap` or `catch_up`",
      "for example  overlap = { policy = \"allow\", max = 2 }" },
    { "window", "goes within `catch_up`",
      "for example  catch_up = { window = \"12h\", policy = \"all\" }" },
    { "attempts", "goes within `retry`",
      "for example  retry = { attempts = 5, backoff = \"2s..30s\" }" },
    { "backoff", "goes within `retry`",
      "for example  retry = { attempts = 5, backoff = \"2s..30s\" }" },
    { "limit", "goes into a group",
      "group \"name\" { limit = 1 }  and in the job  group = \"name\"" },
    { "until", "the option is called `to`", "" },
    { "end", "the option is called `to`", "" },
    { "start", "the option is called `from`", "" },
};

static const struct stranger *stranger_find(const char *key)
{
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (!strcmp(key, strangers[i].name))
            return &strangers[i];
    return NULL;
}

static void blame_option(struct taker *taker, const char *key, unsigned owner)
{
    const char *names[OPTIONS];
    size_t count = 0;
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].owners & owner)
            names[count++] = options[i].name;
    char label[96] = "", help[480] = "";
    const struct stranger *stranger = stranger_find(key);
    const char *near = stranger ? NULL : suggest(key, names, count);
    if (stranger) {
        snprintf(label, sizeof label, "%s", stranger->label);
        snprintf(help, sizeof help, "%s", stranger->help);
    } else if (near) {
        snprintf(label, sizeof label, "did you mean `%s`?", near);
    }
    for (size_t i = 0; !stranger && !near && i < count; i++) {
        size_t len = strlen(help);
        snprintf(help + len, sizeof help - len, "%s%s",
                 i ? " " : "options: ", names[i]);
    }
    const struct advice advice = { .label = label, .help = help };
    char title[160];
    const struct call_site site = {
        .source = sources_find(&taker->loader->sources, taker->file),
        .line = taker->line,
        .function = taker->function,
        .name = taker->name,
    };
    struct spot spot = source_option(&site, key, SPOT_KEY, 0);
    blame_spot(taker->loader, "E104", taker->file, &spot, taker->line, &advice,
               "unknown option `%.64s` in %s", key, taker_title(taker, title));
    taker->sound = false;
}

/* The key below the value on the stack names no option. */
static void blame_key(struct taker *taker, unsigned owner)
{
    lua_State *L = taker->L;
    char title[160];
    if (lua_type(L, -2) == LUA_TSTRING) {
        blame_option(taker, lua_tostring(L, -2), owner);
        return;
    }
    blame_line(taker->loader, "E104", taker->file, taker->line, NULL,
               "a value without a name in %s: write `option = value`",
               taker_title(taker, title));
    taker->sound = false;
}

/* Reads the table at `table` into `decl`. */
static void take_options(struct taker *taker, int table, unsigned owner,
                         struct decl *decl)
{
    lua_State *L = taker->L;
    lua_getfield(L, LUA_REGISTRYINDEX, options_key);
    int rows = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pushvalue(L, -2);
        lua_rawget(L, rows);
        lua_Integer row = lua_tointeger(L, -1); /* 0: none */
        lua_pop(L, 1);
        if (row && options[row - 1].owners & owner)
            options[row - 1].take(taker, options[row - 1].name, decl);
        else
            blame_key(taker, owner);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* ---- job ---- */

/* What is missing, or too much, once every option has been read. */
static void check_work(struct taker *taker, const struct decl *decl)
{
    char title[160];
    taker_title(taker, title);
    if (!decl->has_target && !decl->function)
        blame_line(taker->loader, "E108", taker->file, taker->line,
                   &(struct advice){
                       .help = "for example  post = \"/api/feed\", or run = "
                               "function(ctx) ... end" },
                   "%s has nothing to do: no target and no function", title);
    else if (decl->has_target && decl->function)
        blame_line(taker->loader, "E108", taker->file, taker->line,
                   &(struct advice){
                       .help = "a job has one target, or one function: make "
                               "two jobs" },
                   "%s has a target and a function", title);
    else
        return;
    taker->sound = false;
}

static void check_job(struct taker *taker, const struct decl *decl)
{
    when_check(taker, decl);
    if (taker->sound)
        check_work(taker, decl);
}

static struct decl *decl_new(struct loader *loader, const char *name,
                             struct caller caller)
{
    if (loader->decl_count == loader->decl_cap) {
        loader->decl_cap = loader->decl_cap ? loader->decl_cap * 2 : 64;
        loader->decls = memory_resize(loader->decls, loader->decl_cap,
                                      sizeof *loader->decls);
    }
    struct decl *decl = &loader->decls[loader->decl_count++];
    *decl = (struct decl){
        .name = name ? loader_keep(loader, name) : NULL,
        .file = caller.file,
        .line = caller.line,
        .enabled = true,
        .scaled = true,
        .policies = loader->standards.policies,
        .timeout_ms = loader->standards.timeout_ms,
        .phase_ms = loader->standards.phase_ms,
        .headers = loader->standards.headers,
        .when = loader->standards.when,
        .base = loader->standards.when,
        .target = "",
        .query = "",
        .body = "",
        .label = "",
    };
    return decl;
}

/* job "name" { this } : upvalue 1 is the index of the decl. */
static int job_table(lua_State *L)
{
    struct loader *loader = declaring(L, "job");
    lua_Integer index = lua_tointeger(L, lua_upvalueindex(1));
    struct decl decl = loader->decls[index];
    struct taker taker = { loader,    L,         "job", decl.name,
                           decl.file, decl.line, true };
    if (lua_type(L, 1) != LUA_TTABLE) {
        char title[160];
        if (!ghost_is(L, 1))
            blame_line(loader, "E133", decl.file, decl.line, NULL,
                       "%s must be followed by a table, found %s",
                       taker_title(&taker, title), luaL_typename(L, 1));
        taker.sound = false;
    } else {
        uint32_t before = loader->mistakes.total;
        take_options(&taker, 1, OF_JOB, &decl);
        if (loader->mistakes.total == before && taker.sound)
            check_job(&taker, &decl);
    }
    decl.called = true;
    decl.sound = taker.sound && decl.name;
    loader->decls[index] = decl;
    return 0;
}

/* True where the name is new; the first one keeps it. */
static bool job_claim(lua_State *L, struct loader *loader, const char *name,
                      struct caller caller)
{
    lua_pushvalue(L, 1);
    lua_rawget(L, lua_upvalueindex(1));
    lua_Integer first = lua_tointeger(L, -1); /* index + 1 */
    lua_pop(L, 1);
    if (!first) {
        lua_pushvalue(L, 1);
        lua_pushinteger(L, loader->decl_count + 1);
        lua_rawset(L, lua_upvalueindex(1));
        return true;
    }
    const struct decl *decl = &loader->decls[first - 1];
    char note[400];
    snprintf(note, sizeof note, "first declared at %s:%u", decl->file,
             (unsigned)decl->line);
    const struct advice advice = { .label = "second declaration",
                                   .note = note };
    blame_whole(loader, "E130", caller.file, caller.line, &advice,
                "job \"%s\" is declared twice", name);
    return false;
}

static int job(lua_State *L)
{
    struct loader *loader = declaring(L, "job");
    struct caller caller = caller_of(L, loader);
    const char *name = take_name(L, loader, "job", caller);
    bool first = name && job_claim(L, loader, name, caller);
    if (loader->decl_count >= JOBSET_JOBS_MAX)
        return luaL_error(L, "more than %d jobs are declared", JOBSET_JOBS_MAX);
    lua_pushinteger(L, loader->decl_count);
    struct decl *decl = decl_new(loader, name, caller);
    lua_pushcclosure(L, job_table, 1);
    if (!first) /* its options are checked, and it is not sent */
        decl->group = NULL;
    return 1;
}

/* ---- defaults ---- */

static int defaults(lua_State *L)
{
    struct loader *loader = declaring(L, "defaults");
    struct caller caller = caller_of(L, loader);
    struct taker taker = { loader,      L,           "defaults", NULL,
                           caller.file, caller.line, true };
    if (lua_type(L, 1) != LUA_TTABLE) {
        blame_line(loader, "E133", caller.file, caller.line, NULL,
                   "defaults must be followed by a table, found %s",
                   luaL_typename(L, 1));
        return 0;
    }
    struct standards *standards = &loader->standards;
    struct decl decl = { .policies = standards->policies,
                         .timeout_ms = standards->timeout_ms,
                         .phase_ms = standards->phase_ms,
                         .headers = standards->headers,
                         .when = standards->when,
                         .base = standards->when };
    take_options(&taker, 1, OF_DEFAULTS, &decl);
    *standards = (struct standards){ .policies = decl.policies,
                                     .timeout_ms = decl.timeout_ms,
                                     .phase_ms = decl.phase_ms,
                                     .headers = decl.headers,
                                     .when = decl.when };
    return 0;
}

/* ---- opening ---- */

void lib_declare_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "defaults", defaults },
        { NULL, NULL },
    };
    luaL_setfuncs(L, functions, 0);
    lua_newtable(L); /* names of jobs */
    lua_pushcclosure(L, job, 1);
    lua_setfield(L, -2, "job");
    lua_newtable(L);
    for (size_t i = 0; i < OPTIONS; i++) {
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_setfield(L, -2, options[i].name);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, options_key);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, FUNCTIONS_KEY);
}
