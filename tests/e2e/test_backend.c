/* The stand-in keeps the backend's half of the contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "client.h"
#include "stand.h"

static const char *const admin[] = {
    "Authorization: users API-Key " STAND_ADMIN_KEY,
    "Content-Type: application/json", NULL
};

static int start(void **state)
{
    static struct stand stand;
    stand_start(&stand, false, NULL);
    *state = &stand;
    return 0;
}

static int stop(void **state)
{
    stand_stop(*state);
    return 0;
}

static const char *at(const struct stand *stand, const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s%s", stand->origin, path);
    return url;
}

/* One row: who asks how, and what the answer is. */
static const struct {
    const char *header;
    int status;
} keys[] = {
    { "Authorization: users API-Key " STAND_ADMIN_KEY, 200 },
    { "x-api-key: " STAND_ADMIN_KEY, 200 },
    { "X-Nothing: 1", 401 },
    { "Authorization: users API-Key wrong", 401 },
    { "Authorization: users API-Key ", 401 },
    { "Authorization: Users API-Key " STAND_ADMIN_KEY, 401 },
    { "Authorization: users  API-Key " STAND_ADMIN_KEY, 401 },
    { "Authorization: users api-key " STAND_ADMIN_KEY, 401 },
    { "Authorization: Bearer " STAND_ADMIN_KEY, 401 },
    { "x-api-key: wrong", 401 },
    { "Authorization: users API-Key " STAND_EDITOR_KEY, 403 },
    { "x-api-key: " STAND_EDITOR_KEY, 403 },
};

static void keys_decide(void **state)
{
    static const char *const paths[] = { "/api/settings", "/api/feed/rank" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *headers[] = { keys[i].header, NULL };
        json_decref(client_expect(keys[i].status, "GET", at(*state, paths[0]),
                                  headers, NULL));
        json_t *json = client_expect(keys[i].status, "POST",
                                     at(*state, paths[1]), headers, "{}");
        if (keys[i].status != 200)
            assert_true(json_is_string(json_object_get(json, "error")));
        json_decref(json);
    }
}

static void settings_have_an_etag(void **state)
{
    struct client_answer first =
        client_send("GET", at(*state, "/api/settings"), admin, NULL);
    assert_int_equal(first.status, 200);
    assert_true(json_is_false(json_object_get(first.json, "enableJobs")));
    assert_true(
        json_is_null(json_object_get(first.json, "schedulerEnvironment")));
    assert_non_null(
        json_string_value(json_object_get(first.json, "updatedAt")));
    assert_non_null(strstr(first.headers, "ETag: \"v1\""));
    assert_non_null(strstr(first.headers, "X-Settings-Version: 1"));
    client_answer_close(&first);

    const char *known[] = { admin[0], "If-None-Match: \"v1\"", NULL };
    struct client_answer second =
        client_send("GET", at(*state, "/api/settings"), known, NULL);
    assert_int_equal(second.status, 304);
    assert_int_equal(second.body_len, 0);
    client_answer_close(&second);

    json_decref(stand_change(*state, "", "{\"enableJobs\":true}"));
    json_t *now =
        client_expect(200, "GET", at(*state, "/api/settings"), known, NULL);
    assert_true(json_is_true(json_object_get(now, "enableJobs")));
    json_decref(now);

    json_t *fetches = stand_fetches(*state, 0, 3, 0);
    assert_int_equal(json_array_size(fetches), 3);
    json_t *call = json_array_get(fetches, 1);
    assert_string_equal(json_string_value(json_object_get(call, "ifNoneMatch")),
                        "\"v1\"");
    assert_int_equal(json_integer_value(json_object_get(call, "status")), 304);
    json_decref(fetches);
}

