/* The daemon composes the parts and keeps no opinion of its own.
 *
 * A callback from below (alarm, inbox, http, script host, signal) records what
 * happened as an event and returns; one place steps the core with it and
 * carries out what the core decides. An event that comes while that goes on
 * waits in a queue, so the core is never entered twice.
 *
 *   up:    log, clock, loop, alarm, generations, http, source, inbox, server,
 *          then the core, which asks for Settings first
 *   down:  ACT_DONE, or a first load that failed: the server lets its visitors
 *          go, transfers and script hosts end, and the loop runs dry */
#include "daemon.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "generations.h"
#include "mooncron/clock.h"
#include "mooncron/inbox.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "mooncron/server.h"
#include "mooncron/zones.h"
#include "news.h"
#include "source.h"
#include "stamps.h"
#include "token.h"
#include "traffic.h"

#define WEBHOOK_WAIT_MS 4000 /* its caller gives up after 5 s */

/* An event that waits for its step, and why it is what it is, for the log. */
struct pending {
    struct event event;
    char *why; /* owned; or NULL */
};

/* What a generation was, or is being, loaded with. */
struct loaded_with {
    uint32_t generation;
    bool enable_jobs;
    char environment[ENVIRONMENT_MAX + 1];
    uint64_t digest;
};

struct daemon {
    const struct daemon_options *options;
    const struct config *config;
    struct clock clock;
    struct log *log;
    uv_loop_t loop;
    uv_prepare_t turn; /* writes the log before the loop sleeps */
    uv_signal_t signals[3];
    bool signals_open;
    struct alarm *alarm;
    struct generations *generations;
    struct zones *zones;
    struct http *http;
    struct traffic *traffic;
    struct source *source;
    struct inbox *inbox;
    struct server *server;
    char *token; /* the admin token that we made up, or NULL */

    struct core *core;
    struct update update;
    struct pending *queue;
    size_t queue_first, queue_count, queue_cap;
    bool stepping, closing;
    unsigned stops;

    struct loaded_with loading, in_force;
    char *fetch_failure, *load_failure; /* what the last asker is told */
    int exit_code;
};

/* ---- events ---- */

static void daemon_drain(struct daemon *d);

static void daemon_post(struct daemon *d, const struct event *event,
                        const char *why)
{
    if (d->closing) {
        if (event->kind == EV_LOADED)
            jobset_unref(event->loaded.set);
        return;
    }
    if (d->queue_count == d->queue_cap) {
        d->queue_cap = d->queue_cap ? d->queue_cap * 2 : 16;
        d->queue = memory_resize(d->queue, d->queue_cap, sizeof *d->queue);
    }
    struct pending *pending = &d->queue[d->queue_count++];
    pending->event = *event;
    pending->event.now = clock_now(&d->clock);
    pending->why = why && *why ? memory_copy(why, strlen(why)) : NULL;
    if (!d->stepping)
        daemon_drain(d);
}

static void answer_post(struct daemon *d, struct run_id run,
                        enum verdict verdict, const char *why)
{
    const struct event event = { .kind = EV_ANSWER,
                                 .answer = { run, verdict } };
    daemon_post(d, &event, why);
}

static void on_ring(void *data)
{
    const struct event event = { .kind = EV_TIME };
    daemon_post(data, &event, NULL);
}

/* ---- health ---- */

static void health_update(struct daemon *d)
{
    struct core_status status = core_status(d->core);
    struct health health = { .ready = false };
    bool known = status.settings_known || d->options->settings_file;
    struct facts cached;
    if (d->closing || status.stopping)
        snprintf(health.line, sizeof health.line, "stopping: %u runs left",
                 status.runs);
    else if (!status.set)
        snprintf(health.line, sizeof health.line, "starting: no schedule yet");
    else if (!known && !source_cached(d->source, &cached))
        snprintf(health.line, sizeof health.line,
                 "no Settings yet: only jobs that are always on run");
    else {
        health.ready = true;
        snprintf(
            health.line, sizeof health.line, "ok: schedule %u, %u jobs, %s",
            status.generation, jobset_scheduled(status.set),
            status.fetch_failures ? "Settings are not answering" : "ready");
    }
    inbox_set_health(d->inbox, &health);
}

