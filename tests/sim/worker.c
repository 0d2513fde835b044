/* The worker: a process around the real core, which carries out what the core
 * says as the daemon does, and may die between any two steps. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "mooncron/mutant.h"
#include "sim.h"

#define POLL_SETTINGS_MS (5 * MINUTE)
#define DRAIN_MS         (30 * SECOND)
#define AGAIN_MS         (10 * SECOND) /* after a start that failed */

/* As a plan names them: the variant, and whether jobs were on. */
static const char *const files[VARIANTS_OK] = { "0", "1", "2", "3" };
static const char *const switches[2] = { "off", "on" };

/* ---- what the core says ---- */

static void do_fetch(struct sim *sim, const struct action *act)
{
    (void)act;
    struct request *request = backend_new(sim, REQUEST_FETCH, NO_JOB);
    sim_await(sim, FAULT_CRASH_FETCH);
    backend_send(sim, request);
}

static bool same_load(const struct loaded_with *a, const struct loaded_with *b)
{
    return b->known && a->version == b->version && a->stamp == b->stamp &&
           a->environment == b->environment && a->enable_jobs == b->enable_jobs;
}

static void do_load(struct sim *sim, const struct action *act)
{
    struct worker *worker = &sim->worker;
    struct loaded_with *with = &worker->loading;
    *with = (struct loaded_with){
        .generation = act->load.generation,
        .variant = sim->variant,
        .version = sim->cached,
        .stamp = sim->stamp,
        .enable_jobs = act->load.enable_jobs,
        .environment = !strcmp(act->load.environment, sim_environments[1]),
        .known = true,
    };
    struct event event = { .kind = EV_LOADED };
    event.loaded.outcome = LOAD_UNCHANGED;
    if (!act->load.force && same_load(with, &worker->in_force)) {
        sim_put_event(sim, 0, &event);
        return;
    }
    struct loaded *loaded = files_load(sim->files, with->variant,
                                       with->environment, with->enable_jobs);
    event.loaded.outcome = loaded->set ? LOAD_OK : LOAD_FAILED;
    if (loaded->set)
        event.loaded.set = jobset_ref(loaded->set);
    else
        sim_hit(sim, FAULT_FILE_BAD);
    sim_await(sim, FAULT_CRASH_LOAD);
    sim_put_event(sim, sim_long(sim, 3, 3 * SECOND), &event);
}

static void do_swap(struct sim *sim, const struct action *act)
{
    struct worker *worker = &sim->worker;
    worker->in_force = worker->loading;
    const struct loaded_with *with = &worker->in_force;
    const struct plan_note plan = {
        .generation = act->swap.report.generation,
        .at = act->swap.report.at,
        .settings = with->version,
        .environment = sim_environments[with->environment],
        .tzdata = switches[with->enable_jobs],
        .file = files[with->variant],
        .jobs = jobset_scheduled(core_status(worker->core).set),
    };
    disk_publish(sim, &plan);
    if (worker->generation_count == worker->generation_cap) {
        worker->generation_cap += 16;
        worker->generations =
            memory_resize(worker->generations, worker->generation_cap,
                          sizeof *worker->generations);
    }
    worker->generations[worker->generation_count++] = (struct generation_file){
        plan.generation, files_load(sim->files, with->variant,
                                    with->environment, with->enable_jobs)
    };
    sim_await(sim, FAULT_CRASH_SWAP);
}

static void ask(struct sim *sim, const struct run_note *note,
                enum request_kind kind)
{
    const struct job *job = note->job;
    struct request *request =
        backend_new(sim, kind, sim_job_number(note->name));
    request->generation = note->generation;
    request->key = note->key;
    request->trigger = note->trigger;
    request->attempt = note->attempt;
    request->epoch = note->epoch;
    request->run = note->run;
    request->timeout_ms = job->timeout_ms;
    request->hub = job->group != JOB_NO_GROUP;
    request->other = job->origin[0] != '\0';
    sim_await(sim, FAULT_CRASH_SENT);
    backend_send(sim, request);
}

