/* The stand-in for the backend, inside a test. */
#include "stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mooncron/demo.h"

#include "client.h"

void stand_start_at(struct stand *stand, uint16_t port, bool enable_jobs,
                    const char *environment)
{
    const struct backend_user users[] = {
        { "worker@example.org", STAND_ADMIN_KEY, true },
        { "editor@example.org", STAND_EDITOR_KEY, false },
    };
    const struct backend_config config = {
        .host = "127.0.0.1",
        .port = port,
        .users = users,
        .user_count = 2,
        .webhook_secret = STAND_SECRET,
        .enable_jobs = enable_jobs,
        .environment = environment,
    };
    struct error error;
    stand->backend = backend_start(&config, &error);
    if (!stand->backend)
        fail_msg("%s", error.text);
    snprintf(stand->origin, sizeof stand->origin, "http://127.0.0.1:%u",
             backend_port(stand->backend));
}

void stand_start(struct stand *stand, bool enable_jobs, const char *environment)
{
    stand_start_at(stand, 0, enable_jobs, environment);
}

void stand_stop(struct stand *stand)
{
    backend_stop(stand->backend);
    stand->backend = NULL;
}

json_t *stand_change(const struct stand *stand, const char *query,
                     const char *settings)
{
    const char *headers[] = {
        "Authorization: users API-Key " STAND_ADMIN_KEY,
        "Content-Type: application/json",
        NULL,
    };
    char url[256];
    snprintf(url, sizeof url, "%s/api/settings%s", stand->origin, query);
    return client_expect(200, "PATCH", url, headers, settings);
}

/* The reference is taken. */
static void set_fault(const struct stand *stand, json_t *fault)
{
    char url[128];
    snprintf(url, sizeof url, "%s/_demo/faults", stand->origin);
    char *body = json_dumps(fault, JSON_COMPACT);
    json_decref(client_expect(200, "POST", url, NULL, body));
    free(body);
    json_decref(fault);
}

void stand_fault(const struct stand *stand, const char *path, const char *kind,
                 int64_t ms, int64_t times)
{
    set_fault(stand, json_pack("{s:s, s:s, s:I, s:I}", "path", path, "kind",
                               kind, "ms", (json_int_t)ms, "times",
                               (json_int_t)(times ? times : INT64_MAX)));
}

void stand_body(const struct stand *stand, const char *path, const char *body)
{
    set_fault(stand, json_pack("{s:s, s:s, s:s}", "path", path, "kind", "body",
                               "body", body));
}

void stand_calm(const struct stand *stand)
{
    stand_fault(stand, "*", "none", 0, 0);
}

static json_t *ledger_page(const struct stand *stand, const char *what,
                           int64_t seq, int64_t count, int64_t wait_ms)
{
    char url[256];
    snprintf(url, sizeof url, "%s/_demo/%s?after=%lld&count=%lld&wait=%lld",
             stand->origin, what, (long long)seq, (long long)count,
             (long long)wait_ms);
    json_t *page = client_expect(200, "GET", url, NULL, NULL);
    assert_non_null(page);
    return page;
}

int64_t stand_last(const struct stand *stand)
{
    json_t *page = ledger_page(stand, "ledger", INT32_MAX, 0, 0);
    int64_t last = json_integer_value(json_object_get(page, "last"));
    json_decref(page);
    return last;
}

/* Pages until nothing is left that existed when we began to read. */
static json_t *ledger_read(const struct stand *stand, const char *what,
                           int64_t seq, int64_t count, int64_t timeout_ms)
{
    json_t *all = json_array();
    int64_t last;
    json_t *page = ledger_page(stand, what, seq, count, timeout_ms);
    last = json_integer_value(json_object_get(page, "last"));
    if (last - seq < count)
        fail_msg("%lld of %lld calls came in %lld ms", (long long)(last - seq),
                 (long long)count, (long long)timeout_ms);
    for (;;) {
        json_t *entries = json_object_get(page, "entries");
        size_t got = json_array_size(entries);
        json_array_extend(all, entries);
        json_t *newest = got ? json_array_get(entries, got - 1) : NULL;
        int64_t reached =
            newest ? json_integer_value(json_object_get(newest, "seq")) : last;
        json_decref(page);
        if (reached >= last)
            return all;
        page = ledger_page(stand, what, reached, 0, 0);
    }
}

json_t *stand_calls(const struct stand *stand, int64_t seq, int64_t count,
                    int64_t timeout_ms)
{
    return ledger_read(stand, "ledger", seq, count, timeout_ms);
}

json_t *stand_fetches(const struct stand *stand, int64_t seq, int64_t count,
                      int64_t timeout_ms)
{
    return ledger_read(stand, "requests", seq, count, timeout_ms);
}

static int64_t now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

int64_t stand_await_job(const struct stand *stand, int64_t seq, const char *job,
                        int64_t timeout_ms)
{
    int64_t until_ms = now_ms() + timeout_ms;
    while (now_ms() < until_ms) {
        json_t *page =
            ledger_page(stand, "ledger", seq, 1, until_ms - now_ms());
        size_t i;
        json_t *call;
        bool found = false;
        json_array_foreach(json_object_get(page, "entries"), i, call)
        {
            seq = json_integer_value(json_object_get(call, "seq"));
            const char *name = json_string_value(json_object_get(call, "job"));
            found = name && strcmp(name, job) == 0;
            if (found)
                break;
        }
        json_decref(page);
        if (found)
            return seq;
    }
    fail_msg("no call of %s in %lld ms", job, (long long)timeout_ms);
    return 0;
}
