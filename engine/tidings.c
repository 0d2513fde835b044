/* Tidings are what the parts below have to say: each records what happened as
 * an event and returns. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_parts.h"
#include "inquiry.h"
#include "mooncron/inbox.h"
#include "mooncron/memory.h"
#include "news.h"
#include "orders.h"

static void replace(char **place, char *text)
{
    free(*place);
    *place = text;
}

/* Somebody asks for a load: of what comes of it the newest is told to be the
 * cause. `who` may be "". */
static void ask(struct daemon *d, enum loaded_by by, const char *who,
                struct event event)
{
    d->asked = true;
    d->asked_by = by;
    snprintf(d->asked_who, sizeof d->asked_who, "%s", who);
    event.kind = EV_ASK;
    daemon_post(d, &event, NULL);
}

/* We ask ourselves: the file is loaded whatever it is now. */
static void ask_anew(struct daemon *d, enum loaded_by by)
{
    ask(d, by, "",
        (struct event){ .ask = { .cause = ASK_COMMAND, .force = true } });
}

/* Whoever wants Settings first has got none. */
static void ask_failed(struct daemon *d)
{
    if (d->asked_by == LOADED_BY_SIGNAL || d->asked_by == LOADED_BY_COMMAND)
        d->asked = false;
}

/* Somebody put other time zone data in place: jobs get their slots by them. It
 * is looked for with each poll, which costs a stat(2) a zone. */
static void zones_look(struct daemon *d)
{
    if (d->closing || !zones_changed(d->zones))
        return;
    char before[32];
    snprintf(before, sizeof before, "%s", zones_version(d->zones));
    zones_forget(d->zones);
    news_zones(d->log, before, zones_version(d->zones));
    ask_anew(d, LOADED_BY_ZONES);
}

void tidings_of_source(void *data, enum fetch_outcome outcome,
                       const struct facts *facts, const char *failure)
{
    struct daemon *d = data;
    struct event event = { .kind = EV_FETCHED,
                           .fetched = { .outcome = outcome } };
    if (facts)
        event.fetched.facts = *facts;
    if (outcome == FETCH_FAILED || outcome == FETCH_REFUSED)
        ask_failed(d);
    if (failure)
        replace(&d->fetch_failure, memory_string(failure));
    daemon_post(d, &event, NULL);
    daemon_publish_late(d);
    zones_look(d);
}

static void on_loaded(void *data, uint32_t generation, struct jobset *set,
                      const struct mistakes *mistakes, const char *failure)
{
    struct daemon *d = data;
    (void)generation;
    struct event event = { .kind = EV_LOADED,
                           .loaded = { set ? LOAD_OK : LOAD_FAILED, set } };
    struct core_status status = core_status(d->core);
    uint32_t running = status.set ? status.generation : 0;
    if (!set && !d->closing)
        replace(&d->load_failure, news_load_failed(d->log, d->config->file,
                                                   mistakes, failure, running));
    daemon_post(d, &event, NULL);
    if (set || running || d->closing)
        return;
    d->exit_code = EXIT_CONFIG; /* the first file is a bad one */
    daemon_close(d);
}

static void on_request(void *data, const struct host_request *request,
                       const struct run_note *note, uint32_t number)
{
    struct daemon *d = data;
    traffic_scripted(d->traffic, request, note, number);
}

static void on_nap(void *data, uint32_t generation, uint64_t run,
                   uint64_t nap_ms)
{
    (void)generation;
    const struct event event = {
        .kind = EV_NAP, .nap = { .run = { run }, .nap_ms = (int64_t)nap_ms }
    };
    daemon_post(data, &event, NULL);
}

static void on_script_log(void *data, uint32_t generation,
                          const struct host_log *said,
                          const struct run_note *note)
{
    struct daemon *d = data;
    (void)generation;
    news_script(d->log, said, note);
}

static void on_script_ended(void *data, uint32_t generation,
                            const struct host_ended *ended, bool gone)
{
    (void)generation;
    enum cause cause = gone ? CAUSE_SETUP : CAUSE_SCRIPT;
    daemon_post_end(data, (struct run_id){ ended->run },
                    ended->ok ? VERDICT_OK : VERDICT_FAILED,
                    ended->ok ? CAUSE_NONE : cause, ended->failure);
}

/* Its functions are gone. */
static void on_died(void *data, uint32_t generation, const char *how)
{
    struct daemon *d = data;
    if (generation != d->in_force.generation || d->closing)
        return;
    news_died(d->log, generation, how);
    ask_anew(d, LOADED_BY_SCRIPT);
}