static void do_start(struct sim *sim, const struct action *act)
{
    if (act->note.job->function)
        script_start(sim, &act->note, act->note.job->function, "");
    else
        ask(sim, &act->note, REQUEST_CALL);
}

static void do_poll(struct sim *sim, const struct action *act)
{
    ask(sim, &act->note, REQUEST_POLL);
}

static void do_hook(struct sim *sim, const struct action *act)
{
    script_start(sim, &act->note, act->note.function, "it has failed");
}

static void do_wake(struct sim *sim, const struct action *act)
{
    script_wake(sim, act->wake.run);
}

static void do_again(struct sim *sim, const struct action *act)
{
    (void)act;
    sim_await(sim, FAULT_CRASH_RESTING);
}

static void do_finish(struct sim *sim, const struct action *act)
{
    (void)act;
    sim_await(sim, FAULT_CRASH_ANSWERED);
}

static struct request *request_of(struct sim *sim, struct run_id run)
{
    struct backend *backend = &sim->backend;
    for (uint32_t i = backend->count; i-- > 0;) {
        struct request *request = &backend->requests[i];
        if (request->life != sim->worker.life)
            break;
        if (request->run.value == run.value && request->closing == CLOSED_NOT &&
            request->kind != REQUEST_FETCH)
            return request;
    }
    return NULL;
}

static bool may_hang_up(const struct sim *sim, const struct request *request)
{
    return sim->worker.stopping || request->job == sim_job_number("cancel") ||
           sim->worker.generation_count > 8;
}

static void do_cancel(struct sim *sim, const struct action *act)
{
    struct event event = { .kind = EV_ANSWER };
    event.answer.run = act->cancel.note.run;
    event.answer.retry_after_ms = -1;
    event.answer.verdict = VERDICT_FAILED;
    bool scripted = script_cancel(sim, act->cancel.note.run);
    struct request *request = request_of(sim, act->cancel.note.run);
    if (request) {
        request->hung_up = !scripted && !may_hang_up(sim, request);
        if (!scripted && request->arrived_ms != NEVER_MS)
            event.answer.verdict = VERDICT_UNKNOWN;
        backend_close(sim, request, CLOSED_CANCELLED);
    }
    sim_put_event(sim, 0, &event);
}

static void do_reply(struct sim *sim, const struct action *act)
{
    (void)act;
    sim->replies++;
}

static void do_ordered(struct sim *sim, const struct action *act)
{
    sim->orders[act->ordered.outcome]++;
}

static void do_done(struct sim *sim, const struct action *act)
{
    (void)act;
    sim->worker.done = true;
}

typedef void carry_out(struct sim *sim, const struct action *act);

static carry_out *const carry[ACT_DONE + 1] = {
    [ACT_FETCH] = do_fetch,     [ACT_LOAD] = do_load,
    [ACT_SWAP] = do_swap,       [ACT_START] = do_start,
    [ACT_POLL] = do_poll,       [ACT_HOOK] = do_hook,
    [ACT_WAKE] = do_wake,       [ACT_AGAIN] = do_again,
    [ACT_CANCEL] = do_cancel,   [ACT_FINISH] = do_finish,
    [ACT_REPLY] = do_reply,     [ACT_DONE] = do_done,
    [ACT_ORDERED] = do_ordered,
};

/* ---- a step ---- */

static void add_entry(void *data, const struct entry *entry)
{
    disk_add(data, entry, 0);
}

static void write_down(struct sim *sim, const struct action *act)
{
    struct worker *worker = &sim->worker;
    const struct ledger_side side = { .at = sim_wall(sim),
                                      .settings = worker->in_force.version,
                                      .error = "",
                                      .by = "" };
    struct entry entry;
    if (act->kind == ACT_LANES)
        ledger_lanes(worker->core, act, &worker->memory, side.at, add_entry,
                     sim);
    else if (ledger_entry(act, &side, &entry))
        disk_add(sim, &entry, act->kind == ACT_CLAIM ? act->note.run.value : 0);
}

