/* The listener put together: the gate, the room behind it, and what its
 * handlers share.
 *
 * Stopping is a countdown: the gate closes when the last request was answered,
 * then the room, then everything is freed. */
#include "mooncron/server.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "desk.h"
#include "gate.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "peer.h"
#include "room.h"
#include "signature.h"

/* The gate waits this much longer than any handler does. */
#define ANSWER_SPARE_MS 5000

struct server {
    struct server_config config; /* with strings of its own */
    struct desk desk;
    struct gate *gate;
    struct room *room;
    void (*stopped)(void *data);
    void *data;
};

static char *copy_or_null(const char *string)
{
    return string ? memory_string(string) : NULL;
}

static void copy_config(struct server_config *copy,
                        const struct server_config *config)
{
    *copy = *config;
    copy->host = copy_or_null(config->host);
    copy->webhook_secret = copy_or_null(config->webhook_secret);
    copy->webhook_secret_previous =
        copy_or_null(config->webhook_secret_previous);
    copy->admin_token = copy_or_null(config->admin_token);
}

static void server_free(struct server *server)
{
    rates_free(server->desk.rates);
    replays_free(server->desk.replays);
    free((char *)server->config.host);
    secret_free((char *)server->config.webhook_secret);
    secret_free((char *)server->config.webhook_secret_previous);
    secret_free((char *)server->config.admin_token);
    free(server);
}

/* Said at the start, not by a 401 at night. */
static bool check_secret(const char *secret, const char *name,
                         struct error *reterr)
{
    unsigned char key[SECRET_MAX];
    size_t len;
    if (!secret)
        return true;
    if (*secret == '\0') {
        error_set(reterr, "%s is empty", name);
        return false;
    }
    if (!signature_key(secret, key, &len, reterr)) {
        error_wrap(reterr, "%s", name);
        return false;
    }
    return true;
}

static bool check_config(const struct server_config *config,
                         struct error *reterr)
{
    if (!config->host || !*config->host) {
        error_set(reterr, "listen: the address is empty");
        return false;
    }
    if (config->secret_required && !config->webhook_secret) {
        error_set(reterr, "WORKER_WEBHOOK_SECRET is not set");
        return false;
    }
    return check_secret(config->webhook_secret, "WORKER_WEBHOOK_SECRET",
                        reterr) &&
           check_secret(config->webhook_secret_previous,
                        "WORKER_WEBHOOK_SECRET_PREVIOUS", reterr) &&
           check_secret(config->admin_token, "MOONCRON_ADMIN_TOKEN", reterr);
}

static uint16_t on_enter(void *data)
{
    struct server *server = data;
    return room_enter(server->room);
}

static void on_leave(void *data)
{
    struct server *server = data;
    room_leave(server->room);
}

static void open_desk(struct server *server, struct inbox *inbox,
                      const struct clock *clock, struct log *log)
{
    server->desk = (struct desk){
        .config = &server->config,
        .clock = clock,
        .inbox = inbox,
        .log = log,
        .rates = rates_new(),
        .replays = replays_new(),
    };
    secret_make(server->desk.token, DESK_TOKEN_LEN);
}

static struct gate *open_gate(struct server *server, struct uv_loop_s *loop,
                              struct error *reterr)
{
    uint32_t wait_ms = server->config.webhook_wait_ms;
    if (wait_ms < RELOAD_WAIT_MS)
        wait_ms = RELOAD_WAIT_MS;
    struct gate_config config = {
        .host = server->config.host,
        .port = server->config.port,
        .token = server->desk.token,
        .answer_ms_max = wait_ms + ANSWER_SPARE_MS,
        .inbox = server->desk.inbox,
        .log = server->desk.log,
        .enter = on_enter,
        .leave = on_leave,
        .data = server,
    };
    return gate_start(loop, &config, reterr);
}

struct server *server_start(struct uv_loop_s *loop,
                            const struct server_config *config,
                            struct inbox *inbox, const struct clock *clock,
                            struct log *log, struct error *reterr)
{
    if (!check_config(config, reterr))
        return NULL;
    /* A client that hangs up is an error of its write, not our end. */
    signal(SIGPIPE, SIG_IGN);
    struct server *server = memory_new(sizeof *server);
    copy_config(&server->config, config);
    open_desk(server, inbox, clock, log);
    server->room = room_new(loop, &server->desk, ROOM_IDLE_MS, reterr);
    if (!server->room)
        goto free_server;
    server->gate = open_gate(server, loop, reterr);
    if (!server->gate)
        goto close_room;
    return server;

close_room: /* it was never opened, so nothing but the loop keeps it */
    room_close(server->room, NULL, NULL);
free_server:
    server_free(server);
    return NULL;
}

uint16_t server_port(const struct server *server)
{
    return gate_port(server->gate);
}

bool server_address(const struct server *server, struct sockaddr_storage *ret)
{
    struct peer peer;
    gate_address(server->gate, ret);
    peer_init(&peer, ret);
    return peer.loopback;
}

static void on_room_closed(void *data)
{
    struct server *server = data;
    void (*stopped)(void *data) = server->stopped;
    void *stopped_data = server->data;
    server_free(server);
    stopped(stopped_data);
}

static void on_gate_stopped(void *data)
{
    struct server *server = data;
    room_close(server->room, on_room_closed, server);
}

void server_stop(struct server *server, void (*stopped)(void *data), void *data)
{
    server->stopped = stopped;
    server->data = data;
    gate_stop(server->gate, on_gate_stopped, server);
}
