/* A load: the file runs, what it declared is resolved, and then everything is
 * sent, or every mistake is. */
#include "loader.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "host.h"
#include "json.h"
#include "take_policy.h"
#include "url.h"
#include "when.h"

#define FLUSH_BYTES (64 << 10) /* what is written to the daemon at once */

struct loader *loader_of(lua_State *L)
{
    return ((struct host *)vm_of(L)->owner)->loader;
}

const char *loader_keep(struct loader *loader, const char *string)
{
    return arena_copy(&loader->arena, string, strlen(string));
}

void loader_know_environment(struct loader *loader, const char *name)
{
    for (uint32_t i = 0; i < loader->environment_count; i++)
        if (!strcmp(loader->environments[i], name))
            return;
    loader->environments =
        memory_resize(loader->environments, loader->environment_count + 1,
                      sizeof *loader->environments);
    loader->environments[loader->environment_count++] =
        loader_keep(loader, name);
}

/* ---- sending ---- */

struct sender {
    struct loader *loader;
    struct text *out;
    void (*flush)(void *data);
    void *data;
    uint32_t jobs;
    const struct calendar **calendars; /* in the order of the set's */
    uint32_t calendar_count;
};

static void sender_flush(struct sender *sender, size_t more_than)
{
    if (sender->out->len > more_than)
        sender->flush(sender->data);
}

static enum standing standing_of(const struct loader *loader,
                                 const struct decl *decl)
{
    bool here = decl->only_count == 0;
    for (uint32_t i = 0; i < decl->only_count; i++)
        here |= !strcmp(decl->only[i], loader->load->environment);
    if (!decl->enabled)
        return STANDING_DISABLED;
    if (!here)
        return STANDING_ENVIRONMENT;
    if (!loader->load->enable_jobs && !decl->always)
        return STANDING_JOBS_OFF;
    return STANDING_SCHEDULED;
}

static uint32_t group_of(const struct loader *loader, const char *name)
{
    for (uint32_t i = 0; name && i < loader->group_count; i++)
        if (!strcmp(loader->groups[i].name, name))
            return i;
    return JOB_NO_GROUP;
}

/* A path may have a query already. */
static const char *target_of(struct loader *loader, const struct decl *decl)
{
    if (!decl->query[0])
        return decl->target;
    struct text *text = &loader->text;
    text_clear(text);
    text_puts(text, decl->target);
    text_puts(text, decl->query);
    if (strchr(decl->target, '?'))
        text->data[strlen(decl->target)] = '&';
    return text->data;
}

/* POST and PUT always have a body. */
static const char *body_of(const struct decl *decl)
{
    bool needs = decl->has_target &&
                 (decl->method == METHOD_POST || decl->method == METHOD_PUT);
    return needs && !decl->body[0] ? "{}" : decl->body;
}

/* Of a whole URL; a path is the backend's. */
static const char *origin_of(struct loader *loader, const struct decl *decl)
{
    char origin[URL_MAX + 1];
    if (!decl->target[0] || decl->target[0] == '/')
        return "";
    return loader_keep(loader, url_origin(decl->target, origin));
}

static void policies_of(const struct policies *policies, struct job *ret)
{
    ret->heartbeat = policies->heartbeat;
    ret->on_failure = policies->on_failure;
    ret->on_success = policies->on_success;
    ret->on_recover = policies->on_recover;
    ret->alert_after = policies->alert_after;
    ret->overlap = policies->overlap;
    ret->overlap_max = policies->overlap_max;
    ret->max_runs = policies->max_runs;
    ret->min_gap_ms = policies->min_gap_ms;
    ret->deadline_ms = policies->deadline_ms;
    ret->retry = policies->retry;
    ret->catch_up = policies->catch_up;
    ret->catch_up_said = policies->catch_up_said;
}

static void send_job(struct sender *sender, const struct decl *decl,
                     const struct schedule *schedule, double multiplier)
{
    struct loader *loader = sender->loader;
    struct job job = {
        .name = decl->name,
        .target = target_of(loader, decl),
        .origin = origin_of(loader, decl),
        .body = body_of(decl),
        .headers = decl->headers,
        .file = decl->file,
        .label = decl->label,
        .schedule = *schedule,
        .base_every_ms = decl->every_ms,
        .multiplier = multiplier,
        .line = decl->line,
        .timeout_ms = decl->timeout_ms,
        .group = group_of(loader, decl->group),
        .function = decl->function,
        .method = decl->method,
        .standing = (uint8_t)standing_of(loader, decl),
        .always = decl->always,
    };
    policies_of(&decl->policies, &job);
    host_put_job(sender->out, &job, sender->calendars, sender->calendar_count);
    sender->jobs++;
    sender_flush(sender, FLUSH_BYTES);
}

/* What a job says of its time concerns it alone; what a rule of multipliers
 * answers would be said of every job. */