static const char *tell_note(const struct run_note *note, char text[160])
{
    snprintf(text, 160, "%s slot %lld%s, attempt %u, epoch %u, run %llx",
             note->name, (long long)note->key.slot.ms,
             note->key.manual ? " by hand" : "", note->attempt, note->epoch,
             (unsigned long long)note->run.value);
    return text;
}

static const char *const action_names[ACT_DONE + 1] = {
    [ACT_FETCH] = "fetch",       [ACT_LOAD] = "load",
    [ACT_SWAP] = "swap",         [ACT_REPLY] = "reply",
    [ACT_LANES] = "lanes",       [ACT_WAIT] = "wait",
    [ACT_CLAIM] = "claim",       [ACT_START] = "start",
    [ACT_POLL] = "poll",         [ACT_AGAIN] = "again",
    [ACT_CANCEL] = "cancel",     [ACT_FINISH] = "finish",
    [ACT_DROP] = "drop",         [ACT_PASS] = "pass",
    [ACT_HOOK] = "hook",         [ACT_BEAT] = "beat",
    [ACT_WAKE] = "wake",         [ACT_RETIRE] = "retire",
    [ACT_JUMP] = "jump",         [ACT_PAUSE] = "pause",
    [ACT_RESUME] = "resume",     [ACT_CIRCUIT] = "circuit",
    [ACT_DONE] = "done",         [ACT_ORDERED] = "ordered",
    [ACT_ACCEPTED] = "accepted",
};

static void tell_action(struct sim *sim, const struct action *act)
{
    char text[160];
    const char *name = action_names[act->kind];
    switch (act->kind) {
    case ACT_WAIT:
    case ACT_CLAIM:
    case ACT_START:
    case ACT_ACCEPTED:
    case ACT_POLL:
    case ACT_AGAIN:
    case ACT_DROP:
    case ACT_HOOK:
        sim_tell(sim, "  %s %s", name, tell_note(&act->note, text));
        break;
    case ACT_FINISH:
        sim_tell(sim, "  %s %s: %s (%s)", name,
                 tell_note(&act->finish.note, text),
                 verdict_names[act->finish.verdict],
                 act->finish.why ? why_names[act->finish.why] : "answered");
        break;
    case ACT_PASS:
        sim_tell(sim, "  %s %s %lld to %lld, %lld slots: %s %s%s", name,
                 act->pass.job->name, (long long)act->pass.first.ms,
                 (long long)act->pass.last.ms, (long long)act->pass.count,
                 verdict_names[act->pass.verdict], why_names[act->pass.why],
                 act->pass.waited ? ", had waited" : "");
        break;
    case ACT_PAUSE:
    case ACT_RESUME:
        sim_tell(sim, "  %s %s until %lld", name, act->pause.job,
                 (long long)act->pause.until.ms);
        break;
    case ACT_JUMP:
        sim_tell(sim, "  %s %lld ms", name, (long long)act->jump.by_ms);
        break;
    case ACT_SWAP:
        sim_tell(sim, "  %s to generation %u", name,
                 act->swap.report.generation);
        break;
    case ACT_CIRCUIT:
        sim_tell(sim, "  %s \"%s\" %s", name, act->circuit.origin,
                 act->circuit.open ? "opens" : "closes");
        break;
    default:
        sim_tell(sim, "  %s", name);
        break;
    }
}

static void mix_action(struct sim *sim, const struct action *act)
{
    sim_mix(sim, (uint64_t)act->kind);
    if (act->kind == ACT_START || act->kind == ACT_CLAIM)
        sim_mix(sim, (uint64_t)act->note.key.slot.ms ^ act->note.run.value);
}

