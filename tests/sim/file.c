/* The schedule file in its variants, and the script host that loads it. */
#include "file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../engine/script/host.h"
#include "mooncron/hostmsg.h"
#include "mooncron/memory.h"
#include "mooncron/zones.h"

#define FRAME_MAX (1 << 20)

const char *const sim_jobs[SIM_JOBS] = {
    "pulse",   "feed",   "hub-a",  "hub-b",  "nightly", "daily",
    "cancel",  "beside", "rates",  "report", "gap",     "script",
    "thrower", "eater",  "moving", "coming", "few",
};

const char *const sim_environments[2] = { "production", "staging" };

uint32_t sim_job_number(const char *name)
{
    for (uint32_t i = 0; i < SIM_JOBS; i++)
        if (!strcmp(sim_jobs[i], name))
            return i;
    return NO_JOB;
}

/* ---- the file ---- */

/* Intervals from ten minutes to a day, each policy at least once. */
static const char base[] =
    "defaults { timezone = 'Europe/Bucharest', timeout = '30s',\n"
    "           retry = false, catch_up = false }\n"
    "multiplier { production = 1, staging = 2 }\n"
    "group 'hub' { limit = 1 }\n"
    "job 'pulse' { every = '15m', always = true, scale = false,\n"
    "  post = '/pulse', retry = { attempts = 3, backoff = '2s..30s' },\n"
    "  catch_up = { window = '1h', policy = 'all', max = 3 } }\n"
    "job 'feed' { every = '30m', overlap = 'queue', post = '/feed',\n"
    "  retry = 3, timeout = '2m',\n"
    "  catch_up = { window = '6h', policy = 'all', max = 5 } }\n"
    "job 'hub-a' { every = '1h', group = 'hub', timeout = '2m',\n"
    "  post = '/hub', retry = 2, catch_up = '2h' }\n"
    "job 'hub-b' { every = '1h', group = 'hub', timeout = '2m',\n"
    "  post = '/hub', retry = 2 }\n"
    "job 'nightly' { cron = '30 2 * * *', jitter = '10m', timeout = '5m',\n"
    "  post = '/nightly', retry = 3, catch_up = '12h' }\n"
    "job 'daily' { every = '24h', phase = '1h30m', scale = false,\n"
    "  post = '/daily', retry = 3, catch_up = '2d' }\n"
    "job 'cancel' { every = '40m', overlap = 'cancel', timeout = '2h',\n"
    "  post = '/long' }\n"
    "job 'beside' { every = '40m', phase = '7m', timeout = '2h',\n"
    "  overlap = { policy = 'allow', max = 2 }, post = '/long',\n"
    "  retry = 2, catch_up = { window = '3h', policy = 'all', max = 4 } }\n"
    "job 'rates' { every = '20m', get = 'https://rates.example/latest',\n"
    "  retry = { attempts = 2, backoff = '1s..5s' } }\n"
    "job 'report' { every = '1h', phase = '12m', post = '/report',\n"
    "  deadline = '20m', retry = 2, catch_up = '3h' }\n"
    "job 'gap' { every = '30m', phase = '5m', min_gap = '45m',\n"
    "  post = '/gap', retry = 2 }\n"
    "local function tell(ctx, err)\n"
    "  http.post('/told', { json = { job = ctx.job }, check = false })\n"
    "end\n"
    "job 'script' { every = '1h', phase = '20m', retry = 2, catch_up = '1h',\n"
    "  timeout = '5m', run = function()\n"
    "    http.get('/first') sleep('20s') http.post('/second')\n"
    "  end }\n"
    "job 'thrower' { every = '2h', on_failure = tell, alert_after = 2,\n"
    "  retry = 2, run = function() error('boom') end }\n"
    "job 'eater' { every = '6h', on_failure = tell,\n"
    "  run = function() return ('x'):rep(1 << 29) end }\n"
    "job 'few' { every = '3h', max_runs = 20, post = '/few',\n"
    "  on_success = tell }\n";

/* What each variant adds. */
static const char *const added[VARIANTS] = {
    "job 'moving' { every = '45m', post = '/moving', retry = 2 }\n",
    ("job 'moving' { every = '25m', post = '/moving', retry = 2 }\n"
     "job 'coming' { every = '30m', phase = '3m', post = '/coming',\n"
     "  catch_up = '2h', retry = 2 }\n"),
    ("job 'moving' { cron = '*/50 * * * *', post = '/moving' }\n"
     "job 'coming' { every = '30m', phase = '3m', post = '/coming',\n"
     "  catch_up = '2h', retry = 2, overlap = 'queue' }\n"),
    ("job 'coming' { every = '30m', phase = '3m', post = '/coming',\n"
     "  only = { 'production' }, catch_up = '2h', retry = 2 }\n"),
    "job 'moving' { every = \n",
    "error('no schedule today')\n",
    "job 'moving' { every = 15, post = '/moving' }\n",
    "local much = ('x'):rep(1 << 29)\n",
};

