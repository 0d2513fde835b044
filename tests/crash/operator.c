/* The operator speaks to the worker's API as the commands of the program do. */
#include "operator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

#include "client.h"

#define PAUSE_FOR "48h" /* longer than any point */

static const char *const paths[] = {
    [DEMAND_PAUSE] = "pause",     [DEMAND_RESUME] = "resume",
    [DEMAND_TRIGGER] = "run",     [DEMAND_BACKFILL] = "backfill",
    [DEMAND_CANCEL] = "backfill",
};

/* ---- what was said ---- */

/* 503 may be of any of these; whatever has no `outcome` is not the order's. */
static enum answer answer_of(const struct client_answer *said)
{
    const char *outcome =
        json_string_value(json_object_get(said->json, "outcome"));
    if (said->status == 200 || said->status == 202)
        return ANSWER_DONE;
    if (!outcome)
        return ANSWER_NONE;
    return strcmp(outcome, "unsettled") ? ANSWER_REFUSED : ANSWER_UNSETTLED;
}

static int64_t slot_of(const json_t *run)
{
    const char *text = json_string_value(json_object_get(run, "slot"));
    struct wall at;
    if (!text || !rfc3339_parse(text, strlen(text), &at))
        fail_msg("a run without a slot");
    return at.ms;
}

static int64_t number_of(const json_t *json, const char *name)
{
    const json_t *number = json_object_get(json, name);
    if (!json_is_integer(number))
        fail_msg("an answer without \"%s\"", name);
    return json_integer_value(number);
}

static int64_t said_of(enum demand demand, const json_t *json)
{
    switch (demand) {
    case DEMAND_TRIGGER:
        return slot_of(json_object_get(json, "run"));
    case DEMAND_BACKFILL:
        return number_of(json, "runs");
    case DEMAND_CANCEL:
        return number_of(json, "cancelled");
    case DEMAND_RESUME:
        return number_of(json, "missed");
    case DEMAND_PAUSE:
        break;
    }
    return -1;
}

/* ---- giving ---- */

static json_t *body_of(const struct order *order, bool dry_run)
{
    char from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
    json_t *body =
        json_pack("{s:s, s:s}", "by", order->by, "reason", order->reason);
    rfc3339_format((struct wall){ order->from_ms }, 0, from);
    rfc3339_format((struct wall){ order->to_ms }, 0, to);
    if (order->demand == DEMAND_PAUSE)
        json_object_set_new(body, "for", json_string(PAUSE_FOR));
    if (order->demand == DEMAND_BACKFILL) {
        json_object_set_new(body, "from", json_string(from));
        json_object_set_new(body, "to", json_string(to));
        json_object_set_new(body, "dry_run", json_boolean(dry_run));
    }
    if (order->demand == DEMAND_CANCEL)
        json_object_set_new(body, "cancel", json_true());
    return body;
}

/* By the token that the life has left in its folder. */
static struct client_answer order_send(struct scene *scene,
                                       const struct order *order, bool dry_run)
{
    char url[192], bearer[160];
    char *token = scratch_read(&scene->scratch, "state/admin.token");
    json_t *body = body_of(order, dry_run);
    char *text = json_dumps(body, JSON_COMPACT);
    snprintf(url, sizeof url, "%s/api/v1/jobs/%s/%s", scene->worker.origin,
             order->job, paths[order->demand]);
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %.*s",
             token ? (int)strcspn(token, "\n") : 0, token ? token : "");
    const char *const headers[] = { bearer, "Content-Type: application/json",
                                    NULL };
    struct client_answer answer = client_send("POST", url, headers, text);
    free(text);
    json_decref(body);
    free(token);
    return answer;
}

static void give(struct scene *scene, const struct order *wanted)
{
    struct orders *orders = &scene->orders;
    scene_listen(scene, 0);
    if (!scene_alive(scene))
        return;
    assert_true(orders->count < ORDERS_MAX);
    struct order *order = &orders->list[orders->count++];
    *order = *wanted;
    order->said = -1;
    snprintf(order->by, sizeof order->by, "hand-%zu", orders->count);
    snprintf(order->reason, sizeof order->reason, "reason-%zu", orders->count);
    order->seq = stand_last(&scene->stand);
    struct client_answer said = order_send(scene, order, false);
    order->answer = answer_of(&said);
    order->known_ms = scene_now_ms(scene) + SCENE_AHEAD_MS;
    if (order->answer == ANSWER_DONE)
        order->said = said_of(order->demand, said.json);
    client_answer_close(&said);
}

