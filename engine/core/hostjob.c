/* What a host declares: zone, calendars, and jobs with their rules; a put and
 * its get stand side by side. */
#include <string.h>

#include "mooncron/hostmsg.h"
#include "mooncron/memory.h"

/* ---- zone and calendars ---- */

bool host_put_zone(struct text *out, const char *name)
{
    size_t start = out->len;
    wire_begin(out, HOST_ZONE);
    wire_cstring(out, name);
    return wire_end(out, start);
}

bool host_get_zone(struct wire_reader *in, const char **ret_name)
{
    *ret_name = wire_read_cstring(in);
    return wire_done(in);
}

bool host_put_calendar(struct text *out, const struct calendar *calendar)
{
    size_t start = out->len;
    wire_begin(out, HOST_CALENDAR);
    wire_cstring(out, calendar->name);
    wire_string(out, (const char *)calendar->days,
                calendar->count * sizeof *calendar->days);
    return wire_end(out, start);
}

bool host_get_calendar(struct wire_reader *in, struct calendar *ret,
                       int32_t **ret_days)
{
    ret->name = wire_read_cstring(in);
    struct slice bytes = wire_read_string(in);
    *ret_days = NULL;
    if (!wire_done(in) || bytes.len % sizeof **ret_days ||
        bytes.len / sizeof **ret_days > CALENDAR_DAYS_MAX)
        return false;
    *ret_days = (void *)memory_copy(bytes.bytes, bytes.len);
    ret->days = *ret_days;
    ret->count = (uint32_t)(bytes.len / sizeof **ret_days);
    ret->digest = 0;
    return true;
}

/* ---- a job and its rules ---- */

static void put_term(struct text *out, const struct term *term)
{
    wire_u8(out, (uint8_t)term->kind);
    wire_cstring(out, term->text);
    wire_u64(out, (uint64_t)term->every_ms);
    wire_u64(out, (uint64_t)term->phase_ms);
    uint32_t slots = term->kind == TERM_LIST ? term->slot_count : 0;
    wire_string(out, (const char *)term->slots_ms,
                slots * sizeof *term->slots_ms);
}

/* Slots are copied to where they are aligned. */
static bool get_term(struct wire_reader *in, struct host_rules *rules,
                     struct term *ret)
{
    *ret = (struct term){ .kind = (enum term_kind)wire_read_u8(in) };
    ret->text = wire_read_cstring(in);
    ret->every_ms = (int64_t)wire_read_u64(in);
    ret->phase_ms = (int64_t)wire_read_u64(in);
    struct slice slots = wire_read_string(in);
    if (ret->kind > TERM_LIST || slots.len > sizeof rules->slots_ms ||
        slots.len % sizeof *rules->slots_ms ||
        (slots.len > 0) != (ret->kind == TERM_LIST))
        return false;
    if (!slots.len)
        return true;
    memcpy(rules->slots_ms, slots.bytes, slots.len);
    ret->slots_ms = rules->slots_ms;
    ret->slot_count = (uint32_t)(slots.len / sizeof *rules->slots_ms);
    return true;
}

static uint32_t calendar_index(const struct calendar *const *calendars,
                               uint32_t count, const struct calendar *calendar)
{
    uint32_t i = 0;
    while (i < count && calendars[i] != calendar)
        i++;
    return i;
}

static void put_rules(struct text *out, const struct rules *rules,
                      const struct calendar *const *calendars, uint32_t count)
{
    const struct rules_spec *spec = rules_spec(rules);
    wire_cstring(out, zone_name(rules_zone(rules)));
    wire_u32(out, spec->term_count);
    for (uint32_t i = 0; i < spec->term_count; i++)
        put_term(out, &spec->terms[i]);
    wire_u32(out, spec->calendar_count);
    for (uint32_t i = 0; i < spec->calendar_count; i++)
        wire_u32(out, calendar_index(calendars, count, spec->calendars[i]));
    wire_u8(out, spec->weekdays_off);
    wire_u8(out, spec->gap);
    wire_u8(out, spec->fold);
    wire_u8(out, spec->excluded);
    wire_u32(out, spec->nth);
    wire_u64(out, (uint64_t)spec->jitter_ms);
    wire_u64(out, (uint64_t)spec->from.ms);
    wire_u64(out, (uint64_t)spec->until.ms);
}

static bool get_rules(struct wire_reader *in, struct host_rules *ret)
{
    struct rules_spec *spec = &ret->spec;
    ret->zone = wire_read_cstring(in);
    spec->term_count = wire_read_u32(in);
    spec->terms = ret->terms;
    if (spec->term_count > SCHEDULE_TERMS_MAX)
        return false;
    for (uint32_t i = 0; i < spec->term_count; i++)
        if (!get_term(in, ret, &ret->terms[i]))
            return false;
    spec->calendar_count = wire_read_u32(in);
    if (spec->calendar_count > SCHEDULE_CALENDARS_MAX)
        return false;
    for (uint32_t i = 0; i < spec->calendar_count; i++)
        ret->calendars[i] = wire_read_u32(in);
    spec->weekdays_off = wire_read_u8(in);
    spec->gap = wire_read_u8(in);
    spec->fold = wire_read_u8(in);
    spec->excluded = wire_read_u8(in);
    spec->nth = wire_read_u32(in);
    spec->jitter_ms = (int64_t)wire_read_u64(in);
    spec->from.ms = (int64_t)wire_read_u64(in);
    spec->until.ms = (int64_t)wire_read_u64(in);
    return !in->broken;
}