/* ---- loading ---- */

#define LOADS (VARIANTS * 2 * 2)

struct files {
    struct loaded *loads[LOADS];
    char folder[40];
    struct zones *zones;
    struct host_rules *room;
};

struct files *files_new(void)
{
    struct files *files = memory_new(sizeof *files);
    snprintf(files->folder, sizeof files->folder, "/tmp/mooncron-sim-XXXXXX");
    char *made = mkdtemp(files->folder);
    assert(made);
    files->zones = zones_new(NULL);
    files->room = memory_new(sizeof *files->room);
    return files;
}

static void take_group(struct loaded *loaded, struct wire_reader *in)
{
    struct group group;
    bool good = host_get_group(in, &group) &&
                jobset_add_group(loaded->set, group.name, group.limit);
    assert(good);
}

static void take_job(struct loaded *loaded, struct wire_reader *in)
{
    struct job job;
    struct error err = { "" };
    bool good = host_get_job(in, &job, loaded->room);
    assert(good);
    if (loaded->room->there) {
        struct zone *zone = zones_get(loaded->zones, loaded->room->zone, &err);
        assert(zone);
        job.schedule.rules =
            rules_new(&loaded->room->spec, job.name, zone, &err);
        zone_unref(zone);
        assert(job.schedule.rules);
    }
    good = jobset_add(loaded->set, &job);
    assert(good);
}

static void take(struct loaded *loaded, struct wire_reader *in)
{
    struct host_loaded end;
    switch (in->type) {
    case HOST_GROUP:
        take_group(loaded, in);
        break;
    case HOST_JOB:
        take_job(loaded, in);
        break;
    case HOST_LOADED:
        if (!host_get_loaded(in, &end) || end.ok)
            break;
        jobset_unref(loaded->set);
        loaded->set = NULL;
        break;
    default:
        break;
    }
}

static void hear(void *data, struct text *out)
{
    struct loaded *loaded = data;
    size_t at = 0;
    int64_t len;
    while ((len = wire_frame(out->data + at, out->len - at)) > 0) {
        struct wire_reader in;
        wire_open(&in, out->data + at, (size_t)len);
        if (loaded->room)
            take(loaded, &in);
        else if (loaded->hear)
            loaded->hear(loaded->data, out->data + at, (size_t)len);
        at += (size_t)len;
    }
    text_clear(out);
}

void loaded_tell(struct loaded *loaded, struct text *frame)
{
    bool good = host_frame(loaded->host, frame->data, frame->len);
    assert(good);
    text_clear(frame);
}

static void write_file(const char *path, uint32_t variant)
{
    FILE *file = fopen(path, "w");
    assert(file);
    fputs(base, file);
    fputs(added[variant], file);
    int failed = fclose(file);
    assert(!failed);
}

static struct loaded *load(struct files *files, uint32_t variant,
                           const char *environment, bool enable_jobs)
{
    char path[64];
    snprintf(path, sizeof path, "%s/schedules.lua", files->folder);
    write_file(path, variant);
    struct loaded *loaded = memory_new(sizeof *loaded);
    text_init(&loaded->out, FRAME_MAX);
    loaded->set = jobset_new();
    loaded->zones = files->zones;
    loaded->room = files->room;
    loaded->host = host_new(hear, loaded);
    assert(loaded->host);
    const struct host_load request = { .path = path,
                                       .environment = environment,
                                       .settings = "{}",
                                       .zones = ZONES_FOLDER,
                                       .enable_jobs = enable_jobs };
    bool good = host_put_load(&loaded->out, &request);
    assert(good);
    loaded_tell(loaded, &loaded->out);
    loaded->room = NULL;
    if (loaded->set)
        jobset_seal(loaded->set);
    unlink(path);
    return loaded;
}

struct loaded *files_load(struct files *files, uint32_t variant,
                          uint32_t environment, bool enable_jobs)
{
    struct loaded **place =
        &files->loads[(variant * 2 + environment) * 2 + enable_jobs];
    if (!*place)
        *place =
            load(files, variant, sim_environments[environment], enable_jobs);
    return *place;
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < LOADS; i++) {
        struct loaded *loaded = files->loads[i];
        if (!loaded)
            continue;
        host_free(loaded->host);
        jobset_unref(loaded->set);
        text_close(&loaded->out);
        free(loaded);
    }
    zones_free(files->zones);
    rmdir(files->folder);
    free(files->room);
    free(files);
}