void worker_step(struct sim *sim, const struct event *event)
{
    struct worker *worker = &sim->worker;
    struct event timed = *event;
    timed.now = sim_clocks(sim);
    worker->update.count = 0;
    sim->steps++;
    core_step(worker->core, &timed, &worker->update);
    for (size_t i = 0; i < worker->update.count; i++) {
        const struct action *act = &worker->update.actions[i];
        mix_action(sim, act);
        if (sim->options.told)
            tell_action(sim, act);
        write_down(sim, act);
        if (carry[act->kind])
            carry[act->kind](sim, act);
    }
    disk_turn(sim);
    worker->alarm_late_ms = sim_chance(sim, 0, 2);
    if (event->kind == EV_LOADED && event->loaded.outcome == LOAD_FAILED &&
        !core_status(worker->core).set)
        worker->done = true; /* the first file is a bad one */
    if (worker->done)
        worker_leave(sim);
}

int64_t worker_due_ms(const struct sim *sim)
{
    const struct worker *worker = &sim->worker;
    if (!worker->core)
        return NEVER_MS;
    struct core_deadline due = core_deadline(worker->core);
    struct now now = sim_clocks(sim);
    int64_t wait_ms = NEVER_MS;
    if (due.wall.ms != NEVER_MS)
        wait_ms = due.wall.ms - now.wall.ms;
    if (due.mono.ms != NEVER_MS && due.mono.ms - now.mono.ms < wait_ms)
        wait_ms = due.mono.ms - now.mono.ms;
    if (wait_ms == NEVER_MS)
        return NEVER_MS;
    if (wait_ms < 0)
        wait_ms = 0;
    int64_t at_ms = sim->now_ms + wait_ms + worker->alarm_late_ms;
    return at_ms > sim->asleep_until_ms ? at_ms : sim->asleep_until_ms;
}

/* ---- answers ---- */

static void fetched(struct sim *sim, const struct request *request)
{
    struct event event = { .kind = EV_FETCHED };
    struct backend *backend = &sim->backend;
    if (request->status == 401)
        event.fetched.outcome = FETCH_REFUSED;
    else if (request->verdict != VERDICT_OK)
        event.fetched.outcome = FETCH_FAILED;
    else if (sim->has_cached && request->version == sim->cached)
        event.fetched.outcome = FETCH_NOT_MODIFIED;
    event.fetched.facts = backend->versions[request->version].facts;
    if (event.fetched.outcome == FETCH_OK) {
        bool older = sim->has_cached && request->version < sim->cached &&
                     core_status(sim->worker.core).settings_known &&
                     !mutant(LAG_WINS);
        if (older)
            event.fetched.outcome = FETCH_NOT_MODIFIED;
        else
            sim->cached = request->version;
        sim->has_cached = true;
    }
    worker_step(sim, &event);
}

void worker_answer(struct sim *sim, uint32_t which)
{
    struct request *request = &sim->backend.requests[which];
    if (request->closing != CLOSED_NOT)
        return;
    bool late = request->cause == CAUSE_TIMEOUT;
    backend_close(sim, request, late ? CLOSED_LATE : CLOSED_ANSWERED);
    sim_tell(sim, "answer to %s: %s, status %u",
             request->job == NO_JOB ? "fetch" : sim_jobs[request->job],
             verdict_names[request->verdict], request->status);
    if (request->kind == REQUEST_FETCH) {
        fetched(sim, request);
        return;
    }
    if (request->kind > REQUEST_POLL) {
        script_answer(sim, request);
        return;
    }
    struct event event = { .kind = EV_ANSWER };
    event.answer.run = request->run;
    event.answer.verdict = request->verdict;
    event.answer.cause = request->cause;
    event.answer.status = request->status;
    event.answer.accepted = request->accepted;
    event.answer.sent = request->arrived_ms != NEVER_MS;
    event.answer.retry_after_ms = request->retry_after_ms;
    bool newer = request->status == 200 && request->version != sim->cached;
    worker_step(sim, &event);
    if (newer && sim->worker.core) {
        const struct event version = { .kind = EV_VERSION };
        sim_put_event(sim, 0, &version);
    }
}

