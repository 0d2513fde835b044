/* A jobset holds the declarations of one load: filled once, sealed, shared. */
#include "mooncron/jobset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/digest.h"
#include "mooncron/memory.h"

const char *const method_names[4] = { "GET", "POST", "PUT", "DELETE" };
const char *const overlap_names[4] = { "skip", "queue", "allow", "cancel" };

struct jobset {
    unsigned references;
    bool sealed;
    struct arena arena; /* every string */
    struct job *jobs;
    uint32_t count, cap;
    struct group *groups;
    uint32_t group_count;
    const struct calendar **calendars; /* each in the arena */
    uint32_t calendar_count;
    struct zone *zone;
    const char *default_file;
    uint32_t default_line;
    struct file_stamp *files;
    uint32_t file_count;
    uint32_t *slots; /* index by name: open addressing, job index + 1 */
    uint32_t slot_mask;
    /* known once it is sealed */
    uint32_t scheduled;
    bool scripted, listed;
    double runs_per_day;
};

struct jobset *jobset_new(void)
{
    struct jobset *set = memory_new(sizeof *set);
    set->references = 1;
    set->zone = zone_utc();
    return set;
}

struct jobset *jobset_ref(struct jobset *set)
{
    set->references++;
    return set;
}

void jobset_unref(struct jobset *set)
{
    if (!set || --set->references)
        return;
    for (uint32_t i = 0; i < set->count; i++)
        rules_free((struct rules *)(uintptr_t)set->jobs[i].schedule.rules);
    zone_unref(set->zone);
    arena_close(&set->arena);
    free(set->calendars);
    free(set->jobs);
    free(set->groups);
    free(set->files);
    free(set->slots);
    free(set);
}

/* ---- the index by name ---- */

/* The place of `name` in the index: where it is, or where it would go. */
static uint32_t *index_place(const struct jobset *set, const char *name)
{
    uint32_t i =
        digest_fold(digest_string(DIGEST_START, name)) & set->slot_mask;
    for (; set->slots[i]; i = (i + 1) & set->slot_mask)
        if (!strcmp(set->jobs[set->slots[i] - 1].name, name))
            break;
    return &set->slots[i];
}

/* At most half full, so that a search is short. */
static void index_grow(struct jobset *set)
{
    uint32_t size = set->slots ? (set->slot_mask + 1) * 2 : 32;
    free(set->slots);
    set->slots = memory_new(size * sizeof *set->slots);
    set->slot_mask = size - 1;
    for (uint32_t i = 0; i < set->count; i++)
        *index_place(set, set->jobs[i].name) = i + 1;
}

uint32_t jobset_find(const struct jobset *set, const char *name)
{
    if (!set->slots)
        return UINT32_MAX;
    return *index_place(set, name) - 1; /* 0 - 1 is UINT32_MAX: not there */
}

/* ---- adding ---- */

static const char *keep(struct jobset *set, const char *string)
{
    return arena_copy(&set->arena, string, strlen(string));
}

/* Most jobs come from one file, and many share a target or a body: the string
 * of the job before is used again where it is the same. None is an empty one.
 */
static const char *keep_shared(struct jobset *set, const char *string,
                               const char *before)
{
    if (!string)
        return "";
    return before && !strcmp(string, before) ? before : keep(set, string);
}

/* What decides how a run goes on, ends and is told of. */
static uint64_t digest_policies(uint64_t d, const struct job *job)
{
    d = digest_string(d, job->heartbeat ? job->heartbeat : "");
    d = digest_u64(d, job->overlap_max | (uint64_t)job->max_runs << 32);
    d = digest_u64(d, (uint64_t)job->min_gap_ms);
    d = digest_u64(d, (uint64_t)job->deadline_ms);
    d = digest_u64(d, job->retry.attempts | (uint64_t)job->retry.on << 32);
    d = digest_u64(d, job->retry.backoff_ms |
                          (uint64_t)job->retry.backoff_max_ms << 32);
    d = digest_u64(d, (uint64_t)job->catch_up.window_ms);
    d = digest_u64(d, job->catch_up.max | (uint64_t)job->alert_after << 32);
    unsigned hooks = (job->on_failure ? 1u : 0) | (job->on_success ? 2u : 0) |
                     (job->on_recover ? 4u : 0);
    return digest_u64(d, hooks);
}

/* All that matters to slots and runs, and nothing else: moving a job to another
 * line does not change it. A function has no digest: a scripted job changes
 * with its file, which `function` and the caller's stamps stand for. */
