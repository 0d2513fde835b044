/* What the clerk works with is its own until it has done: copies, a reference
 * to the set, and a planner, both of which the loop takes and gives back. */
#include "outlook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "inquiry.h"
#include "mooncron/memory.h"
#include "plan.h"
#include "stamps.h"
#include "status.h"

/* A second or two of the clerk. Of more there is no peak; where a horizon was
 * named, it is too long. */
#define OUTLOOK_WALK_MAX  1000000
#define OUTLOOK_SLOTS_MAX 100000 /* 3 MB of the answer */

struct outlook {
    struct daemon *d;
    uint64_t ask;
    struct jobset *set;
    struct planner *planner;
    char job[JOB_NAME_MAX + 1];
    char *file;
    char environment[ENVIRONMENT_MAX + 1], tzdata[32], digest[PLAN_DIGEST_MAX];
    struct plan plan;
    /* what came of it */
    char refusal[160]; /* "": none */
    struct text out;
    uint64_t tag;
};

/* ---- the clerk's ---- */

/* Of the file as it was loaded, not of what it is by now. */
static void find_digest(struct outlook *outlook)
{
    plan_digest(outlook->file, outlook->digest);
    if (!stamps_current(outlook->set))
        outlook->digest[0] = '\0';
}

/* False where the horizon has too many slots to be listed. */
static bool is_short_enough(struct outlook *outlook)
{
    const struct plan *plan = &outlook->plan;
    if (!plan->every_slot)
        return true;
    if (!plan->totals.walked)
        snprintf(outlook->refusal, sizeof outlook->refusal,
                 "the horizon holds %" PRId64 " slots of all jobs, and at most "
                 "%d are looked through: name a shorter one",
                 plan->totals.runs + plan->totals.heartbeats, OUTLOOK_WALK_MAX);
    else if (plan->slot_count > OUTLOOK_SLOTS_MAX)
        snprintf(outlook->refusal, sizeof outlook->refusal,
                 "the horizon holds %zu slots, and at most %d are listed: name "
                 "a shorter one, or a job",
                 plan->slot_count, OUTLOOK_SLOTS_MAX);
    return !outlook->refusal[0];
}

/* The time that it was made at is no difference. */
static uint64_t tag_of(const struct text *out)
{
    const char *timeless = strstr(out->data, "\"file\":");
    return timeless ? status_tag(timeless, strlen(timeless)) : 0;
}

static void write_plan(void *data)
{
    struct outlook *outlook = data;
    find_digest(outlook);
    plan_find(&outlook->plan, outlook->planner, OUTLOOK_WALK_MAX, true);
    if (!is_short_enough(outlook))
        return;
    plan_json(&outlook->plan, &outlook->out);
    if (outlook->out.cut)
        snprintf(outlook->refusal, sizeof outlook->refusal,
                 "the plan of all jobs is too long for one answer: name a job");
    else
        outlook->tag = tag_of(&outlook->out);
}

/* ---- the loop's ---- */

static void outlook_free(struct outlook *outlook)
{
    plan_close(&outlook->plan);
    planner_free(outlook->planner);
    jobset_unref(outlook->set);
    text_close(&outlook->out);
    free(outlook->file);
    free(outlook);
}

static void on_done(void *data, bool worked)
{
    struct outlook *outlook = data;
    struct daemon *d = outlook->d;
    if (!worked)
        inquiry_refuse(d, outlook->ask, 503, "the worker is stopping");
    else if (outlook->refusal[0])
        inquiry_refuse(d, outlook->ask, 400, outlook->refusal);
    else
        inbox_tell(d->inbox, outlook->ask, 200, text_take(&outlook->out),
                   outlook->tag);
    outlook_free(outlook);
}

static const char *source_of(const struct daemon *d,
                             const struct core_status *status)
{
    if (d->options->settings_file)
        return "file";
    return status->settings_known ? "backend" : "cache";
}

static void fill_plan(const struct daemon *d, struct outlook *outlook,
                      const struct core_status *status, int64_t horizon_ms)
{
    snprintf(outlook->environment, sizeof outlook->environment, "%s",
             status_environment(status, d->config->node_env));
    snprintf(outlook->tzdata, sizeof outlook->tzdata, "%s",
             zones_version(d->zones));
    outlook->plan = (struct plan){
        .set = outlook->set,
        .now = clock_now(&d->clock).wall,
        .facts = status->settings,
        .file = outlook->file,
        .environment = outlook->environment,
        .source = source_of(d, status),
        .digest = outlook->digest,
        .tzdata = outlook->tzdata,
        .job = outlook->job,
        .horizon_ms = horizon_ms ? horizon_ms : DAY_MS,
        .every_slot = horizon_ms != 0,
    };
}

void outlook_take(struct daemon *d, const struct ask *ask)
{
    struct core_status status = core_status(d->core);
    if (!status.set) {
        inquiry_refuse(d, ask->id, 503, "there is no schedule yet");
        return;
    }
    struct outlook *outlook = memory_new(sizeof *outlook);
    outlook->d = d;
    outlook->ask = ask->id;
    outlook->set = jobset_ref((struct jobset *)status.set);
    outlook->planner = planner_new(jobset_ref(outlook->set));
    outlook->file = memory_string(d->config->file);
    memcpy(outlook->job, ask->job, sizeof outlook->job);
    text_init(&outlook->out, INQUIRY_LONG_BYTES_MAX);
    fill_plan(d, outlook, &status, ask->horizon_ms);
    if (!inquiry_write(d, ask->id, write_plan, on_done, outlook))
        outlook_free(outlook);
}
