/* The daemon composes the parts and keeps no opinion of its own.
 *
 * A callback from below (alarm, inbox, http, script host, signal) records what
 * happened as an event and returns; one place steps the core with it and
 * carries out what the core decides. An event that comes while that goes on
 * waits in a queue, so the core is never entered twice.
 *
 *   up:    log, clock, loop, alarm, generations, http, source, inbox, server,
 *          records, then the core, which asks for Settings first
 *   down:  ACT_DONE, or a first load that failed: the server lets its visitors
 *          go, transfers end, then script hosts, and the loop runs dry */
#include "daemon.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon_parts.h"
#include "folders.h"
#include "mooncron/heap.h"
#include "mooncron/inbox.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "mooncron/server.h"
#include "news.h"
#include "token.h"

#define WEBHOOK_WAIT_MS 4000 /* its caller gives up after 5 s */

/* ---- events ---- */

static void daemon_drain(struct daemon *d);

void daemon_post(struct daemon *d, const struct event *event, const char *why)
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
    pending->why = why && *why ? memory_string(why) : NULL;
    if (!d->stepping)
        daemon_drain(d);
}

void daemon_post_answer(struct daemon *d, struct run_id run,
                        const struct judgement *judgement)
{
    const struct event event = { .kind = EV_ANSWER,
                                 .answer = { .run = run,
                                             .verdict = judgement->verdict,
                                             .cause = judgement->cause,
                                             .accepted = judgement->accepted,
                                             .sent = judgement->sent,
                                             .status = judgement->status,
                                             .retry_after_ms =
                                                 judgement->retry_after_ms } };
    daemon_post(d, &event, judgement->sentence.text);
}

void daemon_post_end(struct daemon *d, struct run_id run, enum verdict verdict,
                     enum cause cause, const char *why)
{
    const struct event event = { .kind = EV_ANSWER,
                                 .answer = { .run = run,
                                             .verdict = verdict,
                                             .cause = cause,
                                             .retry_after_ms = -1 } };
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
    else if (!status.store_well)
        snprintf(health.line, sizeof health.line,
                 "the store has failed: nothing is fired until it is well");
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

/* ---- steps ---- */

/* What a step may have changed of the health; runs come and go without. */
static bool shows_in_health(const struct event *event)
{
    return event->kind == EV_FETCHED || event->kind == EV_LOADED ||
           event->kind == EV_STORE || event->kind == EV_STOP;
}

static void daemon_step(struct daemon *d, const struct pending *pending)
{
    metrics_event(d->metrics, &pending->event);
    core_step(d->core, &pending->event, &d->update);
    const char *why = pending->why ? pending->why : "";
    for (size_t i = 0; i < d->update.count && !d->closing; i++)
        deed_do(d, &d->update.actions[i], why);
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

static void on_turn(uv_prepare_t *handle)
{
    struct daemon *d = handle->data;
    log_flush(d->log);
    uint64_t now_ns = uv_hrtime(), slept_ns = uv_metrics_idle_time(&d->loop);
    uint64_t slept_now_ns = slept_ns - d->slept_ns;
    metrics_turn(d->metrics,
                 (int64_t)(now_ns - d->turned_ns - slept_now_ns) / 1000);
    d->turned_ns = now_ns;
    d->slept_ns = slept_ns;
}

/* ---- up ---- */

static bool open_signals(struct daemon *d, struct error *reterr)
{
    static const int numbers[DAEMON_SIGNALS] = { SIGHUP, SIGTERM, SIGINT };
    for (size_t i = 0; i < DAEMON_SIGNALS; i++) {
        uv_signal_init(&d->loop, &d->signals[i]);
        d->signals[i].data = d;
        int status =
            uv_signal_start(&d->signals[i], tidings_of_signal, numbers[i]);
        if (status && !reterr->text[0])
            error_set(reterr, "signals: %s", uv_strerror(status));
    }
    return !reterr->text[0];
}

static void open_turn(struct daemon *d)
{
    d->turned_ns = uv_hrtime();
    uv_prepare_init(&d->loop, &d->turn);
    d->turn.data = d;
    uv_prepare_start(&d->turn, on_turn);
}

static bool open_http(struct daemon *d, struct error *reterr)
{
    const struct http_config http = config_http(d->config);
    d->http = http_new(&d->loop, &http, reterr);
    if (!d->http)
        return false;
    const struct traffic_config traffic = {
        .http = d->http,
        .clock = &d->clock,
        .calls_max = d->config->calls_max,
        .calls_per_origin_max = d->config->calls_per_origin_max,
    };
    d->traffic = traffic_new(&traffic, &tidings_of_traffic, d);
    d->source = source_new(d->config, d->options->settings_file, d->http,
                           &d->clock, d->log, tidings_of_source, d);
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
        .looks_public = config->status == STATUS_PUBLIC,
        .webhook_wait_ms = WEBHOOK_WAIT_MS,
    };
    d->server =
        server_start(&d->loop, &server, d->inbox, &d->clock, d->log, reterr);
    if (!d->server) {
        d->exit_code = EXIT_UNAVAILABLE;
        return false;
    }
    /* Token and copy of Settings are one worker's. */
    if (!folders_lock(config, reterr)) {
        d->exit_code = EXIT_UNAVAILABLE;
        return false;
    }
    if (d->token)
        d->token_owed = !token_publish(config, d->token, d->log);
    struct sockaddr_storage address;
    bool loopback = server_address(d->server, &address);
    http_avoid(d->http, &address);
    news_listening(d->log, config->listen_host, server_port(d->server),
                   loopback);
    return true;
}

void daemon_publish_late(struct daemon *d)
{
    if (d->token_owed && !d->closing)
        d->token_owed = !token_publish_late(d->config, d->token, d->log);
}

/* The folder is locked by now: the store is nobody else's. */
static bool open_records(struct daemon *d, struct error *reterr)
{
    if (d->options->forgetful)
        log_write(d->log, LOG_WARN, "store",
                  "no journal is kept (--state none): a restart forgets what "
                  "was due, what ran, and what is paused");
    d->records =
        records_open(&d->loop, d->config, !d->options->forgetful, &d->clock,
                     d->log, &tidings_of_records, d, reterr);
    if (!d->records) /* a disk that is full, a file in use: it may pass */
        d->exit_code = EXIT_UNAVAILABLE;
    return d->records != NULL;
}

/* A dry run may stand beside the worker that it looks at: it takes neither its
 * port nor its folder. */
static bool open_outside(struct daemon *d, struct error *reterr)
{
    d->inbox = inbox_new(&d->loop, tidings_of_inbox, d, reterr);
    if (!d->inbox)
        return false;
    if (!d->options->dry_run)
        return open_server(d, reterr) && open_records(d, reterr);
    source_keep_nothing(d->source);
    return true;
}

/* Before the core may end one of them. */
static void recall_pauses(struct daemon *d)
{
    const struct recall *recall = records_recall(d->records);
    for (size_t i = 0; i < recall->pause_count; i++)
        recent_pause(d->recent, &recall->pauses[i]);
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
                                .journal = d->records != NULL,
                                .poll_ms = d->config->poll_ms,
                                .drain_ms = d->config->drain_ms };
    if (d->records) {
        recall_pauses(d);
        core.memory = *records_memory(d->records);
    }
    core.has_cached = source_cached(d->source, &core.cached);
    d->core = core_new(&core, clock_now(&d->clock));
}