static void put_policies(struct text *out, const struct job *job)
{
    wire_cstring(out, job->origin ? job->origin : "");
    wire_cstring(out, job->heartbeat ? job->heartbeat : "");
    wire_u32(out, job->on_failure);
    wire_u32(out, job->on_success);
    wire_u32(out, job->on_recover);
    wire_u32(out, job->alert_after);
    wire_u32(out, job->overlap_max);
    wire_u32(out, job->max_runs);
    wire_u64(out, (uint64_t)job->min_gap_ms);
    wire_u64(out, (uint64_t)job->deadline_ms);
    wire_u32(out, job->retry.attempts);
    wire_u32(out, job->retry.backoff_ms);
    wire_u32(out, job->retry.backoff_max_ms);
    wire_u32(out, job->retry.on);
    wire_u64(out, (uint64_t)job->catch_up.window_ms);
    wire_u32(out, job->catch_up.max);
    wire_u8(out, job->catch_up_said);
}

static void get_policies(struct wire_reader *in, struct job *ret)
{
    ret->origin = wire_read_cstring(in);
    ret->heartbeat = wire_read_cstring(in);
    ret->on_failure = wire_read_u32(in);
    ret->on_success = wire_read_u32(in);
    ret->on_recover = wire_read_u32(in);
    ret->alert_after = wire_read_u32(in);
    ret->overlap_max = wire_read_u32(in);
    ret->max_runs = wire_read_u32(in);
    ret->min_gap_ms = (int64_t)wire_read_u64(in);
    ret->deadline_ms = (int64_t)wire_read_u64(in);
    ret->retry.attempts = wire_read_u32(in);
    ret->retry.backoff_ms = wire_read_u32(in);
    ret->retry.backoff_max_ms = wire_read_u32(in);
    ret->retry.on = (uint16_t)wire_read_u32(in);
    ret->catch_up.window_ms = (int64_t)wire_read_u64(in);
    ret->catch_up.max = wire_read_u32(in);
    ret->catch_up_said = wire_read_u8(in) != 0;
}

static bool policies_are_sound(const struct job *job)
{
    return job->overlap <= OVERLAP_CANCEL && job->min_gap_ms >= 0 &&
           job->deadline_ms >= 0 && job->retry.attempts <= RETRY_ATTEMPTS_MAX &&
           job->retry.backoff_max_ms <= RETRY_BACKOFF_MS_MAX &&
           job->retry.backoff_ms <= job->retry.backoff_max_ms &&
           job->catch_up.window_ms >= 0 &&
           job->catch_up.window_ms <= CATCH_UP_WINDOW_MS_MAX &&
           job->catch_up.max <= CATCH_UP_SLOTS_MAX;
}

bool host_put_job(struct text *out, const struct job *job,
                  const struct calendar *const *calendars, uint32_t count)
{
    size_t start = out->len;
    wire_begin(out, HOST_JOB);
    wire_cstring(out, job->name);
    wire_cstring(out, job->target);
    wire_cstring(out, job->body);
    wire_cstring(out, job->headers);
    wire_cstring(out, job->file);
    wire_cstring(out, job->label);
    wire_u64(out, (uint64_t)job->schedule.every_ms);
    wire_u64(out, (uint64_t)job->schedule.phase_ms);
    wire_u64(out, (uint64_t)job->base_every_ms);
    wire_f64(out, job->multiplier);
    wire_u32(out, job->line);
    wire_u32(out, job->timeout_ms);
    wire_u32(out, job->group);
    wire_u32(out, job->function);
    wire_u8(out, job->method);
    wire_u8(out, job->overlap);
    wire_u8(out, job->standing);
    wire_u8(out, job->always);
    put_policies(out, job);
    wire_u8(out, job->schedule.rules != NULL);
    if (job->schedule.rules)
        put_rules(out, job->schedule.rules, calendars, count);
    return wire_end(out, start);
}

/* What the core divides by and indexes with must be sound, whoever sent it. An
 * interval may be missing where there are rules. */
static bool job_is_sound(const struct job *job, bool rules)
{
    const struct schedule *schedule = &job->schedule;
    bool lattice =
        schedule->every_ms >= EVERY_MS_MIN && schedule->phase_ms >= 0 &&
        schedule->phase_ms < schedule->every_ms && job->base_every_ms > 0;
    bool none = schedule->every_ms == 0 && schedule->phase_ms == 0 &&
                job->base_every_ms == 0;
    return (lattice || (none && rules)) && job->multiplier >= 0 &&
           job->method <= METHOD_DELETE && policies_are_sound(job) &&
           job->standing <= STANDING_JOBS_OFF && job->timeout_ms > 0;
}

bool host_get_job(struct wire_reader *in, struct job *ret,
                  struct host_rules *ret_rules)
{
    *ret = (struct job){ 0 };
    ret->name = wire_read_cstring(in);
    ret->target = wire_read_cstring(in);
    ret->body = wire_read_cstring(in);
    ret->headers = wire_read_cstring(in);
    ret->file = wire_read_cstring(in);
    ret->label = wire_read_cstring(in);
    ret->schedule.every_ms = (int64_t)wire_read_u64(in);
    ret->schedule.phase_ms = (int64_t)wire_read_u64(in);
    ret->base_every_ms = (int64_t)wire_read_u64(in);
    ret->multiplier = wire_read_f64(in);
    ret->line = wire_read_u32(in);
    ret->timeout_ms = wire_read_u32(in);
    ret->group = wire_read_u32(in);
    ret->function = wire_read_u32(in);
    ret->method = wire_read_u8(in);
    ret->overlap = wire_read_u8(in);
    ret->standing = wire_read_u8(in);
    ret->always = wire_read_u8(in);
    get_policies(in, ret);
    ret_rules->there = wire_read_u8(in) != 0;
    if (ret_rules->there && !get_rules(in, ret_rules))
        return false;
    return wire_done(in) && job_is_sound(ret, ret_rules->there);
}