const struct generation_events tidings_of_generations = {
    .loaded = on_loaded,
    .request = on_request,
    .nap = on_nap,
    .log = on_script_log,
    .ended = on_script_ended,
    .died = on_died,
};

static void on_declared(void *data, struct run_id run,
                        const struct judgement *judgement)
{
    daemon_post_answer(data, run, judgement);
}

static void on_scripted(void *data, uint32_t generation,
                        const struct host_response *response)
{
    struct daemon *d = data;
    generations_respond(d->generations, generation, response);
}

static void on_version(void *data, const char *version, size_t len)
{
    struct daemon *d = data;
    const char *known = source_settings(d->source)->version;
    if (strlen(known) == len && !memcmp(known, version, len))
        return;
    const struct event event = { .kind = EV_VERSION };
    daemon_post(d, &event, NULL);
}

static void on_beat(void *data, const char *job, const char *why)
{
    struct daemon *d = data;
    news_beat(d->log, job, why);
}

const struct traffic_events tidings_of_traffic = {
    .declared = on_declared,
    .scripted = on_scripted,
    .version = on_version,
    .beat = on_beat,
};

static void on_claimed(void *data, struct run_id run,
                       enum claim_outcome outcome, uint32_t epoch)
{
    const struct event event = {
        .kind = EV_CLAIMED,
        .claimed = { .run = run, .outcome = outcome, .epoch = epoch }
    };
    daemon_post(data, &event, NULL);
}

static void on_store(void *data, bool well, const char *sentence)
{
    (void)sentence;
    if (well)
        daemon_publish_late(data);
    const struct event event = { .kind = EV_STORE, .store = { well } };
    daemon_post(data, &event, NULL);
}

static void stop(struct daemon *d)
{
    const struct event event = { .kind = EV_STOP };
    daemon_post(d, &event, NULL);
    news_stopping(d->log, core_status(d->core).runs, d->config->drain_ms,
                  false);
}

/* Nothing could be fired in this life any more. Whoever watches over the worker
 * starts it anew, unless it was told to stop. */
static void on_damaged(void *data, bool writes)
{
    struct daemon *d = data;
    bool ends = writes && !d->closing && !core_status(d->core).stopping;
    news_damaged(d->log, ends, !writes);
    if (!ends)
        return;
    d->exit_code = EXIT_UNAVAILABLE;
    d->ends_itself = true;
    stop(d);
}

const struct records_events tidings_of_records = {
    .claimed = on_claimed,
    .well = on_store,
    .damaged = on_damaged,
};

static void on_reload(struct daemon *d, const struct ask *asked)
{
    bool webhook = asked->cause == ASK_WEBHOOK;
    ask(d, webhook ? LOADED_BY_WEBHOOK : LOADED_BY_COMMAND, asked->changed_by,
        (struct event){ .ask = { .asker = asked->id,
                                 .cause = asked->cause,
                                 .force = asked->force,
                                 .claim = asked->claim } });
}

void tidings_of_inbox(void *data)
{
    struct daemon *d = data;
    struct ask asked;
    while (!d->closing && inbox_take(d->inbox, &asked)) {
        if (asked.kind == ASK_RELOAD)
            on_reload(d, &asked);
        else if (asked.kind == ASK_ORDER)
            orders_take(d, &asked);
        else
            inquiry_take(d, &asked);
    }
}

/* SIGTERM is how a worker ends on an ordinary day; who presses Ctrl-C, or does
 * not wait for the runs, is told so. What only waits is not waited for: the
 * first stop lets go of it, and tells of what is left. To one that stops by
 * itself the first signal says nothing new. */
static void on_stop(struct daemon *d, int number)
{
    uint32_t runs = core_status(d->core).runs;
    bool again = d->stops++ > 0;
    if (number == SIGINT)
        d->exit_code = EXIT_INTERRUPTED;
    else if (again && runs && d->exit_code == EXIT_OK)
        d->exit_code = EXIT_TERMINATED;
    if (!again && d->ends_itself)
        return;
    if (!again) {
        stop(d);
        return;
    }
    news_stopping(d->log, runs, d->config->drain_ms, true);
    const struct event event = { .kind = EV_STOP };
    daemon_post(d, &event, NULL);
}

void tidings_of_signal(uv_signal_t *handle, int number)
{
    struct daemon *d = handle->data;
    if (d->closing)
        return;
    if (number == SIGHUP)
        ask(d, LOADED_BY_SIGNAL, "",
            (struct event){ .ask = { .cause = ASK_SIGNAL } });
    else
        on_stop(d, number);
}