/* ---- life ---- */

void worker_start(struct sim *sim)
{
    struct worker *worker = &sim->worker;
    if (worker->core)
        return;
    if (worker->life == worker->lives_cap) {
        worker->lives_cap = worker->lives_cap ? worker->lives_cap * 2 : 64;
        worker->lives = memory_resize(worker->lives, worker->lives_cap,
                                      sizeof *worker->lives);
    }
    worker->lives[worker->life++] =
        (struct span_of_life){ sim->now_ms, NEVER_MS, NEVER_MS, NEVER_MS };
    worker->stopping = worker->done = false;
    worker->in_force = worker->loading = (struct loaded_with){ 0 };
    worker->generation_count = 0;
    if (!disk_open(sim, &worker->recall)) {
        sim_put(sim, HAPPENS_START, AGAIN_MS, 0, 0);
        return;
    }
    ledger_remember(&worker->recall, &worker->memory);
    struct core_config config = {
        .seed = (uint64_t)sim_chance(sim, 0, INT64_MAX / 2),
        .primary = true,
        .journal = true,
        .fetches = true,
        .memory = worker->memory,
        .has_cached = sim->has_cached,
        .poll_ms = POLL_SETTINGS_MS,
        .drain_ms = DRAIN_MS,
    };
    if (sim->has_cached)
        config.cached = sim->backend.versions[sim->cached].facts;
    sim_tell(sim, "worker: life %u begins", worker->life);
    worker->core = core_new(&config, sim_clocks(sim));
    const struct event event = { .kind = EV_TIME };
    worker_step(sim, &event);
    sim_await(sim, FAULT_CRASH_BOOT);
}

static void hang_up(struct sim *sim)
{
    struct backend *backend = &sim->backend;
    for (uint32_t i = backend->count; i-- > 0;) {
        struct request *request = &backend->requests[i];
        if (request->life != sim->worker.life)
            break;
        if (request->closing == CLOSED_NOT)
            backend_close(sim, request, CLOSED_CRASH);
    }
}

static void worker_end(struct sim *sim)
{
    struct worker *worker = &sim->worker;
    hang_up(sim);
    script_cut(sim);
    worker->lives[worker->life - 1].ended_ms = sim->now_ms;
    if (sim->disk.busy)
        worker->lives[worker->life - 1].stuck_ms = sim->disk.begun_ms;
    core_free(worker->core);
    worker->core = NULL;
    ledger_forget(&worker->memory);
    recall_close(&worker->recall);
}

void worker_crash(struct sim *sim, bool power)
{
    if (!sim->worker.core)
        return;
    sim_tell(sim, "worker: life %u dies", sim->worker.life);
    worker_end(sim);
    disk_cut(sim, power);
    if (power)
        disk_lose_tail(sim);
}

void worker_leave(struct sim *sim)
{
    sim_tell(sim, "worker: life %u leaves", sim->worker.life);
    worker_end(sim);
    disk_drain(sim);
    sim_put(sim, HAPPENS_START, AGAIN_MS, 0, 0);
}

void worker_stop(struct sim *sim)
{
    const struct event event = { .kind = EV_STOP };
    if (!sim->worker.core)
        return;
    if (!sim->worker.stopping)
        sim->worker.lives[sim->worker.life - 1].stopped_ms = sim->now_ms;
    sim->worker.stopping = true;
    sim_await(sim, FAULT_CRASH_DRAIN);
    worker_step(sim, &event);
}

void worker_free(struct sim *sim)
{
    struct worker *worker = &sim->worker;
    if (worker->core)
        worker_end(sim);
    update_close(&worker->update);
    free(worker->scripts);
    free(worker->lives);
    free(worker->generations);
    text_close(&worker->frame);
}