void operator_pause(struct scene *scene, const char *job)
{
    give(scene, &(struct order){ .demand = DEMAND_PAUSE, .job = job });
}

void operator_resume(struct scene *scene, const char *job)
{
    give(scene, &(struct order){ .demand = DEMAND_RESUME, .job = job });
}

void operator_trigger(struct scene *scene, const char *job)
{
    give(scene, &(struct order){ .demand = DEMAND_TRIGGER, .job = job });
}

/* The oldest slot of the job that was ordered so far. */
static int64_t oldest_ms(const struct scene *scene, const char *job)
{
    int64_t oldest_ms = scene->began_ms / HOUR_MS * HOUR_MS;
    for (size_t i = 0; i < scene->orders.count; i++) {
        const struct order *order = &scene->orders.list[i];
        if (order->demand == DEMAND_BACKFILL && !strcmp(order->job, job))
            oldest_ms = order->from_ms;
    }
    return oldest_ms;
}

void operator_backfill(struct scene *scene, const char *job, int64_t slots)
{
    int64_t before_ms = oldest_ms(scene, job);
    give(scene, &(struct order){ .demand = DEMAND_BACKFILL,
                                 .job = job,
                                 .from_ms = before_ms - slots * HOUR_MS,
                                 .to_ms = before_ms - HOUR_MS,
                                 .slots = slots });
}

void operator_cancel(struct scene *scene, const char *job)
{
    give(scene, &(struct order){ .demand = DEMAND_CANCEL, .job = job });
}

/* ---- afterwards ---- */

void operator_trust(struct scene *scene)
{
    for (size_t i = 0; i < scene->orders.count; i++) {
        struct order *order = &scene->orders.list[i];
        if (order->answer == ANSWER_UNSETTLED)
            order->answer = ANSWER_DONE;
    }
}

/* A cancel that was done before the backfill was is given after it, too. */
static bool is_wanted_again(const struct orders *orders,
                            const struct order *order)
{
    if (order->demand != DEMAND_BACKFILL && order->demand != DEMAND_CANCEL)
        return false;
    for (const struct order *at = orders->list; at < order; at++)
        if (at->again && !strcmp(at->job, order->job))
            return true;
    return order->answer == ANSWER_NONE || order->answer == ANSWER_UNSETTLED;
}

bool operator_repeat(struct scene *scene)
{
    bool done = true;
    for (size_t i = 0; i < scene->orders.count; i++) {
        struct order *order = &scene->orders.list[i];
        order->again = false;
        if (!is_wanted_again(&scene->orders, order))
            continue;
        struct client_answer said = order_send(scene, order, false);
        order->again = true;
        order->answer = answer_of(&said);
        order->said = -1; /* it tells of what was not there already */
        done = done && order->answer == ANSWER_DONE;
        client_answer_close(&said);
    }
    return done;
}

/* The run of the order of this number. */
static bool is_over(struct scene *scene, int64_t number)
{
    const struct order *order = &scene->orders.list[number];
    char url[256], slot[RFC3339_TEXT_MAX];
    rfc3339_format((struct wall){ order->said }, 0, slot);
    snprintf(url, sizeof url, "%s/api/v1/jobs/%s/runs/%s~manual",
             scene->worker.origin, order->job, slot);
    struct client_answer said = client_send("GET", url, NULL, NULL);
    bool over = json_is_string(json_object_get(said.json, "verdict"));
    client_answer_close(&said);
    if (!over)
        scene_listen(scene, SCENE_SLICE_MS);
    return over;
}

bool operator_follow(struct scene *scene)
{
    for (size_t i = 0; i < scene->orders.count; i++) {
        const struct order *order = &scene->orders.list[i];
        if (order->demand == DEMAND_TRIGGER && order->said >= 0 &&
            !scene_await(scene, is_over, (int64_t)i))
            return false;
    }
    return true;
}

/* None of the slots of the backfill of this number waits, or is being run. */
static bool is_seen_off(struct scene *scene, int64_t number)
{
    const struct order *order = &scene->orders.list[number];
    struct client_answer said = order_send(scene, order, true);
    const json_t *waiting = json_object_get(said.json, "waiting");
    bool off = json_is_integer(waiting) && !json_integer_value(waiting);
    client_answer_close(&said);
    if (!off)
        scene_listen(scene, SCENE_SLICE_MS);
    return off;
}

bool operator_see_off(struct scene *scene)
{
    for (size_t i = 0; i < scene->orders.count; i++)
        if (scene->orders.list[i].demand == DEMAND_BACKFILL &&
            !scene_await(scene, is_seen_off, (int64_t)i))
            return false;
    return true;
}