static bool concerns_all(const struct decl *decl)
{
    return !decl->when;
}

/* Each job is resolved and sent, or only looked at where something is wrong
 * already. */
static void send_jobs(struct sender *sender)
{
    struct loader *loader = sender->loader;
    for (uint32_t i = 0; i < loader->decl_count; i++) {
        struct schedule schedule;
        double multiplier;
        const struct decl *decl = &loader->decls[i];
        if (!decl->sound || (loader->mistakes.total && concerns_all(decl)))
            continue;
        if (!loader_schedule(loader, decl, &schedule, &multiplier)) {
            if (concerns_all(decl))
                return;
            continue;
        }
        if (!loader->mistakes.total)
            send_job(sender, decl, &schedule, multiplier);
        rules_free((struct rules *)(uintptr_t)schedule.rules);
    }
}

static void send_calendar(struct sender *sender,
                          const struct calendar *calendar)
{
    sender->calendars[sender->calendar_count++] = calendar;
    host_put_calendar(sender->out, calendar);
    sender_flush(sender, FLUSH_BYTES);
}

/* Those with names, and those that jobs named day by day. */
static void send_calendars(struct sender *sender)
{
    struct loader *loader = sender->loader;
    size_t most = loader->calendar_count + loader->own_days_count;
    sender->calendars =
        arena_new(&loader->arena, most * sizeof *sender->calendars);
    for (uint32_t i = 0; i < loader->calendar_count; i++)
        if (loader->calendars[i].called)
            send_calendar(sender, &loader->calendars[i].as);
    for (uint32_t i = 0; i < loader->own_days_count; i++)
        send_calendar(sender, loader->own_days[i]);
}

/* What jobs refer to comes before them. */
static void send_set(struct sender *sender)
{
    struct loader *loader = sender->loader;
    for (size_t i = 0; i < loader->sources.count; i++)
        host_put_file(sender->out, &loader->stamps[i]);
    const struct when *when = loader->standards.when;
    if (when && when->timezone)
        host_put_zone(sender->out, when->timezone);
    send_calendars(sender);
    for (uint32_t i = 0; i < loader->group_count; i++)
        host_put_group(sender->out, &(struct group){ loader->groups[i].name,
                                                     loader->groups[i].limit });
}

static void send_end(struct sender *sender)
{
    struct mistakes *mistakes = &sender->loader->mistakes;
    mistakes_sort(mistakes);
    for (uint32_t i = 0; i < mistakes->count; i++) {
        host_put_mistake(sender->out, &mistakes->items[i]);
        sender_flush(sender, FLUSH_BYTES);
    }
    const struct rule *rule = sender->loader->default_rule;
    const struct host_loaded loaded = { .ok = mistakes->total == 0,
                                        .jobs = sender->jobs,
                                        .mistakes = mistakes->total,
                                        .default_file = rule ? rule->file : "",
                                        .default_line = rule ? rule->line : 0 };
    host_put_loaded(sender->out, &loaded);
    sender_flush(sender, 0);
}

/* ---- a load ---- */

/* Where it ends early, the group that a job names may only not have been
 * reached, and a job whose table was being built has none: so what needs the
 * whole file is not looked at, and only what is certain is told. */
static void run_file(struct loader *loader)
{
    if (!loader_compile(loader, loader->load->path, loader->load->path, 0))
        return;
    enum vm_status status = vm_call(loader->vm, 0, 0, LOAD_BUDGET_NS);
    if (status == VM_OK)
        return;
    loader->partial = true;
    blame_error(loader, status);
    lua_pop(loader->vm->L, 1);
}

void loader_run(struct loader *loader, struct vm *vm,
                const struct host_load *load, struct text *out,
                void (*flush)(void *data), void *data)
{
    loader->vm = vm;
    loader->load = load;
    loader->standards = (struct standards){ .timeout_ms = TIMEOUT_MS,
                                            .policies = policies_usual(),
                                            .headers = "" };
    loader->groups = memory_new(JOBSET_GROUPS_MAX * sizeof *loader->groups);
    text_init(&loader->text, JSON_BYTES_MAX);
    loader->zones = zones_new(load->zones);
    loader->room = memory_new(sizeof *loader->room);
    run_file(loader);
    if (!loader->partial)
        loader_resolve(loader);
    struct sender sender = {
        .loader = loader, .out = out, .flush = flush, .data = data
    };
    if (!loader->mistakes.total)
        send_set(&sender);
    if (!loader->partial)
        send_jobs(&sender);
    send_end(&sender);
}

void loader_close(struct loader *loader)
{
    arena_close(&loader->arena);
    sources_close(&loader->sources);
    mistakes_clear(&loader->mistakes);
    text_close(&loader->text);
    free(loader->decls);
    free(loader->groups);
    free(loader->calendars);
    free((void *)loader->own_days);
    free(loader->room);
    zones_free(loader->zones);
    free(loader->environments);
    free(loader->folder);
}