static void nonsense_changes_nothing(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "7",
        "{\"enableJobs\":\"yes\"}",
        "{\"enableJobs\":null}",
        "{\"schedulerEnvironment\":3}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        json_decref(client_expect(400, "PATCH", at(*state, "/api/settings"),
                                  admin, bodies[i]));
    json_decref(
        client_expect(405, "DELETE", at(*state, "/api/settings"), admin, NULL));
    const char *editor[] = { "x-api-key: " STAND_EDITOR_KEY, NULL };
    json_decref(client_expect(403, "PATCH", at(*state, "/api/settings"), editor,
                              "{\"enableJobs\":true}"));
    json_t *now =
        client_expect(200, "GET", at(*state, "/api/settings"), admin, NULL);
    assert_true(json_is_false(json_object_get(now, "enableJobs")));
    json_decref(now);
}

/* One row: an endpoint, a body, the answer. */
static const struct {
    const char *method, *path, *body;
    int status;
} calls[] = {
    { "POST", "/api/feed/flush", "{}", 200 },
    { "POST", "/api/feed/aggregate", "{}", 200 },
    { "POST", "/api/feed/rank", "{}", 200 },
    { "POST", "/api/hub/build-snapshot", "{\"collection\":\"events\"}", 200 },
    { "POST", "/api/sync/city-counters", "{}", 200 },
    { "POST", "/api/sync/listing-type-counters", "{}", 200 },
    { "POST", "/api/cleanup/temp-media", "{}", 200 },
    { "POST", "/api/cleanup/deleted-listings", "{}", 200 },
    { "GET", "/api/admin/stats", NULL, 200 },
    { "POST", "/api/admin/digest", "{\"day\":\"x\"}", 200 },
    { "POST", "/api/feed/rank", "", 400 },
    { "POST", "/api/feed/rank", "{", 400 },
    { "POST", "/api/hub/build-snapshot", "{}", 400 },
    { "GET", "/api/feed/rank", NULL, 405 },
    { "PUT", "/api/feed/rank", "{}", 405 },
    { "POST", "/api/nothing", "{}", 404 },
};

static void calls_enter_the_ledger(void **state)
{
    size_t count = sizeof calls / sizeof *calls;
    for (size_t i = 0; i < count; i++) {
        json_t *json =
            client_expect(calls[i].status, calls[i].method,
                          at(*state, calls[i].path), admin, calls[i].body);
        assert_int_equal(json_is_true(json_object_get(json, "success")),
                         calls[i].status == 200);
        json_decref(json);
    }
    json_t *ledger = stand_calls(*state, 0, (int64_t)count, 0);
    assert_int_equal(json_array_size(ledger), count);
    size_t i;
    json_t *call;
    json_array_foreach(ledger, i, call)
    {
        const char *path, *user;
        int seq, status;
        assert_int_equal(json_unpack(call, "{s:i, s:s, s:s, s:i}", "seq", &seq,
                                     "path", &path, "user", &user, "status",
                                     &status),
                         0);
        assert_int_equal(seq, i + 1);
        assert_string_equal(path, calls[i].path);
        assert_string_equal(user, "worker@example.org");
        assert_int_equal(status, calls[i].status);
    }
    json_decref(ledger);
}

static void the_ledger_keeps_what_the_worker_says(void **state)
{
    const char *headers[] = { admin[0],
                              "Idempotency-Key: k1",
                              "X-Mooncron-Job: feed-rank",
                              "X-Mooncron-Scheduled-Time: 2026-11-23T12:00:00Z",
                              "X-Mooncron-Attempt: 2",
                              "X-Mooncron-Trigger: schedule",
                              "X-Mooncron-Epoch: 3",
                              NULL };
    json_decref(client_expect(200, "POST", at(*state, "/api/feed/rank"),
                              headers, "{\"a\":1}"));
    json_t *ledger = stand_calls(*state, 0, 1, 0);
    const char *key, *job, *slot, *attempt, *trigger, *epoch, *body;
    assert_int_equal(json_unpack(json_array_get(ledger, 0),
                                 "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                                 "idempotencyKey", &key, "job", &job,
                                 "scheduledTime", &slot, "attempt", &attempt,
                                 "trigger", &trigger, "epoch", &epoch, "body",
                                 &body),
                     0);
    assert_string_equal(key, "k1");
    assert_string_equal(job, "feed-rank");
    assert_string_equal(slot, "2026-11-23T12:00:00Z");
    assert_string_equal(attempt, "2");
    assert_string_equal(trigger, "schedule");
    assert_string_equal(epoch, "3");
    assert_string_equal(body, "{\"a\":1}");
    json_decref(ledger);
}

