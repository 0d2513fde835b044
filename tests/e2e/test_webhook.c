/* The webhook at the real program: who may send it, in what form, and what it
 * says of values that the backend does not show yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/text.h"

#include "world.h"

static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'beat' { every = '30s', always = true, scale = false,\n"
    "             post = '/api/sync/city-counters' }\n";

#define HOST   "Host: worker\r\n"
#define SECRET "X-Webhook-Secret: " STAND_SECRET "\r\n"
#define JSON   "Content-Type: application/json\r\n"
#define POST   "POST /webhook/settings-changed HTTP/1.1\r\n" HOST

/* One row: a request as its bytes, and the status of its answer; 0 where the
 * connection may also be closed without one. */
static const struct {
    const char *what, *bytes;
    int status;
} requests[] = {
    { "no secret", POST JSON "Content-Length: 2\r\n\r\n{}", 401 },
    { "wrong secret",
      POST JSON "X-Webhook-Secret: no\r\nContent-Length: 2\r\n\r\n{}", 401 },
    { "empty secret",
      POST JSON "X-Webhook-Secret:\r\nContent-Length: 2\r\n\r\n{}", 401 },
    { "a secret that begins right",
      POST JSON "X-Webhook-Secret: webhook\r\nContent-Length: 2\r\n\r\n{}",
      401 },
    { "GET", "GET /webhook/settings-changed HTTP/1.1\r\n" HOST SECRET "\r\n",
      405 },
    { "PUT",
      "PUT /webhook/settings-changed HTTP/1.1\r\n" HOST SECRET JSON
      "Content-Length: 2\r\n\r\n{}",
      405 },
    { "other path",
      "POST /webhook/settings HTTP/1.1\r\n" HOST SECRET JSON
      "Content-Length: 2\r\n\r\n{}",
      404 },
    { "other type",
      POST SECRET "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
      415 },
    { "a form",
      POST SECRET "Content-Type: application/x-www-form-urlencoded\r\n"
                  "Content-Length: 2\r\n\r\n{}",
      415 },
    { "a cut body", POST SECRET JSON "Content-Length: 20\r\n\r\n{}", 0 },
    { "too large", POST SECRET JSON "Content-Length: 70000\r\n\r\n{\"a\":\"",
      413 },
    { "no JSON", POST SECRET JSON "Content-Length: 2\r\n\r\n{]", 400 },
    { "empty", POST SECRET JSON "Content-Length: 0\r\n\r\n", 400 },
    { "an array", POST SECRET JSON "Content-Length: 2\r\n\r\n[]", 400 },
    { "a wrong type",
      POST SECRET JSON "Content-Length: 20\r\n\r\n{\"enableJobs\":\"yes\"}",
      400 },
    { "chunked",
      POST SECRET JSON "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      501 },
    { "two lengths",
      POST SECRET JSON "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      400 },
    { "no host",
      "POST /webhook/settings-changed HTTP/1.1\r\n" SECRET JSON
      "Content-Length: 2\r\n\r\n{}",
      400 },
    { "garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 0 },
};

static int status_of(const char *answer)
{
    int status = 0;
    sscanf(answer, "HTTP/1.%*d %d", &status);
    return status;
}

static void nonsense_is_refused(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        char *answer = client_raw(world->worker.port, requests[i].bytes,
                                  strlen(requests[i].bytes));
        int status = status_of(answer);
        bool good = requests[i].status ? status == requests[i].status
                                       : status == 0 || status == 400;
        if (!good)
            fail_msg("%s: wanted %d, got: %s", requests[i].what,
                     requests[i].status, answer);
        assert_null(strstr(answer, STAND_SECRET));
        free(answer);
    }
    /* None of it was an ask: the next reload is the second generation. */
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":false}"));
    json_t *event = worker_event(&world->worker, "schedule");
    assert_int_equal(worker_field(event, "generation"), 2);
    json_decref(event);
    worker_drain(&world->worker);
}

static void without_a_secret_it_is_misconfigured(void **state)
{
    struct world *world = *state;
    static const char *const env[] = { "WORKER_WEBHOOK_SECRET", NULL };
    const struct worker_options options = { .env = env };
    world_open(world, schedule, true, "production", &options);
    struct client_answer answer = worker_webhook(&world->worker, "{}");
    assert_int_equal(answer.status, 500);
    assert_string_equal(
        json_string_value(json_object_get(answer.json, "error")),
        "Server misconfigured");
    client_answer_close(&answer);
    worker_drain(&world->worker);
}

