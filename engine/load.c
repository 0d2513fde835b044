/* A load is one life of a script host, on a loop of its own. */
#include "load.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "generations.h"
#include "mooncron/zones.h"

/* The one generation of a command. */
#define GENERATION 1

static void on_loaded(void *data, uint32_t generation, struct jobset *set,
                      const struct mistakes *mistakes, const char *failure)
{
    (void)generation;
    struct load_result *ret = data;
    ret->set = set;
    for (uint32_t i = 0; mistakes && i < mistakes->count; i++)
        mistakes_add(&ret->mistakes, &mistakes->items[i]);
    if (mistakes)
        ret->mistakes.total = mistakes->total;
    if (failure)
        error_set(&ret->failure, "%s", failure);
}

/* A file that is only loaded runs nothing, and what it logs nobody reads. */
static void on_request(void *data, const struct host_request *request,
                       const struct run_note *note, uint32_t number)
{
    (void)data, (void)request, (void)note, (void)number;
}

static void on_nap(void *data, uint32_t generation, uint64_t run,
                   uint64_t nap_ms)
{
    (void)data, (void)generation, (void)run, (void)nap_ms;
}

static void on_log(void *data, uint32_t generation, const struct host_log *log,
                   const struct run_note *note)
{
    (void)data, (void)generation, (void)log, (void)note;
}

static void on_ended(void *data, uint32_t generation,
                     const struct host_ended *ended, bool gone)
{
    (void)data, (void)generation, (void)ended, (void)gone;
}

static void on_died(void *data, uint32_t generation, const char *how)
{
    (void)data, (void)generation, (void)how;
}

static void on_closed(void *data)
{
    (void)data;
}

static const struct generation_events events = {
    .loaded = on_loaded,
    .request = on_request,
    .nap = on_nap,
    .log = on_log,
    .ended = on_ended,
    .died = on_died,
};

static bool load_over(const struct load_result *result)
{
    return result->set || result->mistakes.count || result->failure.text[0];
}

void load_file(const struct host_load *request, uint32_t timeout_ms,
               struct load_result *ret)
{
    memset(ret, 0, sizeof *ret);
    uv_loop_t loop;
    int status = uv_loop_init(&loop);
    if (status) {
        error_set(&ret->failure, "no event loop: %s", uv_strerror(status));
        return;
    }
    struct zones *zones = zones_new(request->zones);
    struct generations *all =
        generations_new(&loop, &events, timeout_ms, zones, ret);
    generations_open(all, GENERATION, request);
    while (!load_over(ret))
        uv_run(&loop, UV_RUN_ONCE);
    generations_free(all, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    status = uv_loop_close(&loop);
    assert(!status);
    (void)status;
    zones_free(zones);
}

void load_result_close(struct load_result *result)
{
    jobset_unref(result->set);
    mistakes_clear(&result->mistakes);
}