static int64_t status_of_call(const struct stand *stand, size_t i)
{
    json_t *ledger = stand_calls(stand, 0, (int64_t)i + 1, 0);
    const json_t *status = json_object_get(json_array_get(ledger, i), "status");
    int64_t number = json_is_integer(status) ? json_integer_value(status) : 0;
    json_decref(ledger);
    return number;
}

/* Connected to the stand-in, to which it looks like a long, thin line: two
 * megabytes stand in it until somebody reads them. */
static int thin_line(const struct stand *stand)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(backend_port(stand->backend)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bytes = 4096, segment = 536;
    assert_int_equal(
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    assert_int_equal(
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* The first word of the answer is here, the rest is still leaving. */
static void who_hears_an_answer_finds_it_in_the_ledger(void **state)
{
    static const char call[] = "POST /api/feed/rank HTTP/1.1\r\nHost: x\r\n"
                               "Content-Length: 2\r\n\r\n{}";
    char word[12];
    stand_fault(*state, "/api/feed/rank", "huge", 0, 1);
    int fd = thin_line(*state);
    assert_int_equal(send(fd, call, sizeof call - 1, 0), sizeof call - 1);
    assert_int_equal(recv(fd, word, sizeof word, MSG_WAITALL), sizeof word);
    assert_memory_equal(word, "HTTP/1.1 200", sizeof word);
    assert_int_equal(status_of_call(*state, 0), 200);
    close(fd);
}

/* One row: a fault and what a caller sees; status 0: no answer. */
static const struct {
    const char *kind;
    int status;
    bool json;
} faults[] = {
    { "slow", 200, true },      { "hang", 0, false },
    { "500", 500, true },       { "401", 401, true },
    { "503", 503, true },       { "403", 403, true },
    { "404", 404, true },       { "drop", 0, false },
    { "html", 200, false },     { "huge", 200, true },
    { "redirect", 302, false }, { "wrong-json", 200, false },
};

static void faults_come_when_asked(void **state)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        stand_fault(*state, i % 2 ? "*" : "/api/feed/rank", faults[i].kind, 20,
                    1);
        struct client_answer answer =
            client_send("POST", at(*state, "/api/feed/rank"), admin, "{}");
        if (answer.status != faults[i].status ||
            (answer.json != NULL) != faults[i].json)
            fail_msg("%s: %d %s", faults[i].kind, answer.status, answer.error);
        client_answer_close(&answer);
        json_decref(client_expect(200, "POST", at(*state, "/api/feed/rank"),
                                  admin, "{}"));
    }
}

static void bad_faults_are_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"path\":\"*\"}",
        "{\"path\":\"*\",\"kind\":\"tired\"}",
        "{\"path\":\"*\",\"kind\":\"slow\",\"ms\":-1}",
        "{\"path\":\"*\",\"kind\":\"slow\",\"mss\":1}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        json_decref(client_expect(400, "POST", at(*state, "/_demo/faults"),
                                  NULL, bodies[i]));
    json_decref(
        client_expect(200, "POST", at(*state, "/api/feed/rank"), admin, "{}"));
}

static void *call_rank(void *data)
{
    struct client_answer answer =
        client_send("POST", at(data, "/api/feed/rank"), admin, "{}");
    client_answer_close(&answer);
    return NULL;
}

static void a_call_that_hangs_is_seen_and_let_go(void **state)
{
    stand_fault(*state, "/api/feed/rank", "hang", 60000, 0);
    pthread_t caller;
    pthread_create(&caller, NULL, call_rank, *state);
    json_decref(stand_calls(*state, 0, 1, CLIENT_TIMEOUT_MS));
    assert_int_equal(status_of_call(*state, 0), 0); /* open */
    stand_calm(*state);
    pthread_join(caller, NULL);
    assert_int_equal(status_of_call(*state, 0), -1);
}

