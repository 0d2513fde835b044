/* A deed is an action of the core, carried out: one function a kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "mooncron/inbox.h"
#include "news.h"
#include "orders.h"
#include "remembering.h"
#include "stamps.h"
#include "warnings.h"

static void do_fetch(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    source_fetch(d->source, act->fetch.believe_older);
}

const char *const loaded_by_names[LOADED_BYS] = {
    [LOADED_BY_START] = "start",     [LOADED_BY_POLL] = "poll",
    [LOADED_BY_WEBHOOK] = "webhook", [LOADED_BY_COMMAND] = "command",
    [LOADED_BY_SIGNAL] = "signal",   [LOADED_BY_ZONES] = "zones",
    [LOADED_BY_SCRIPT] = "script",
};

/* Whoever asked last: the load is theirs, and that of all before. */
static void note_asker(struct daemon *d, struct loaded_with *with, bool first)
{
    with->by = first ? LOADED_BY_START : LOADED_BY_POLL;
    with->who[0] = '\0';
    if (d->asked && !first) {
        with->by = d->asked_by;
        memcpy(with->who, d->asked_who, sizeof with->who);
    }
    d->asked = false;
}

/* By Settings and file; of zones others know. */
static bool is_in_force(const struct daemon *d, const struct loaded_with *with,
                        const struct jobset *set)
{
    return set && with->digest == d->in_force.digest &&
           with->enable_jobs == d->in_force.enable_jobs &&
           !strcmp(with->environment, d->in_force.environment) &&
           stamps_current(set);
}

static void load_begin(struct daemon *d, const struct loaded_with *with)
{
    char *json = settings_overlay(source_settings(d->source), with->enable_jobs,
                                  with->environment);
    struct host_load load = { .path = d->config->file,
                              .environment = with->environment[0]
                                                 ? with->environment
                                                 : d->config->node_env,
                              .settings = json,
                              .zones = d->config->zones,
                              .now = clock_now(&d->clock).wall,
                              .enable_jobs = with->enable_jobs };
    load.vars = config_script_vars(d->config, &load.var_count);
    generations_open(d->generations, with->generation, &load);
    free(json);
}

static void do_load(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    struct loaded_with *with = &d->loading;
    with->generation = act->load.generation;
    with->enable_jobs = act->load.enable_jobs;
    with->digest = source_settings(d->source)->facts.digest;
    memcpy(with->environment, act->load.environment, sizeof with->environment);
    const struct jobset *set = core_status(d->core).set;
    note_asker(d, with, !set);
    bool zones = zones_changed(d->zones);
    if (zones)
        zones_forget(d->zones);
    if (act->load.force || zones || !is_in_force(d, with, set)) {
        load_begin(d, with);
        return;
    }
    news_unchanged(d->log, d->in_force.generation);
    const struct event event = { .kind = EV_LOADED,
                                 .loaded = { LOAD_UNCHANGED, NULL } };
    daemon_post(d, &event, NULL);
}

static bool is_allowed(const void *whose, const char *url)
{
    return http_origin(whose, url) < HTTP_ORIGINS_MAX - 1;
}

/* The first call would be the first to find out, and may be a day away. */
static void tell_origins(struct daemon *d, const struct jobset *set)
{
    struct mistakes warnings = { 0 };
    warnings_find_origins(set, is_allowed, d->http, &warnings);
    news_warnings(d->log, &warnings);
    mistakes_clear(&warnings);
}

static void do_swap(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    struct core_status status = core_status(d->core);
    d->in_force = d->loading;
    const struct plan_note plan = {
        .generation = act->swap.report.generation,
        .at = act->swap.report.at,
        .settings = d->in_force.digest,
        .environment = d->in_force.environment,
        .tzdata = zones_version(d->zones),
        .file = d->config->file,
        .jobs = jobset_scheduled(status.set),
    };
    records_publish(d->records, &plan);
    metrics_swap(d->metrics, (struct jobset *)status.set);
    alarm_set(d->alarm, core_deadline(d->core));
    news_schedule(d->log, act, &status, clock_wall_ns(&d->clock));
    tell_origins(d, status.set);
}

static void do_reply(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    const char *message = NULL;
    if (act->reply.report.outcome == RELOAD_FETCH_FAILED)
        message = d->fetch_failure;
    else if (act->reply.report.outcome == RELOAD_LOAD_FAILED)
        message = d->load_failure;
    else if (act->reply.report.outcome == RELOAD_STALE)
        d->asked = false; /* it asked for nothing */
    inbox_answer(d->inbox, act->reply.asker, &act->reply.report, message);
}

static void do_print(struct daemon *d, const struct action *act)
{
    struct text line;
    text_init(&line, 64 << 10);
    call_describe(act->note.job, act->note.key.slot, &line);
    fputs(line.data, stdout);
    fflush(stdout);
    text_close(&line);
    daemon_post_end(d, act->note.run, VERDICT_OK, CAUSE_NONE, NULL);
}

static void do_start(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    if (d->options->dry_run)
        do_print(d, act);
    else if (act->note.job->function)
        generations_start(
            d->generations,
            &(struct generation_start){ .note = act->note,
                                        .function = act->note.job->function,
                                        .error = "" });
    else
        traffic_declared(d->traffic, &act->note);
}

static void do_poll(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    traffic_poll(d->traffic, &act->note);
}

static void do_beat(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    traffic_beat(d->traffic, act->note.job);
}

/* Of a declared run the traffic tells the end; of a scripted one nobody does
 * any more. Whether a request had left with which it is cut off says what is
 * known of it. */