static void it_says_what_changed(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    json_t *said = stand_change(&world->stand, "", "{\"enableJobs\":false}");
    const json_t *webhook = json_object_get(said, "webhook");
    const json_t *answer = json_object_get(webhook, "answer");
    assert_int_equal(worker_field(webhook, "status"), 200);
    assert_true(json_is_true(json_object_get(answer, "success")));
    assert_string_equal(json_string_value(json_object_get(answer, "message")),
                        "Schedulers restarted");
    assert_true(json_is_string(json_object_get(answer, "timestamp")));
    assert_int_equal(worker_field(answer, "removed"), 1);
    assert_int_equal(worker_field(answer, "added"), 0);
    assert_int_equal(worker_field(answer, "changed"), 0);
    json_decref(said);
    worker_drain(&world->worker);
}

static void a_broken_file_is_answered_with_500(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    world_write(world, "job 'rank' { every = 20 }\njob 'rank' { evry = 1 }\n");
    json_t *said = stand_change(&world->stand, "", "{\"enableJobs\":false}");
    const json_t *webhook = json_object_get(said, "webhook");
    assert_int_equal(worker_field(webhook, "status"), 500);
    const json_t *answer = json_object_get(webhook, "answer");
    assert_string_equal(json_string_value(json_object_get(answer, "error")),
                        "Failed to restart schedulers");
    const char *message = json_string_value(json_object_get(answer, "message"));
    assert_non_null(strstr(message, "E110"));
    assert_non_null(strstr(message, "E104"));
    json_decref(said);
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
}

/* Payload's order: the webhook leaves before its change can be read. Its
 * values count at once; later fetches see the same and change nothing. */
static void values_count_before_they_can_be_read(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    json_t *fetches = stand_fetches(&world->stand, 0, 1, 5000);
    int64_t before = (int64_t)json_array_size(fetches);
    json_decref(fetches);
    json_t *said =
        stand_change(&world->stand, "?commit_ms=100", "{\"enableJobs\":false}");
    const json_t *answer =
        json_object_get(json_object_get(said, "webhook"), "answer");
    assert_int_equal(worker_field(answer, "removed"), 1);
    json_decref(said);
    json_t *event = worker_event(&world->worker, "schedule");
    assert_int_equal(worker_field(event, "generation"), 2);
    json_decref(event);
    /* At once, after 2 s, after 10 s: each of them sees jobs off or is older
     * than the webhook. No other generation is made of them. */
    json_decref(stand_fetches(&world->stand, before, 3, WORKER_PATIENCE_MS));
    world_await_calls(world, "beat", 2);
    world_write(world, "job 'beat' { every = '30s', always = true,\n"
                       "  scale = false, post = '/api/feed/rank' }\n");
    json_decref(stand_change(&world->stand, "", "{\"enableJobs\":false}"));
    event = worker_event(&world->worker, "schedule");
    assert_int_equal(worker_field(event, "generation"), 3);
    json_decref(event);
    worker_drain(&world->worker);
}

/* A webhook whose change never comes to be: in the end the backend is
 * believed. */
static void in_the_end_the_backend_is_believed(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    struct client_answer answer = worker_webhook(
        &world->worker,
        "{\"enableJobs\":false,\"timestamp\":\"2099-01-01T00:00:00Z\"}");
    assert_int_equal(answer.status, 200);
    client_answer_close(&answer);
    worker_await_generation(&world->worker, 2);
    worker_await_generation(&world->worker, 3);
    world_await_calls(world, "rank", 1);
    worker_drain(&world->worker);
}

static void older_never_beats_newer(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    struct client_answer answer = worker_webhook(
        &world->worker,
        "{\"enableJobs\":false,\"timestamp\":\"2020-01-01T00:00:00Z\"}");
    assert_int_equal(answer.status, 200);
    assert_int_equal(worker_field(answer.json, "schedule"), 1);
    client_answer_close(&answer);
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(nonsense_is_refused),
        WORLD_TEST(without_a_secret_it_is_misconfigured),
        WORLD_TEST(it_says_what_changed),
        WORLD_TEST(a_broken_file_is_answered_with_500),
        WORLD_TEST(values_count_before_they_can_be_read),
        WORLD_TEST(in_the_end_the_backend_is_believed),
        WORLD_TEST(older_never_beats_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