/* A stand-in is worker enough to receive a webhook: it answers 404. */
static void a_change_says_what_the_webhook_answered(void **state)
{
    const struct stand *stand = *state;
    struct stand receiver;
    stand_start(&receiver, false, NULL);
    backend_set_worker(stand->backend, receiver.origin);
    json_t *said =
        stand_change(stand, "", "{\"schedulerEnvironment\":\"dev\"}");
    int status;
    const char *environment;
    assert_int_equal(json_unpack(said, "{s:{s:s}, s:{s:i}}", "doc",
                                 "schedulerEnvironment", &environment,
                                 "webhook", "status", &status),
                     0);
    assert_string_equal(environment, "dev");
    assert_int_equal(status, 404);
    json_decref(said);
    stand_stop(&receiver);

    said = stand_change(stand, "", "{\"enableJobs\":true}");
    assert_int_equal(
        json_unpack(said, "{s:{s:i}}", "webhook", "status", &status), 0);
    assert_int_equal(status, 0); /* refused */
    json_decref(said);

    said = stand_change(stand, "?webhook=0", "{\"enableJobs\":false}");
    assert_true(json_is_null(json_object_get(said, "webhook")));
    json_decref(said);
}

static void *change_late(void *data)
{
    json_decref(stand_change(data, "?commit_ms=60000&webhook=0",
                             "{\"enableJobs\":true}"));
    return NULL;
}

/* Payload's order: nobody sees the change before it is committed. Two requests
 * for Settings lie between the start of the change and its commit. */
static void a_change_may_be_seen_late(void **state)
{
    pthread_t changer;
    pthread_create(&changer, NULL, change_late, *state);
    json_t *before =
        client_expect(200, "GET", at(*state, "/api/settings"), admin, NULL);
    assert_true(json_is_false(json_object_get(before, "enableJobs")));
    json_decref(before);
    bool seen = false;
    for (int i = 0; i < 10000 && !seen; i++) {
        stand_calm(*state); /* ends the wait once it has begun */
        json_t *now =
            client_expect(200, "GET", at(*state, "/api/settings"), admin, NULL);
        seen = json_is_true(json_object_get(now, "enableJobs"));
        json_decref(now);
    }
    assert_true(seen);
    pthread_join(changer, NULL);
}

static void it_has_a_page(void **state)
{
    struct client_answer page = client_send("GET", at(*state, "/"), NULL, NULL);
    assert_int_equal(page.status, 200);
    assert_non_null(strstr(page.headers, "text/html"));
    assert_non_null(strstr(page.body, "enableJobs"));
    client_answer_close(&page);
    json_decref(
        client_expect(404, "GET", at(*state, "/favicon.ico"), NULL, NULL));
    json_t *said = client_expect(200, "POST", at(*state, "/_demo/settings"),
                                 NULL, "{\"enableJobs\":true}");
    json_decref(said);
    json_t *now =
        client_expect(200, "GET", at(*state, "/_demo/settings"), NULL, NULL);
    assert_true(json_is_true(json_object_get(now, "enableJobs")));
    json_decref(now);
}

static void a_taken_port_is_a_sentence(void **state)
{
    const struct stand *stand = *state;
    const struct backend_config config = {
        .host = "127.0.0.1",
        .port = backend_port(stand->backend),
    };
    struct error error;
    assert_null(backend_start(&config, &error));
    assert_non_null(strstr(error.text, "cannot listen on 127.0.0.1:"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_decide),
        TEST(settings_have_an_etag),
        TEST(nonsense_changes_nothing),
        TEST(calls_enter_the_ledger),
        TEST(the_ledger_keeps_what_the_worker_says),
        TEST(who_hears_an_answer_finds_it_in_the_ledger),
        TEST(faults_come_when_asked),
        TEST(bad_faults_are_refused),
        TEST(a_call_that_hangs_is_seen_and_let_go),
        TEST(a_change_says_what_the_webhook_answered),
        TEST(a_change_may_be_seen_late),
        TEST(it_has_a_page),
        TEST(a_taken_port_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