static bool daemon_open(struct daemon *d, struct error *reterr)
{
    d->recent = recent_new();
    d->metrics = metrics_new(clock_now(&d->clock).wall);
    open_turn(d);
    d->generations = generations_new(&d->loop, &tidings_of_generations,
                                     d->config->load_timeout_ms, d->zones, d);
    if (!open_signals(d, reterr))
        return false;
    d->clerk = clerk_new(&d->loop, reterr);
    d->alarm =
        d->clerk ? alarm_new(&d->loop, &d->clock, on_ring, d, reterr) : NULL;
    if (!d->alarm)
        return false;
    if (!d->options->dry_run && !folders_open(d->config, &d->exit_code, reterr))
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

/* A call that is cut off still has its end told, to the host that asked for it:
 * hosts go when no call is left. */
static void on_calls_ended(void *data)
{
    struct daemon *d = data;
    generations_free(d->generations, on_part_closed, d);
    d->generations = NULL;
}

void daemon_close(struct daemon *d)
{
    if (d->closing)
        return;
    d->closing = true;
    if (d->inbox)
        inbox_close(d->inbox);
    if (d->server)
        server_stop(d->server, on_part_closed, d);
    if (d->http)
        http_close(d->http, on_calls_ended, d);
    else
        on_calls_ended(d);
    if (d->alarm)
        alarm_close(d->alarm);
    if (d->records)
        records_close(d->records, on_part_closed, d);
    if (d->clerk)
        clerk_close(d->clerk, on_part_closed, d);
    /* Signals are still heard, so that they do not kill, and are no reason to
     * stay. */
    for (size_t i = 0; i < DAEMON_SIGNALS; i++)
        uv_unref((uv_handle_t *)&d->signals[i]);
    uv_unref((uv_handle_t *)&d->turn);
}

/* The last handles, when every part has closed. */
static void signals_close(struct daemon *d)
{
    for (size_t i = 0; i < DAEMON_SIGNALS; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
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
    records_free(d->records);
    recent_free(d->recent);
    metrics_free(d->metrics);
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
        uv_update_time(&d->loop); /* a store may take seconds to open */
        on_ring(d);
    } else {
        log_write(d->log, LOG_ERROR, "main", "%s", err.text);
        daemon_close(d);
    }
    uv_run(&d->loop, UV_RUN_DEFAULT);
    signals_close(d);
}

/* libuv aborts where there is no descriptor for its signals: whether there is
 * one is seen before. */
static int loop_init(uv_loop_t *loop)
{
    uv_file pair[2];
    int status = uv_pipe(pair, 0, 0);
    if (status)
        return status;
    close(pair[0]);
    close(pair[1]);
    status = uv_loop_init(loop);
    return status ? status : uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
}

static bool loop_open(struct daemon *d)
{
    int status = loop_init(&d->loop);
    if (!status)
        return true;
    d->exit_code = EXIT_UNAVAILABLE;
    log_write(d->log, LOG_ERROR, "main", "make the loop: %s",
              uv_strerror(status));
    zones_free(d->zones);
    return false;
}

int daemon_run(const struct daemon_options *options)
{
    heap_gather();
    struct daemon *d = memory_new(sizeof *d);
    d->options = options;
    d->config = options->config;
    clock_init(&d->clock, d->config->time_scale, d->config->time_start);
    const struct log_config log = {
        .level = d->config->log_level,
        .json = d->config->log_format == LOG_FORMAT_JSON,
        .colour = options->colour,
        .fd = STDERR_FILENO,
    };
    d->log = log_new(&log, &d->clock);
    redact(d);
    d->zones = zones_new(d->config->zones);
    /* A file that may not grow is a full disk: its write fails, we go on. */
    signal(SIGXFSZ, SIG_IGN);
    news_start(d->log, d->config->file, d->config->primary,
               zones_version(d->zones));
    if (loop_open(d)) {
        daemon_live(d);
        daemon_free(d);
        int status = uv_loop_close(&d->loop);
        assert(!status);
    }
    log_free(d->log);
    int exit_code = d->exit_code;
    free(d);
    return exit_code;
}