static uint64_t job_digest(const struct jobset *set, const struct job *job)
{
    uint64_t d = digest_string(DIGEST_START, job->name);
    d = digest_string(d, job->target);
    d = digest_string(d, job->body);
    d = digest_string(d, job->headers);
    d = digest_u64(d, (uint64_t)job->schedule.every_ms);
    d = digest_u64(d, (uint64_t)job->schedule.phase_ms);
    if (job->schedule.rules)
        d = digest_u64(d, rules_digest(job->schedule.rules));
    d = digest_u64(d, job->timeout_ms);
    d = digest_u64(d, job->function != 0);
    d = digest_policies(d, job);
    d = digest_u64(d, job->method | (unsigned)job->overlap << 8 |
                          (unsigned)job->standing << 16);
    if (job->group == JOB_NO_GROUP)
        return d;
    d = digest_string(d, set->groups[job->group].name);
    return digest_u64(d, set->groups[job->group].limit);
}

bool jobset_add(struct jobset *set, const struct job *job)
{
    assert(!set->sealed);
    if (set->count >= JOBSET_JOBS_MAX ||
        (job->group != JOB_NO_GROUP && job->group >= set->group_count) ||
        jobset_find(set, job->name) != UINT32_MAX)
        return false;
    if (set->count == set->cap) {
        set->cap = set->cap ? set->cap * 2 : 16;
        set->jobs = memory_resize(set->jobs, set->cap, sizeof *set->jobs);
    }
    const struct job none = { 0 };
    const struct job *before = set->count ? &set->jobs[set->count - 1] : &none;
    struct job copy = *job;
    copy.name = keep(set, job->name);
    copy.target = keep_shared(set, job->target, before->target);
    copy.body = keep_shared(set, job->body, before->body);
    copy.headers = keep_shared(set, job->headers, before->headers);
    copy.file = keep_shared(set, job->file, before->file);
    copy.label = keep_shared(set, job->label, before->label);
    copy.origin = keep_shared(set, job->origin, before->origin);
    copy.heartbeat = keep_shared(set, job->heartbeat, before->heartbeat);
    copy.digest = job_digest(set, &copy);
    set->jobs[set->count++] = copy;
    if (!set->slots || set->count * 2 > set->slot_mask)
        index_grow(set);
    else
        *index_place(set, copy.name) = set->count;
    return true;
}

bool jobset_add_group(struct jobset *set, const char *name, uint32_t limit)
{
    assert(!set->sealed);
    if (set->group_count >= JOBSET_GROUPS_MAX || limit == 0)
        return false;
    set->groups =
        memory_resize(set->groups, set->group_count + 1, sizeof *set->groups);
    set->groups[set->group_count++] =
        (struct group){ .name = keep(set, name), .limit = limit };
    return true;
}

const struct calendar *jobset_add_calendar(struct jobset *set,
                                           const struct calendar *calendar)
{
    assert(!set->sealed);
    if (set->calendar_count >= JOBSET_CALENDARS_MAX)
        return NULL;
    size_t bytes = calendar->count * sizeof *calendar->days;
    struct calendar *copy = arena_new(&set->arena, sizeof *copy);
    int32_t *days = arena_new(&set->arena, bytes);
    if (bytes)
        memcpy(days, calendar->days, bytes);
    *copy = (struct calendar){ keep(set, calendar->name), days, calendar->count,
                               calendar_digest(days, calendar->count) };
    set->calendars = memory_resize(set->calendars, set->calendar_count + 1,
                                   sizeof *set->calendars);
    set->calendars[set->calendar_count++] = copy;
    return copy;
}

void jobset_set_default_rule(struct jobset *set, const char *file,
                             uint32_t line)
{
    set->default_file = keep(set, file);
    set->default_line = line;
}

void jobset_set_zone(struct jobset *set, struct zone *zone)
{
    zone_unref(set->zone);
    set->zone = zone_ref(zone);
}

void jobset_add_file(struct jobset *set, const struct file_stamp *stamp)
{
    assert(!set->sealed);
    set->files =
        memory_resize(set->files, set->file_count + 1, sizeof *set->files);
    set->files[set->file_count] = *stamp;
    set->files[set->file_count++].path = keep(set, stamp->path);
}

