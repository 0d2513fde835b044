/* What can only be known when the whole file has been read: the rules' answers,
 * the groups, and the environments that there are. */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "when.h"

static struct taker taker_for(struct loader *loader, const struct decl *decl)
{
    return (struct taker){ loader,     loader->vm->L, "job", decl->name,
                           decl->file, decl->line,    true };
}

/* ---- groups and environments ---- */

static void check_group(struct loader *loader, const struct decl *decl)
{
    const char *names[JOBSET_GROUPS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < loader->group_count; i++) {
        const char *name = loader->groups[i].name;
        if (name && !strcmp(name, decl->group))
            return;
        if (name)
            names[count++] = name;
    }
    char label[160] = "", help[200];
    const char *near = suggest(decl->group, names, count);
    if (near)
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    snprintf(help, sizeof help, "declare it:  group \"%.100s\" { limit = 1 }",
             decl->group);
    const struct advice advice = { .label = label, .help = help };
    const struct call_site site = {
        .source = sources_find(&loader->sources, decl->file),
        .line = decl->line,
        .function = "job",
        .name = decl->name,
    };
    struct spot spot = source_option(&site, "group", SPOT_VALUE, 0);
    blame_spot(loader, "E131", decl->file, &spot, decl->line, &advice,
               "group \"%.64s\" is not declared", decl->group);
}

/* What people call environments, beside what the file itself names. */
static const char *const usual[] = { "production", "staging", "development",
                                     "dev", "test" };
#define USUAL (sizeof usual / sizeof *usual)

const char *loader_slip(const struct loader *loader, const char *name)
{
    if (!strcmp(name, loader->load->environment))
        return NULL;
    const char *near = suggest(name, usual, USUAL);
    return near && strcmp(near, name) != 0 ? near : NULL;
}

static bool is_known(const struct loader *loader, const char *name)
{
    for (size_t i = 0; i < USUAL; i++)
        if (!strcmp(name, usual[i]))
            return true;
    for (uint32_t i = 0; i < loader->environment_count; i++)
        if (!strcmp(name, loader->environments[i]))
            return true;
    return !strcmp(name, loader->load->environment);
}

static void blame_environment(struct loader *loader, const struct decl *decl,
                              uint32_t i)
{
    const char *names[USUAL + 64];
    size_t count = 0;
    for (; count < USUAL; count++)
        names[count] = usual[count];
    for (uint32_t e = 0; e < loader->environment_count && e < 63; e++)
        names[count++] = loader->environments[e];
    names[count++] = loader->load->environment;
    char label[160] = "";
    const char *near = suggest_or_prefix(decl->only[i], names, count);
    if (near)
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    const struct advice advice = { .label = label };
    struct taker taker = taker_for(loader, decl);
    taker_blame(&taker, "E106", "only", SPOT_VALUE, i + 1, &advice,
                "unknown environment \"%.64s\"", decl->only[i]);
}

static void check_only(struct loader *loader, const struct decl *decl)
{
    for (uint32_t i = 0; i < decl->only_count; i++)
        if (!is_known(loader, decl->only[i]))
            blame_environment(loader, decl, i);
}

static void check_decl(struct loader *loader, const struct decl *decl)
{
    if (!decl->called) {
        if (decl->name)
            blame_line(loader, "E133", decl->file, decl->line,
                       &(struct advice){
                           .help = "write  job \"name\" { every = \"15m\", "
                                   "post = \"/api/feed\" }" },
                       "job \"%s\" has no table of options", decl->name);
        return;
    }
    if (decl->group)
        check_group(loader, decl);
    check_only(loader, decl);
}

static void check_called(struct loader *loader)
{
    for (uint32_t i = 0; i < loader->group_count; i++) {
        const struct group_decl *group = &loader->groups[i];
        if (!group->called && group->name)
            blame_line(loader, "E133", group->file, group->line,
                       &(struct advice){
                           .help = "write  group \"name\" { limit = 1 }" },
                       "group \"%s\" has no table of options", group->name);
    }
}

void loader_resolve(struct loader *loader)
{
    check_called(loader);
    for (uint32_t i = 0; i < loader->decl_count; i++)
        check_decl(loader, &loader->decls[i]);
}

/* ---- multipliers ---- */

/* Upvalues are none: the arguments are a rule's value, the environment and the
 * job's name. Answers the factor, and whether a `default` said it. Runs behind
 * the door, because a rule may raise. */
static int ask_rule(lua_State *L)
{
    if (lua_isfunction(L, 1)) {
        lua_createtable(L, 0, 1); /* rule env name job */
        lua_pushvalue(L, 3);
        lua_setfield(L, -2, "name");
        lua_replace(L, 3);
        lua_settop(L, 3);
        lua_call(L, 2, 1);
        lua_pushboolean(L, false);
        return 2;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, 1);
    bool named = !lua_isnil(L, -1);
    if (!named)
        lua_getfield(L, 1, "default");
    lua_pushboolean(L, !named);
    return 2;
}