static void do_cancel(struct daemon *d, const struct action *act,
                      const char *why)
{
    (void)why;
    const struct run_note *note = &act->cancel.note;
    news_cancel(d->log, act);
    bool scripted =
        generations_cancel(d->generations, note->generation, note->run.value);
    bool sent = traffic_cancel(d->traffic, note->run);
    if (scripted)
        daemon_post_end(d, note->run, sent ? VERDICT_UNKNOWN : VERDICT_FAILED,
                        CAUSE_NONE, act->cancel.because);
}

static void do_finish(struct daemon *d, const struct action *act,
                      const char *why)
{
    traffic_forget(d->traffic, act->finish.note.run);
    news_finish(d->log, act, why);
}

static void do_pass(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    news_pass(d->log, act);
}

static void do_wake(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    generations_wake(d->generations, act->wake.generation, act->wake.run.value);
}

static void do_retire(struct daemon *d, const struct action *act,
                      const char *why)
{
    (void)why;
    generations_close(d->generations, act->retire.generation);
}

static void do_jump(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    news_jump(d->log, act);
}

/* `why` is of the run that it is called after. */
static void do_hook(struct daemon *d, const struct action *act, const char *why)
{
    generations_start(
        d->generations,
        &(struct generation_start){
            .note = act->note, .function = act->note.function, .error = why });
}

/* A hook's own failure is only told. */
static void do_drop(struct daemon *d, const struct action *act, const char *why)
{
    traffic_forget(d->traffic, act->note.run);
    if (act->note.function && why[0])
        news_hook(d->log, act, why);
}

static void do_accepted(struct daemon *d, const struct action *act,
                        const char *why)
{
    (void)why;
    int64_t now_ms = clock_now(&d->clock).wall.ms;
    news_accepted(d->log, act, (struct wall){ now_ms + act->note.left_ms });
}

static void do_again(struct daemon *d, const struct action *act,
                     const char *why)
{
    news_again(d->log, act, why);
}

static void do_circuit(struct daemon *d, const struct action *act,
                       const char *why)
{
    (void)why;
    news_circuit(d->log, act, d->config->backend_url);
}

static void do_pause(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    news_pause(d->log, act);
}

static void do_ordered(struct daemon *d, const struct action *act,
                       const char *why)
{
    (void)why;
    orders_answer(d, &act->ordered);
}

static void do_lanes(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    recent_sweep(d->recent, core_status(d->core).set,
                 clock_now(&d->clock).wall);
    if (!act->lanes.before)
        remembering_begin(d);
}

static void do_done(struct daemon *d, const struct action *act, const char *why)
{
    (void)act, (void)why;
    daemon_close(d);
}

typedef void carry_out(struct daemon *d, const struct action *act,
                       const char *why);

static carry_out *const carry[] = {
    [ACT_FETCH] = do_fetch,       [ACT_LOAD] = do_load,
    [ACT_SWAP] = do_swap,         [ACT_REPLY] = do_reply,
    [ACT_START] = do_start,       [ACT_CANCEL] = do_cancel,
    [ACT_FINISH] = do_finish,     [ACT_PASS] = do_pass,
    [ACT_WAKE] = do_wake,         [ACT_POLL] = do_poll,
    [ACT_BEAT] = do_beat,         [ACT_AGAIN] = do_again,
    [ACT_HOOK] = do_hook,         [ACT_DROP] = do_drop,
    [ACT_PAUSE] = do_pause,       [ACT_RESUME] = do_pause,
    [ACT_CIRCUIT] = do_circuit,   [ACT_ORDERED] = do_ordered,
    [ACT_LANES] = do_lanes,       [ACT_RETIRE] = do_retire,
    [ACT_JUMP] = do_jump,         [ACT_DONE] = do_done,
    [ACT_ACCEPTED] = do_accepted,
};

static const char *or_empty(const char *string)
{
    return string ? string : "";
}

/* Slots that were passed over answer to no attempt; those of a pause to whoever
 * paused the job, which is told no more once the pause is over, and those of a
 * backfill that was taken back to whoever did that. */
static void side_of_pass(const struct daemon *d, const struct action *act,
                         struct ledger_side *side)
{
    const struct recent_job *job = recent_of(d->recent, act->pass.job->name);
    side->by = side->error = "";
    if (act->pass.why == WHY_PAUSED && job) {
        side->by = or_empty(job->pause.by);
        side->error = or_empty(job->pause.reason);
    } else if (act->pass.why == WHY_CANCELLED && d->order) {
        side->by = d->order->order.by;
        side->error = d->order->order.reason;
    }
}

/* No answer came with what ends it: a circuit that has opened, say. Its row
 * and its hook have the sentence all the same. */
static const char *why_of(const struct daemon *d, const struct action *act,
                          const char *why)
{
    const char *known = NULL;
    if (*why)
        return why;
    if (act->kind == ACT_FINISH && act->finish.verdict != VERDICT_OK)
        known = recent_failure(d->recent, &act->finish.note);
    else if (act->kind == ACT_HOOK && act->note.ended != VERDICT_OK)
        known = recent_failure(d->recent, &act->note);
    return known ? known : why;
}

void deed_do(struct daemon *d, const struct action *act, const char *answer)
{
    const char *why = why_of(d, act, answer);
    struct ledger_side side = { .at = clock_now(&d->clock).wall,
                                .settings = d->in_force.digest,
                                .error = why,
                                .by = orders_by(d, act) };
    if (act->kind == ACT_PASS)
        side_of_pass(d, act, &side);
    records_action(d->records, d->core, act, &side);
    recent_action(d->recent, act, why, side.at);
    metrics_action(d->metrics, act, side.at);
    if (carry[act->kind])
        carry[act->kind](d, act, why);
}