/* ---- what the core decides ---- */

static void do_fetch(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    source_fetch(d->source, act->fetch.believe_older);
}

static void do_load(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    const struct settings *settings = source_settings(d->source);
    struct loaded_with *with = &d->loading;
    with->generation = act->load.generation;
    with->enable_jobs = act->load.enable_jobs;
    with->digest = settings->facts.digest;
    memcpy(with->environment, act->load.environment, sizeof with->environment);
    const struct jobset *set = core_status(d->core).set;
    bool zones = zones_changed(d->zones);
    if (zones)
        zones_forget(d->zones);
    if (!act->load.force && set && !zones &&
        with->digest == d->in_force.digest &&
        with->enable_jobs == d->in_force.enable_jobs &&
        !strcmp(with->environment, d->in_force.environment) &&
        stamps_current(set)) {
        news_unchanged(d->log, d->in_force.generation);
        const struct event event = { .kind = EV_LOADED,
                                     .loaded = { LOAD_UNCHANGED, NULL } };
        daemon_post(d, &event, NULL);
        return;
    }
    char *json =
        settings_overlay(settings, with->enable_jobs, with->environment);
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

static void do_swap(struct daemon *d, const struct action *act, const char *why)
{
    (void)why;
    struct core_status status = core_status(d->core);
    d->in_force = d->loading;
    alarm_set(d->alarm, core_deadline(d->core));
    news_schedule(d->log, act, &status, clock_wall_ns(&d->clock));
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
    inbox_answer(d->inbox, act->reply.asker, &act->reply.report, message);
}

static void do_print(struct daemon *d, const struct action *act)
{
    struct text line;
    text_init(&line, 64 << 10);
    call_describe(act->start.job, act->start.slot, &line);
    fputs(line.data, stdout);
    fflush(stdout);
    text_close(&line);
    answer_post(d, act->start.run, VERDICT_OK, NULL);
}

static void do_start(struct daemon *d, const struct action *act,
                     const char *why)
{
    (void)why;
    if (d->options->dry_run)
        do_print(d, act);
    else if (act->start.job->function)
        generations_start(d->generations, act->start.generation, act->start.run,
                          act->start.job, act->start.slot);
    else
        traffic_declared(d->traffic, act->start.run, act->start.job,
                         act->start.slot);
}

/* Of a declared run the traffic tells the end; of a scripted one nobody does
 * any more. */
static void do_cancel(struct daemon *d, const struct action *act,
                      const char *why)
{
    (void)why;
    news_cancel(d->log, act);
    bool scripted = generations_cancel(d->generations, act->cancel.generation,
                                       act->cancel.run.value);
    traffic_cancel(d->traffic, act->cancel.run);
    if (scripted)
        answer_post(d, act->cancel.run, VERDICT_FAILED, act->cancel.because);
}

static void do_finish(struct daemon *d, const struct action *act,
                      const char *why)
{
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

static void daemon_close(struct daemon *d);

static void do_done(struct daemon *d, const struct action *act, const char *why)
{
    (void)act, (void)why;
    daemon_close(d);
}

typedef void carry_out(struct daemon *d, const struct action *act,
                       const char *why);

static carry_out *const carry[] = {
    [ACT_FETCH] = do_fetch,   [ACT_LOAD] = do_load,   [ACT_SWAP] = do_swap,
    [ACT_REPLY] = do_reply,   [ACT_START] = do_start, [ACT_CANCEL] = do_cancel,
    [ACT_FINISH] = do_finish, [ACT_PASS] = do_pass,   [ACT_WAKE] = do_wake,
    [ACT_RETIRE] = do_retire, [ACT_JUMP] = do_jump,   [ACT_DONE] = do_done,
};

/* What a step may have changed of the health; runs come and go without. */
static bool shows_in_health(const struct event *event)
{
    return event->kind == EV_FETCHED || event->kind == EV_LOADED ||
           event->kind == EV_STOP;
}

static void daemon_step(struct daemon *d, const struct pending *pending)
{
    core_step(d->core, &pending->event, &d->update);
    const char *why = pending->why ? pending->why : "";
    for (size_t i = 0; i < d->update.count && !d->closing; i++)
        carry[d->update.actions[i].kind](d, &d->update.actions[i], why);
    d->update.count = 0;
    if (shows_in_health(&pending->event))
        health_update(d);
}

static void daemon_drain(struct daemon *d)
{
    d->stepping = true;
    while (d->queue_first < d->queue_count) {
        struct pending pending = d->queue[d->queue_first++];
        if (!d->closing)
            daemon_step(d, &pending);
        else if (pending.event.kind == EV_LOADED)
            jobset_unref(pending.event.loaded.set);
        free(pending.why);
    }
    d->queue_first = d->queue_count = 0;
    d->stepping = false;
    if (!d->closing)
        alarm_set(d->alarm, core_deadline(d->core));
}

/* ---- news from below ---- */

static void replace(char **place, char *text)
{
    free(*place);
    *place = text;
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
    const struct event event = {
        .kind = EV_ASK, .ask = { .cause = ASK_COMMAND, .force = true }
    };
    daemon_post(d, &event, NULL);
}

static void on_fetched(void *data, enum fetch_outcome outcome,
                       const struct facts *facts, const char *failure)
{
    struct daemon *d = data;
    struct event event = { .kind = EV_FETCHED,
                           .fetched = { .outcome = outcome } };
    if (facts)
        event.fetched.facts = *facts;
    if (failure)
        replace(&d->fetch_failure, memory_copy(failure, strlen(failure)));
    daemon_post(d, &event, NULL);
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

static void on_request(void *data, uint32_t generation,
                       const struct host_request *request,
                       const struct job *job, struct wall slot, uint32_t number)
{
    struct daemon *d = data;
    traffic_scripted(d->traffic, generation, request, job, slot, number);
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
                          const struct host_log *said, const struct job *job)
{
    struct daemon *d = data;
    (void)generation;
    news_script(d->log, said, job);
}

static void on_script_ended(void *data, uint32_t generation,
                            const struct host_ended *ended)
{
    (void)generation;
    answer_post(data, (struct run_id){ ended->run },
                ended->ok ? VERDICT_OK : VERDICT_FAILED, ended->failure);
}

/* Its functions are gone: the file is loaded again, whatever it is now. */
static void on_died(void *data, uint32_t generation, const char *how)
{
    struct daemon *d = data;
    if (generation != d->in_force.generation || d->closing)
        return;
    news_died(d->log, generation, how);
    const struct event event = {
        .kind = EV_ASK, .ask = { .cause = ASK_COMMAND, .force = true }
    };
    daemon_post(d, &event, NULL);
}

static const struct generation_events generation_events = {
    .loaded = on_loaded,
    .request = on_request,
    .nap = on_nap,
    .log = on_script_log,
    .ended = on_script_ended,
    .died = on_died,
};

static void on_declared(void *data, struct run_id run, enum verdict verdict,
                        const char *why)
{
    answer_post(data, run, verdict, why);
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

static const struct traffic_events traffic_events = {
    .declared = on_declared,
    .scripted = on_scripted,
    .version = on_version,
};

static void on_asks(void *data)
{
    struct daemon *d = data;
    struct ask ask;
    while (!d->closing && inbox_take(d->inbox, &ask)) {
        const struct event event = { .kind = EV_ASK,
                                     .ask = { .asker = ask.id,
                                              .cause = ask.cause,
                                              .force = ask.force,
                                              .claim = ask.claim } };
        daemon_post(d, &event, NULL);
    }
}

static void on_hangup(struct daemon *d)
{
    const struct event event = { .kind = EV_ASK,
                                 .ask = { .cause = ASK_SIGNAL } };
    daemon_post(d, &event, NULL);
}

/* SIGTERM is how a worker ends on an ordinary day; who presses Ctrl-C, or does
 * not wait for the runs, is told so. */
static void on_stop(struct daemon *d, int number)
{
    uint32_t runs = core_status(d->core).runs;
    bool again = d->stops++ > 0;
    if (number == SIGINT)
        d->exit_code = EXIT_INTERRUPTED;
    else if (again && runs && d->exit_code == EXIT_OK)
        d->exit_code = EXIT_TERMINATED;
    news_stopping(d->log, runs, again);
    const struct event event = { .kind = EV_STOP };
    daemon_post(d, &event, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *d = handle->data;
    if (d->closing)
        return;
    if (number == SIGHUP)
        on_hangup(d);
    else
        on_stop(d, number);
}

static void on_turn(uv_prepare_t *handle)
{
    struct daemon *d = handle->data;
    log_flush(d->log);
}

/* ---- up ---- */

static bool open_signals(struct daemon *d, struct error *reterr)
{
    static const int numbers[3] = { SIGHUP, SIGTERM, SIGINT };
    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&d->loop, &d->signals[i]);
        d->signals[i].data = d;
        int status = uv_signal_start(&d->signals[i], on_signal, numbers[i]);
        if (status && !reterr->text[0])
            error_set(reterr, "signals: %s", uv_strerror(status));
    }
    uv_prepare_init(&d->loop, &d->turn);
    d->turn.data = d;
    uv_prepare_start(&d->turn, on_turn);
    d->signals_open = true;
    return !reterr->text[0];
}

/* Beside what it is for, this shows at the start that the folder is ours. */
static bool open_state(const struct config *config, struct error *reterr)
{
    const char *folder = config->state_directory;
    if (mkdir(folder, 0700) && errno != EEXIST) {
        error_set(reterr, "state folder %s (STATE_DIRECTORY): %s", folder,
                  strerror(errno));
        return false;
    }
    char probe[4096];
    snprintf(probe, sizeof probe, "%s/.probe-%d", folder, (int)getpid());
    int fd = open(probe, O_CREAT | O_WRONLY | O_CLOEXEC | O_EXCL, 0600);
    if (fd < 0) {
        error_set(reterr,
                  "state folder %s (STATE_DIRECTORY) is not writable: "
                  "%s",
                  folder, strerror(errno));
        return false;
    }
    close(fd);
    unlink(probe);
    return true;
}

static bool open_http(struct daemon *d, struct error *reterr)
{
    const struct config *config = d->config;
    const struct http_config http = {
        .backend_url = config->backend_url,
        .api_key = config->api_key,
        .api_key_collection = config->api_key_collection,
        .allow_hosts = config->allow_hosts,
        .https_only = config->https_only,
        .ca_file = config->ca_file,
        .client_cert = config->client_cert,
        .client_key = config->client_key,
        .connect_timeout_ms = config->connect_timeout_ms,
    };
    d->http = http_new(&d->loop, &http, reterr);
    if (!d->http)
        return false;
    d->traffic = traffic_new(d->http, &traffic_events, d);
    d->source = source_new(config, d->options->settings_file, d->http,
                           &d->clock, d->log, on_fetched, d);
    return true;
}

static bool open_server(struct daemon *d, struct error *reterr)
{
    const struct config *config = d->config;
    if (!config->admin_token)
        d->token = token_make(d->log);
    const struct server_config server = {
        .host = config->listen_host,
        .port = config->listen_port,
        .webhook_secret = config->webhook_secret,
        .webhook_secret_previous = config->webhook_secret_previous,
        .webhook_signature_only =
            config->webhook_auth == WEBHOOK_AUTH_SIGNATURE,
        .admin_token = config->admin_token ? config->admin_token : d->token,
        .admin_loopback_only = !config->admin_token,
        .webhook_wait_ms = WEBHOOK_WAIT_MS,
    };
    d->server =
        server_start(&d->loop, &server, d->inbox, &d->clock, d->log, reterr);
    if (!d->server) {
        d->exit_code = EXIT_UNAVAILABLE;
        return false;
    }
    if (d->token)
        token_publish(config, d->token, d->log);
    struct sockaddr_storage address;
    bool loopback = server_address(d->server, &address);
    http_avoid(d->http, &address);
    news_listening(d->log, config->listen_host, server_port(d->server),
                   loopback);
    return true;
}

/* A dry run may stand beside the worker that it looks at: it takes neither its
 * port nor its folder. */
static bool open_outside(struct daemon *d, struct error *reterr)
{
    d->inbox = inbox_new(&d->loop, on_asks, d, reterr);
    if (!d->inbox)
        return false;
    if (!d->options->dry_run)
        return open_server(d, reterr);
    source_keep_nothing(d->source);
    return true;
}

static void open_core(struct daemon *d)
{
    uint64_t seed;
    char hex[17];
    secret_make(hex, 16);
    seed = strtoull(hex, NULL, 16);
    struct core_config core = { .seed = seed,
                                .primary = d->config->primary,
                                .fetches = true,
                                .poll_ms = d->config->poll_ms,
                                .drain_ms = d->config->drain_ms };
    core.has_cached = source_cached(d->source, &core.cached);
    d->core = core_new(&core, clock_now(&d->clock));
}

static bool daemon_open(struct daemon *d, struct error *reterr)
{
    d->generations = generations_new(&d->loop, &generation_events,
                                     d->config->load_timeout_ms, d->zones, d);
    if (!open_signals(d, reterr))
        return false;
    d->alarm = alarm_new(&d->loop, &d->clock, on_ring, d, reterr);
    if (!d->alarm)
        return false;
    if (!d->options->dry_run && !open_state(d->config, reterr))
        return false;
    if (!open_http(d, reterr) || !open_outside(d, reterr))
        return false;
    open_core(d);
    health_update(d);
    return true;
}

/* ---- down ---- */

static void on_part_closed(void *data)
{
    (void)data; /* the loop runs dry when the last part has closed */
}

/* Each part closes in its own time; the loop ends with the last of them. */
static void daemon_close(struct daemon *d)
{
    if (d->closing)
        return;
    d->closing = true;
    if (d->inbox)
        inbox_close(d->inbox);
    if (d->server)
        server_stop(d->server, on_part_closed, d);
    if (d->http)
        http_close(d->http, on_part_closed, d);
    generations_free(d->generations, on_part_closed, d);
    d->generations = NULL;
    if (d->alarm)
        alarm_close(d->alarm);
    /* Signals are still heard, so that they do not kill, and are no reason to
     * stay. */
    for (size_t i = 0; i < 3 && d->signals_open; i++)
        uv_unref((uv_handle_t *)&d->signals[i]);
    if (d->signals_open)
        uv_unref((uv_handle_t *)&d->turn);
}

/* The last handles, when every part has closed. */
static void signals_close(struct daemon *d)
{
    for (size_t i = 0; i < 3 && d->signals_open; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    if (d->signals_open)
        uv_close((uv_handle_t *)&d->turn, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

static void daemon_free(struct daemon *d)
{
    if (d->inbox)
        inbox_free(d->inbox);
    traffic_free(d->traffic);
    source_free(d->source);
    core_free(d->core);
    zones_free(d->zones);
    update_close(&d->update);
    token_discard(d->config, d->token);
    free(d->queue);
    free(d->fetch_failure);
    free(d->load_failure);
}

static void redact(struct daemon *d)
{
    const struct config *config = d->config;
    const char *const secrets[] = { config->api_key, config->webhook_secret,
                                    config->webhook_secret_previous,
                                    config->admin_token };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (secrets[i])
            log_redact(d->log, secrets[i]);
}

/* Asks for the first fetch by letting the core look at the time. */
static void daemon_live(struct daemon *d)
{
    struct error err = { "" };
    d->exit_code = EXIT_CONFIG; /* what most starts fail of */
    if (daemon_open(d, &err)) {
        d->exit_code = EXIT_OK;
        on_ring(d);
    } else {
        log_write(d->log, LOG_ERROR, "main", "%s", err.text);
        daemon_close(d);
    }
    uv_run(&d->loop, UV_RUN_DEFAULT);
    signals_close(d);
}

int daemon_run(const struct daemon_options *options)
{
    struct daemon *d = memory_new(sizeof *d);
    d->options = options;
    d->config = options->config;
    clock_init(&d->clock, d->config->time_scale, (struct wall){ 0 });
    const struct log_config log = {
        .level = d->config->log_level,
        .json = d->config->log_format == LOG_FORMAT_JSON,
        .colour = options->colour,
        .fd = STDERR_FILENO,
    };
    d->log = log_new(&log, &d->clock);
    redact(d);
    d->zones = zones_new(d->config->zones);
    news_start(d->log, d->config->file, d->config->primary,
               zones_version(d->zones));
    int status = uv_loop_init(&d->loop);
    assert(!status);
    daemon_live(d);
    daemon_free(d);
    status = uv_loop_close(&d->loop);
    assert(!status);
    log_free(d->log);
    int exit_code = d->exit_code;
    free(d);
    return exit_code;
}
