/* The Settings that the stand-in keeps, and how a change becomes visible.
 *
 * As in Payload a change has two steps: it is proposed, which is when hooks
 * run and the webhook leaves, and committed, which is when readers see it. */
#include "board.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"

#include "patience.h"

struct board {
    pthread_mutex_t lock; /* of all below */
    json_t *settings;
    uint64_t version;
    int64_t changed_ms; /* of the newest proposal */
};

static json_t *environment_json(const char *environment)
{
    return environment && *environment ? json_string(environment) : json_null();
}

/* Later than every change before it, so that order is never in doubt. */
static void stamp(struct board *board, json_t *settings, const char *field)
{
    int64_t now_ms = patience_wall_ns() / 1000000;
    if (now_ms <= board->changed_ms)
        now_ms = board->changed_ms + 1;
    board->changed_ms = now_ms;
    char text[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ now_ms }, 0, text);
    json_object_set_new(settings, field, json_string(text));
}

struct board *board_new(bool enable_jobs, const char *environment)
{
    struct board *board = memory_new(sizeof *board);
    pthread_mutex_init(&board->lock, NULL);
    board->version = 1;
    board->settings = json_object();
    json_object_set_new(board->settings, "enableJobs",
                        json_boolean(enable_jobs));
    json_object_set_new(board->settings, "schedulerEnvironment",
                        environment_json(environment));
    json_object_set_new(board->settings, "siteName", json_string("Stand-in"));
    stamp(board, board->settings, "createdAt");
    stamp(board, board->settings, "updatedAt");
    return board;
}

void board_free(struct board *board)
{
    if (!board)
        return;
    json_decref(board->settings);
    pthread_mutex_destroy(&board->lock);
    free(board);
}

void board_read(struct board *board, struct board_view *ret)
{
    pthread_mutex_lock(&board->lock);
    ret->json = json_dumps(board->settings, JSON_COMPACT);
    uint64_t version = board->version;
    pthread_mutex_unlock(&board->lock);
    snprintf(ret->version, sizeof ret->version, "%llu",
             (unsigned long long)version);
    snprintf(ret->etag, sizeof ret->etag, "\"v%s\"", ret->version);
}

static bool check(json_t *values, struct error *reterr)
{
    json_t *jobs = json_object_get(values, "enableJobs");
    json_t *environment = json_object_get(values, "schedulerEnvironment");
    if (!json_is_object(values))
        error_set(reterr, "the body is no JSON object");
    else if (jobs && !json_is_boolean(jobs))
        error_set(reterr, "enableJobs must be true or false");
    else if (environment && !json_is_string(environment) &&
             !json_is_null(environment))
        error_set(reterr, "schedulerEnvironment must be a string or null");
    else
        return true;
    return false;
}

bool board_propose(struct board *board, json_t *values,
                   struct board_change *ret, struct error *reterr)
{
    if (!check(values, reterr))
        return false;
    pthread_mutex_lock(&board->lock);
    ret->values = json_deep_copy(values);
    ret->settings = json_deep_copy(board->settings);
    stamp(board, ret->values, "updatedAt");
    json_object_update(ret->settings, ret->values);
    pthread_mutex_unlock(&board->lock);
    return true;
}

/* Two proposals may be open at once: each writes its own fields only. */
void board_commit(struct board *board, const struct board_change *change)
{
    pthread_mutex_lock(&board->lock);
    json_object_update(board->settings, change->values);
    board->version++;
    pthread_mutex_unlock(&board->lock);
}

void board_change_close(struct board_change *change)
{
    json_decref(change->values);
    json_decref(change->settings);
    change->values = change->settings = NULL;
}