static bool has_list(const struct rules *rules)
{
    for (uint32_t i = 0; rules && i < rules_spec(rules)->term_count; i++)
        if (rules_spec(rules)->terms[i].kind == TERM_LIST)
            return true;
    return false;
}

void jobset_seal(struct jobset *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct job *job = &set->jobs[i];
        set->scripted |= job->function || job->on_failure || job->on_success ||
                         job->on_recover;
        set->listed |= has_list(job->schedule.rules);
        if (job->standing != STANDING_SCHEDULED)
            continue;
        set->scheduled++;
        set->runs_per_day += schedule_per_day(&job->schedule);
    }
    if (set->count) /* what growing left over goes back */
        set->jobs = memory_resize(set->jobs, set->count, sizeof *set->jobs);
    set->cap = set->count;
    set->sealed = true;
}

/* ---- reading ---- */

uint32_t jobset_count(const struct jobset *set)
{
    return set->count;
}

uint32_t jobset_scheduled(const struct jobset *set)
{
    return set->scheduled;
}

const struct job *jobset_job(const struct jobset *set, uint32_t index)
{
    assert(index < set->count);
    return &set->jobs[index];
}

uint32_t jobset_index(const struct jobset *set, const struct job *job)
{
    uintptr_t first = (uintptr_t)set->jobs, at = (uintptr_t)job;
    if (at >= first && at < first + set->count * sizeof *job)
        return (uint32_t)(job - set->jobs);
    return jobset_find(set, job->name);
}

uint32_t jobset_group_count(const struct jobset *set)
{
    return set->group_count;
}

const struct group *jobset_group(const struct jobset *set, uint32_t index)
{
    assert(index < set->group_count);
    return &set->groups[index];
}

uint32_t jobset_calendar_count(const struct jobset *set)
{
    return set->calendar_count;
}

const struct calendar *jobset_calendar(const struct jobset *set, uint32_t index)
{
    assert(index < set->calendar_count);
    return set->calendars[index];
}

const char *jobset_default_rule(const struct jobset *set, uint32_t *ret_line)
{
    *ret_line = set->default_line;
    return set->default_line ? set->default_file : "";
}

struct zone *jobset_zone(const struct jobset *set)
{
    return set->zone;
}

uint32_t jobset_file_count(const struct jobset *set)
{
    return set->file_count;
}

const struct file_stamp *jobset_file(const struct jobset *set, uint32_t index)
{
    assert(index < set->file_count);
    return &set->files[index];
}

bool jobset_scripted(const struct jobset *set)
{
    return set->scripted;
}

bool jobset_listed(const struct jobset *set)
{
    return set->listed;
}

double jobset_runs_per_day(const struct jobset *set)
{
    return set->runs_per_day;
}

size_t jobset_bytes(const struct jobset *set)
{
    return sizeof *set + arena_bytes(&set->arena) +
           set->cap * sizeof *set->jobs +
           set->group_count * sizeof *set->groups +
           (set->slots ? (set->slot_mask + 1) * sizeof *set->slots : 0);
}

/* ---- comparing ---- */

uint32_t jobset_find_scheduled(const struct jobset *set, const char *name)
{
    uint32_t index = set ? jobset_find(set, name) : UINT32_MAX;
    if (index == UINT32_MAX || set->jobs[index].standing != STANDING_SCHEDULED)
        return UINT32_MAX;
    return index;
}

struct wall job_gap_end(const struct job *job, struct wall started)
{
    if (!job->min_gap_ms || started.ms == EVER_MS)
        return (struct wall){ EVER_MS };
    return (struct wall){ started.ms + job->min_gap_ms - MIN_GAP_SLACK_MS };
}

bool job_too_soon(const struct job *job, struct wall started, struct wall at)
{
    return at.ms >= started.ms && at.ms < job_gap_end(job, started).ms;
}

struct jobset_diff jobset_compare(const struct jobset *old_set,
                                  const struct jobset *new_set)
{
    struct jobset_diff diff = { 0 };
    for (uint32_t i = 0; i < new_set->count; i++) {
        const struct job *job = &new_set->jobs[i];
        if (job->standing != STANDING_SCHEDULED)
            continue;
        uint32_t was = jobset_find_scheduled(old_set, job->name);
        if (was == UINT32_MAX)
            diff.added++;
        else if (old_set->jobs[was].digest == job->digest)
            diff.unchanged++;
        else
            diff.changed++;
    }
    if (old_set)
        diff.removed = old_set->scheduled - diff.changed - diff.unchanged;
    return diff;
}