static void blame_answer(struct loader *loader, const struct rule *rule,
                         const struct decl *decl)
{
    lua_State *L = loader->vm->L;
    char buffer[64];
    blame_line(loader, "E160", rule->file, rule->line, NULL,
               "the multiplier of job \"%s\" must be a finite number above 0, "
               "found %s",
               decl->name, take_found(L, buffer));
}

/* 1: it answered; 0: it left it to the next one; -1: it was blamed. */
static int rule_answer(struct loader *loader, const struct rule *rule,
                       const struct decl *decl, double *ret)
{
    lua_State *L = loader->vm->L;
    lua_pushcfunction(L, ask_rule);
    lua_rawgeti(L, LUA_REGISTRYINDEX, rule->ref);
    lua_pushstring(L, loader->load->environment);
    lua_pushstring(L, decl->name);
    enum vm_status status = vm_call(loader->vm, 3, 2, LOAD_BUDGET_NS);
    if (status != VM_OK) {
        blame_error(loader, status);
        lua_pop(L, 1);
        return -1;
    }
    bool by_default = lua_toboolean(L, -1);
    lua_pop(L, 1);
    int answer = lua_isnil(L, -1) ? 0 : 1;
    double factor = lua_tonumber(L, -1);
    bool good =
        lua_type(L, -1) == LUA_TNUMBER && isfinite(factor) && factor > 0;
    if (answer && !good) {
        blame_answer(loader, rule, decl);
        answer = -1;
    }
    lua_pop(L, 1);
    if (answer && by_default && !loader->default_rule)
        loader->default_rule = rule;
    *ret = factor;
    return answer;
}

/* The first rule that answers; 1 where none does. */
static bool ask_rules(struct loader *loader, const struct decl *decl,
                      double *ret)
{
    *ret = 1;
    for (uint32_t i = 0; i < loader->rule_count; i++) {
        int answer = rule_answer(loader, &loader->rules[i], decl, ret);
        if (answer)
            return answer > 0;
        *ret = 1;
    }
    return true;
}

static bool blame_interval(struct loader *loader, const struct decl *decl,
                           int64_t every_ms, double factor, bool low)
{
    char every[DURATION_TEXT_MAX], bound[DURATION_TEXT_MAX];
    duration_format(low ? EVERY_MS_MIN : DURATION_MS_MAX, bound);
    blame_line(loader, "E160", decl->file, decl->line, NULL,
               "every %s times %g is %s than %s in job \"%s\"",
               duration_format(every_ms, every), factor,
               low ? "shorter" : "longer", bound, decl->name);
    return false;
}

/* Under a whole factor the slots are some of the unscaled ones: an automatic
 * phase is a hash within the scaled interval, which is the same hash within the
 * unscaled one; that holds for whole seconds, so other intervals keep theirs.
 */
static int64_t phase_of(const struct decl *decl, int64_t base_ms,
                        int64_t phase_ms, int64_t every_ms)
{
    if (phase_ms != PHASE_AUTO)
        return phase_ms % base_ms;
    bool seconds = base_ms % 1000 == 0;
    return schedule_phase_auto(decl->name, seconds ? every_ms : base_ms);
}

bool loader_lattice(struct loader *loader, const struct decl *decl,
                    int64_t every_ms, int64_t phase_ms, double factor,
                    int64_t *ret_every_ms, int64_t *ret_phase_ms)
{
    double ms =
        factor > 0 ? round((double)every_ms * factor) : (double)every_ms;
    bool low = ms < EVERY_MS_MIN;
    if (low || ms > (double)DURATION_MS_MAX)
        return blame_interval(loader, decl, every_ms, factor, low);
    *ret_every_ms = (int64_t)ms;
    *ret_phase_ms =
        phase_of(decl, every_ms, phase_ms, *ret_every_ms) % *ret_every_ms;
    return true;
}

/* Only intervals are multiplied, and what is counted by `scale = "nth"`. */
static bool is_multiplied(const struct decl *decl)
{
    const struct when *when = decl->when;
    for (uint32_t i = 0; when && i < when->any_count; i++)
        if (when->any[i].kind == TERM_EVERY)
            return true;
    return decl->every_ms || decl->nth;
}

bool loader_schedule(struct loader *loader, const struct decl *decl,
                     struct schedule *ret_schedule, double *ret_multiplier)
{
    double factor = is_multiplied(decl) ? decl->scale : 0;
    if (is_multiplied(decl) && decl->scaled &&
        !ask_rules(loader, decl, &factor))
        return false;
    *ret_multiplier = factor;
    *ret_schedule = (struct schedule){ 0 };
    if (decl->every_ms &&
        !loader_lattice(loader, decl, decl->every_ms, decl->phase_ms, factor,
                        &ret_schedule->every_ms, &ret_schedule->phase_ms))
        return false;
    if (!when_needs_rules(decl))
        return true;
    ret_schedule->rules = when_rules(loader, decl, factor, ret_schedule);
    return ret_schedule->rules != NULL;
}
