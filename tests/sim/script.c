/* Runs of functions: frames to and from the real script host, in this
 * process. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/hostmsg.h"
#include "mooncron/memory.h"
#include "sim.h"

#define FRAME_MAX (64 << 10)

/* A host numbers nothing: runs of all lives and seeds meet in it. */
static struct script_run *script_find(struct sim *sim, struct run_id run)
{
    struct worker *worker = &sim->worker;
    for (uint32_t i = 0; i < worker->script_count; i++)
        if (worker->scripts[i].run.value == run.value)
            return &worker->scripts[i];
    return NULL;
}

static void script_end(struct sim *sim, struct script_run *run)
{
    *run = sim->worker.scripts[--sim->worker.script_count];
}

static struct text *frame(struct sim *sim)
{
    struct text *text = &sim->worker.frame;
    if (!text->data)
        text_init(text, FRAME_MAX);
    text_clear(text);
    return text;
}

/* ---- what the host says ---- */

static void hear_request(struct sim *sim, struct wire_reader *in)
{
    struct host_request asked;
    bool good = host_get_request(in, &asked);
    assert(good);
    struct script_run *run = script_find(sim, (struct run_id){ asked.run });
    if (!run)
        return;
    struct request *request =
        backend_new(sim, run->hook ? REQUEST_HOOK : REQUEST_SCRIPT, run->job);
    request->generation = run->generation;
    request->key = run->note.key;
    request->trigger = run->note.trigger;
    request->attempt = run->note.attempt;
    request->epoch = run->note.epoch;
    request->number = ++run->number;
    request->run = run->run;
    request->timeout_ms = asked.timeout_ms;
    backend_send(sim, request);
}

static void hear_sleep(struct sim *sim, struct wire_reader *in)
{
    uint64_t run, ms;
    bool good = host_get_sleep(in, &run, &ms);
    assert(good);
    struct event event = { .kind = EV_NAP };
    event.nap.run.value = run;
    event.nap.nap_ms = (int64_t)ms;
    sim_put_event(sim, 0, &event);
    sim_await(sim, FAULT_CRASH_NAP);
}

static void hear_ended(struct sim *sim, struct wire_reader *in)
{
    struct host_ended ended;
    bool good = host_get_ended(in, &ended);
    assert(good);
    struct script_run *run = script_find(sim, (struct run_id){ ended.run });
    if (!run)
        return;
    if (strstr(ended.failure, "boom"))
        sim_hit(sim, FAULT_LUA_THROWS);
    else if (strstr(ended.failure, "memory"))
        sim_hit(sim, FAULT_LUA_EXHAUSTS);
    script_end(sim, run);
    struct event event = { .kind = EV_ANSWER };
    event.answer.run.value = ended.run;
    event.answer.verdict = ended.ok ? VERDICT_OK : VERDICT_FAILED;
    event.answer.cause = ended.ok ? CAUSE_NONE : CAUSE_SCRIPT;
    event.answer.retry_after_ms = -1;
    sim_put_event(sim, 0, &event);
}

static void hear(void *data, char *bytes, size_t len)
{
    struct sim *sim = data;
    struct wire_reader in;
    wire_open(&in, bytes, len);
    if (in.type == HOST_REQUEST)
        hear_request(sim, &in);
    else if (in.type == HOST_SLEEP)
        hear_sleep(sim, &in);
    else if (in.type == HOST_ENDED)
        hear_ended(sim, &in);
}

/* ---- what it is told ---- */

static struct loaded *loaded_of(const struct sim *sim, uint32_t generation)
{
    const struct worker *worker = &sim->worker;
    uint32_t i = worker->generation_count;
    do
        assert(i > 0);
    while (worker->generations[--i].generation != generation);
    return worker->generations[i].loaded;
}

void script_start(struct sim *sim, const struct run_note *note,
                  uint32_t function, const char *error)
{
    struct worker *worker = &sim->worker;
    if (worker->script_count == worker->script_cap) {
        worker->script_cap += 16;
        worker->scripts = memory_resize(worker->scripts, worker->script_cap,
                                        sizeof *worker->scripts);
    }
    struct script_run *run = &worker->scripts[worker->script_count++];
    *run = (struct script_run){ .run = note->run,
                                .job = sim_job_number(note->name),
                                .generation = note->generation,
                                .hook = function != note->job->function,
                                .loaded = loaded_of(sim, note->generation),
                                .note = *note };
    run->loaded->hear = hear;
    run->loaded->data = sim;
    const struct host_start start = { .run = note->run.value,
                                      .function = function,
                                      .job = note->name,
                                      .run_text = "r",
                                      .trigger = trigger_names[note->trigger],
                                      .scheduled = "2026-11-23T14:00:00Z",
                                      .error = error,
                                      .attempt = note->attempt };
    struct text *text = frame(sim);
    host_put_start(text, &start);
    loaded_tell(run->loaded, text);
}

void script_answer(struct sim *sim, const struct request *request)
{
    struct script_run *run = script_find(sim, request->run);
    if (!run)
        return;
    bool heard = request->status != 0;
    const struct host_response response = {
        .run = request->run.value,
        .status = request->status,
        .failure = heard ? "" : "no answer came",
        .code = heard ? "" : "network",
        .headers = "",
        .body = { "{}", 2 },
    };
    struct text *text = frame(sim);
    host_put_response(text, &response);
    loaded_tell(run->loaded, text);
}

void script_wake(struct sim *sim, struct run_id id)
{
    struct script_run *run = script_find(sim, id);
    if (!run)
        return;
    struct text *text = frame(sim);
    host_put_wake(text, id.value);
    loaded_tell(run->loaded, text);
}

/* Whatever it still says is of no run any more. */
bool script_cancel(struct sim *sim, struct run_id id)
{
    struct script_run *run = script_find(sim, id);
    if (!run)
        return false;
    struct loaded *loaded = run->loaded;
    script_end(sim, run);
    struct text *text = frame(sim);
    host_put_cancel(text, id.value);
    loaded_tell(loaded, text);
    return true;
}

void script_cut(struct sim *sim)
{
    while (sim->worker.script_count)
        script_cancel(sim, sim->worker.scripts[0].run);
}
