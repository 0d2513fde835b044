/* A call's headers, and what answers mean, by tables. */
#include "call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

static struct wall at(const char *text)
{
    struct wall wall;
    assert_true(rfc3339_parse(text, strlen(text), &wall));
    return wall;
}

/* ---- headers ---- */

static const struct job job = {
    .name = "feed.rank",
    .target = "/api/feed/rank?a=b",
    .body = "{}",
    .headers = "X-Own: 1\nX-Other: two\n",
    .digest = 0x1234,
    .on_failure = 11,
    .on_success = 12,
    .on_recover = 13,
    .timeout_ms = 30000,
    .method = METHOD_POST,
};

static struct run_note note_of(const char *slot)
{
    return (struct run_note){
        .run = { 77 },
        .generation = 3,
        .job = &job,
        .key = { .slot = at(slot) },
        .trigger = TRIGGER_SCHEDULE,
        .attempt = 1,
        .epoch = 1,
    };
}

/* All header lines of a call, apart. */
struct lines {
    char block[CALL_OWN_MAX];
    const char *list[HTTP_HEADERS_MAX + 16];
    size_t count;
};

static struct lines *lines_of(const struct call *call)
{
    static struct lines lines;
    lines.count = 0;
    snprintf(lines.block, sizeof lines.block, "%s",
             call->request.block ? call->request.block : "");
    for (char *at = lines.block; *at;) {
        size_t len = strcspn(at, "\r\n");
        char *next = at + len + (at[len] ? 2 : 0);
        assert_true(!at[len] || (at[len + 1] == '\n' && *next));
        at[len] = '\0';
        lines.list[lines.count++] = at;
        at = next;
    }
    for (size_t i = 0; i < call->request.header_count; i++)
        lines.list[lines.count++] = call->request.headers[i];
    return &lines;
}

/* The value of a header that is there once, or "". */
static const char *value(const struct call *call, const char *name)
{
    const struct lines *lines = lines_of(call);
    const char *found = "";
    size_t len = strlen(name);
    for (size_t i = 0; i < lines->count; i++) {
        const char *line = lines->list[i];
        if (strncmp(line, name, len) != 0 || strncmp(line + len, ": ", 2) != 0)
            continue;
        assert_string_equal(found, "");
        found = line + len + 2;
    }
    return found;
}

static void test_declared(void **state)
{
    (void)state;
    struct call call;
    struct run_note note = note_of("2026-11-23T14:00:00Z");
    call_declared(&call, &note);
    assert_string_equal(value(&call, "Idempotency-Key"),
                        "feed.rank/2026-11-23T14:00:00Z");
    assert_string_equal(value(&call, "X-Mooncron-Job"), "feed.rank");
    assert_string_equal(value(&call, "X-Mooncron-Scheduled-Time"),
                        "2026-11-23T14:00:00Z");
    assert_string_equal(value(&call, "X-Mooncron-Attempt"), "1");
    assert_string_equal(value(&call, "X-Mooncron-Trigger"), "schedule");
    assert_string_equal(value(&call, "X-Mooncron-Epoch"), "1");
    assert_string_equal(value(&call, "X-Own"), "1");
    assert_string_equal(value(&call, "X-Other"), "two");
    assert_int_equal(lines_of(&call)->count, 9);
    assert_int_equal(call.request.method, METHOD_POST);
    assert_string_equal(call.request.url, job.target);
    assert_string_equal(call.request.body, "{}");
    assert_int_equal(call.request.body_len, 2);
    assert_int_equal(call.request.timeout_ms, 30000);
}

/* Attempts, catch-up and workers: everything of a run but its slot. */
static void test_the_key_is_the_slots(void **state)
{
    (void)state;
    static const struct {
        enum trigger trigger;
        uint32_t attempt, epoch;
        uint64_t run;
        const char *name;
    } runs[] = {
        { TRIGGER_SCHEDULE, 2, 1, 77, "schedule" },
        { TRIGGER_CATCH_UP, 1, 2, 1, "catch_up" },
        { TRIGGER_BACKFILL, UINT32_MAX, UINT32_MAX, UINT64_MAX, "backfill" },
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char attempt[12], epoch[12];
        struct call call;
        struct run_note note = note_of("2026-11-23T14:00:00.250Z");
        note.run.value = runs[i].run;
        note.trigger = runs[i].trigger;
        note.attempt = runs[i].attempt;
        note.epoch = runs[i].epoch;
        snprintf(attempt, sizeof attempt, "%u", (unsigned)note.attempt);
        snprintf(epoch, sizeof epoch, "%u", (unsigned)note.epoch);
        call_declared(&call, &note);
        assert_string_equal(value(&call, "Idempotency-Key"),
                            "feed.rank/2026-11-23T14:00:00.250Z");
        assert_string_equal(value(&call, "X-Mooncron-Trigger"), runs[i].name);
        assert_string_equal(value(&call, "X-Mooncron-Attempt"), attempt);
        assert_string_equal(value(&call, "X-Mooncron-Epoch"), epoch);
    }
}

static void test_a_manual_run_is_none_of_a_slot(void **state)
{
    (void)state;
    struct call call;
    struct run_note note = note_of("2026-11-23T14:00:00Z");
    note.key.manual = true;
    note.trigger = TRIGGER_MANUAL;
    call_declared(&call, &note);
    assert_string_equal(value(&call, "Idempotency-Key"),
                        "feed.rank/2026-11-23T14:00:00Z/manual");
    assert_string_equal(value(&call, "X-Mooncron-Trigger"), "manual");
}

/* "00-<32 hex: trace>-<16 hex: span>-01" */
static void trace_of(const struct run_note *note, char trace[33], char span[17])
{
    struct call call;
    call_declared(&call, note);
    const char *parent = value(&call, "traceparent");
    assert_int_equal(strlen(parent), 55);
    assert_int_equal(strspn(parent, "0123456789abcdef-"), 55);
    assert_int_equal(
        sscanf(parent, "00-%32[0-9a-f]-%16[0-9a-f]-01", trace, span), 2);
    assert_int_equal(strlen(trace), 32);
    assert_int_equal(strlen(span), 16);
}

static void test_attempts_are_spans_of_one_trace(void **state)
{
    (void)state;
    char traces[6][33], spans[6][17];
    struct run_note notes[6];
    for (size_t i = 0; i < 6; i++)
        notes[i] = note_of("2026-11-23T14:00:00Z");
    notes[1].attempt = 2;
    notes[2].epoch = 2;
    notes[3].run.value = 78;
    notes[4].key.manual = true;
    notes[5].key.slot.ms++;
    for (size_t i = 0; i < 6; i++)
        trace_of(&notes[i], traces[i], spans[i]);
    for (size_t i = 1; i < 6; i++) {
        bool same = !strcmp(traces[0], traces[i]);
        assert_int_equal(same, i < 4);
        if (same)
            assert_string_not_equal(spans[0], spans[i]);
    }
}

static void test_a_poll_is_of_the_run(void **state)
{
    (void)state;
    struct call call;
    struct run_note note = note_of("2026-11-23T14:00:00Z");
    note.attempt = 3;
    call_poll(&call, &note, "http://h/runs/7");
    assert_int_equal(call.request.method, METHOD_GET);
    assert_string_equal(call.request.url, "http://h/runs/7");
    assert_null(call.request.body);
    assert_int_equal(call.request.body_len, 0);
    assert_string_equal(value(&call, "Idempotency-Key"),
                        "feed.rank/2026-11-23T14:00:00Z");
    assert_string_equal(value(&call, "X-Mooncron-Attempt"), "3");
    assert_string_equal(value(&call, "X-Own"), "1");
}

static void test_a_beat_says_nothing(void **state)
{
    (void)state;
    struct call call;
    call_beat(&call, "https://hc.example.org/ping/1");
    assert_int_equal(call.request.method, METHOD_GET);
    assert_int_equal(lines_of(&call)->count, 0);
    assert_null(call.request.body);
}

/* Nobody may ask for more bytes than there is room for. */
static void test_the_longest_lines_fit(void **state)
{
    (void)state;
    char name[JOB_NAME_MAX + 1];
    memset(name, 'n', JOB_NAME_MAX);
    name[JOB_NAME_MAX] = '\0';
    struct job long_job = job;
    long_job.name = name;
    long_job.headers = "";
    struct run_note note = note_of("2026-11-23T14:00:00.250Z");
    note.job = &long_job;
    note.key.manual = true;
    note.attempt = note.epoch = UINT32_MAX;
    note.trigger = TRIGGER_BACKFILL;
    note.function = 99; /* a hook */
    const struct host_request asked = { .url = "/x", .headers = "" };
    struct call call;
    call_scripted(&call, &asked, &note, UINT32_MAX);
    assert_int_equal(lines_of(&call)->count, 7);
    assert_int_equal(strlen(value(&call, "traceparent")), 55);
}

static const struct {
    const char *url;
    uint32_t number, attempt;
    bool manual;
    const char *key;
    uint32_t hook;
} asks[] = {
    { "/a", 1, 1, false, "feed.rank/2026-11-23T14:00:00Z/1", 0 },
    { "/a", 2, 1, false, "feed.rank/2026-11-23T14:00:00Z/2", 0 },
    { "/a", 1, 2, false, "feed.rank/2026-11-23T14:00:00Z/1", 0 },
    { "/a", 10, 1, true, "feed.rank/2026-11-23T14:00:00Z/manual/10", 0 },
    { "https://hooks.example.org/a", 1, 1, false, "", 0 },
    { "/a", 1, 1, false, "feed.rank/2026-11-23T14:00:00Z/on_failure/1", 11 },
    { "/a", 1, 1, false, "feed.rank/2026-11-23T14:00:00Z/on_success/1", 12 },
    { "/a", 2, 1, true, "feed.rank/2026-11-23T14:00:00Z/manual/on_recover/2",
      13 },
};

static void test_scripted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct call call;
        struct run_note note = note_of("2026-11-23T14:00:00Z");
        char attempt[12];
        note.attempt = asks[i].attempt;
        note.key.manual = asks[i].manual;
        note.function = asks[i].hook;
        snprintf(attempt, sizeof attempt, "%u", (unsigned)note.attempt);
        const struct host_request asked = { .url = asks[i].url,
                                            .headers = "X-Script: s\n" };
        call_scripted(&call, &asked, &note, asks[i].number);
        assert_string_equal(value(&call, "Idempotency-Key"), asks[i].key);
        assert_string_equal(value(&call, "X-Mooncron-Attempt"),
                            asks[i].key[0] ? attempt : "");
        assert_string_equal(value(&call, "X-Script"), "s");
    }
}

/* ---- answers ---- */

#define OK      VERDICT_OK
#define FAILED  VERDICT_FAILED
#define UNKNOWN VERDICT_UNKNOWN

static const struct answer_case {
    enum http_fault fault;
    bool sent;
    int status;
    const char *headers, *body;
    enum verdict verdict;
    enum cause cause;
    bool accepted;
    int64_t retry_after_ms;
    const char *says;
} answers[] = {
    /* statuses */
    { 0, true, 200, "", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 204, "", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 299, "", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 300, "", "", FAILED, CAUSE_CLIENT, false, -1, "300" },
    { 0, true, 302, "location: /x\n", "", FAILED, CAUSE_CLIENT, false, -1, "" },
    { 0, true, 303, "location: /x\n", "", FAILED, CAUSE_CLIENT, false, -1, "" },
    { 0, true, 400, "", "", FAILED, CAUSE_CLIENT, false, -1, "400" },
    { 0, true, 401, "", "", FAILED, CAUSE_CLIENT, false, -1, "401" },
    { 0, true, 404, "", "", FAILED, CAUSE_CLIENT, false, -1, "404" },
    { 0, true, 408, "", "", FAILED, CAUSE_BUSY, false, -1, "408" },
    { 0, true, 409, "", "", FAILED, CAUSE_CLIENT, false, -1, "409" },
    { 0, true, 425, "", "", FAILED, CAUSE_BUSY, false, -1, "425" },
    { 0, true, 426, "", "", FAILED, CAUSE_CLIENT, false, -1, "426" },
    { 0, true, 429, "", "", FAILED, CAUSE_BUSY, false, -1, "429" },
    { 0, true, 499, "", "", FAILED, CAUSE_CLIENT, false, -1, "499" },
    { 0, true, 500, "", "", FAILED, CAUSE_SERVER, false, -1, "500" },
    { 0, true, 503, "", "", FAILED, CAUSE_SERVER, false, -1, "503" },
    { 0, true, 599, "", "", FAILED, CAUSE_SERVER, false, -1, "599" },
    /* bodies */
    { 0, true, 200, "", "{\"success\":true}", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 200, "", "{\"success\":false,\"message\":\"no feed\"}", FAILED,
      CAUSE_DENIED, false, -1, "no feed" },
    { 0, true, 500, "", "{\"success\":true}", FAILED, CAUSE_SERVER, false, -1,
      "500" },
    { 0, true, 202, "location: /x\n", "{\"success\":false}", FAILED,
      CAUSE_DENIED, false, -1, "success: false" },
    /* faults */
    { HTTP_BAD_URL, false, 0, "", "", FAILED, CAUSE_SETUP, false, -1, "url" },
    { HTTP_UNREACHABLE, false, 0, "", "", FAILED, CAUSE_NETWORK, false, -1,
      "refused" },
    { HTTP_TLS, false, 0, "", "", FAILED, CAUSE_NETWORK, false, -1, "tls" },
    { HTTP_TIMEOUT, false, 0, "", "", FAILED, CAUSE_TIMEOUT, false, -1,
      "timeout" },
    { HTTP_TIMEOUT, true, 0, "", "", UNKNOWN, CAUSE_TIMEOUT, false, -1,
      "timeout" },
    { HTTP_BROKEN, false, 0, "", "", FAILED, CAUSE_NETWORK, false, -1,
      "network" },
    { HTTP_BROKEN, true, 0, "", "", UNKNOWN, CAUSE_NETWORK, false, -1,
      "network" },
    { HTTP_BROKEN, true, 200, "", "{\"suc", UNKNOWN, CAUSE_NETWORK, false, -1,
      "network" },
    { HTTP_BROKEN, true, 202, "location: /x\n", "", UNKNOWN, CAUSE_NETWORK,
      false, -1, "network" },
    { HTTP_TOO_LARGE, true, 200, "", "", UNKNOWN, CAUSE_CLIENT, false, -1,
      "too_large" },
    { HTTP_CANCELLED, false, 0, "", "", FAILED, CAUSE_NONE, false, -1,
      "cancelled" },
    { HTTP_CANCELLED, true, 0, "", "", UNKNOWN, CAUSE_NONE, false, -1,
      "cancelled" },
    /* Retry-After, where it counts */
    { 0, true, 408, "retry-after: 5\n", "", FAILED, CAUSE_BUSY, false, 5000,
      "" },
    { 0, true, 425, "retry-after: 0\n", "", FAILED, CAUSE_BUSY, false, 0, "" },
    { 0, true, 429, "retry-after: 31536000\n", "", FAILED, CAUSE_BUSY, false,
      RETRY_AFTER_MS_MAX, "" },
    { 0, true, 429, "retry-after: Mon, 23 Nov 2026 14:00:30 GMT\n", "", FAILED,
      CAUSE_BUSY, false, 30000, "" },
    { 0, true, 429, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\n", "", FAILED,
      CAUSE_BUSY, false, 0, "" },
    { 0, true, 429, "retry-after: -5\n", "", FAILED, CAUSE_BUSY, false, -1,
      "" },
    { 0, true, 429, "retry-after: soon\n", "", FAILED, CAUSE_BUSY, false, -1,
      "" },
    { 0, true, 500, "retry-after: 5\n", "", FAILED, CAUSE_SERVER, false, 5000,
      "" },
    { 0, true, 503, "x: y\nretry-after: 5\n", "", FAILED, CAUSE_SERVER, false,
      5000, "" },
    { 0, true, 200, "retry-after: 5\n", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 404, "retry-after: 5\n", "", FAILED, CAUSE_CLIENT, false, -1,
      "" },
    { 0, true, 302, "retry-after: 5\n", "", FAILED, CAUSE_CLIENT, false, -1,
      "" },
    { HTTP_BROKEN, true, 503, "retry-after: 5\n", "", UNKNOWN, CAUSE_NETWORK,
      false, -1, "" },
    /* accepted */
    { 0, true, 202, "", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 202, "location: /x\n", "", OK, CAUSE_NONE, true, -1, "" },
    { 0, true, 202, "location: /x\nretry-after: 2\n", "", OK, CAUSE_NONE, true,
      2000, "" },
    { 0, true, 202, "retry-after: 2\n", "", OK, CAUSE_NONE, false, 2000, "" },
    { 0, true, 201, "location: /x\n", "", OK, CAUSE_NONE, false, -1, "" },
};

/* What differs in a question after a 202; the rest is judged the same. */
static const struct answer_case polls[] = {
    { 0, true, 200, "", "", OK, CAUSE_NONE, false, -1, "" },
    { 0, true, 200, "", "{\"success\":false}", FAILED, CAUSE_DENIED, false, -1,
      "success: false" },
    { 0, true, 202, "", "", OK, CAUSE_NONE, true, -1, "" },
    { 0, true, 202, "location: /x\nretry-after: 3\n", "", OK, CAUSE_NONE, true,
      3000, "" },
    { 0, true, 202, "", "{\"success\":false}", FAILED, CAUSE_DENIED, false, -1,
      "" },
    { 0, true, 302, "location: /x\n", "", FAILED, CAUSE_CLIENT, false, -1,
      "302" },
    { 0, true, 303, "", "", FAILED, CAUSE_CLIENT, false, -1, "303" },
    { 0, true, 403, "", "", FAILED, CAUSE_CLIENT, false, -1, "403" },
    { 0, true, 404, "", "", FAILED, CAUSE_CLIENT, false, -1, "no more" },
    { 0, true, 410, "", "", FAILED, CAUSE_CLIENT, false, -1, "no more" },
    { 0, true, 429, "retry-after: 3\n", "", UNKNOWN, CAUSE_BUSY, true, 3000,
      "429" },
    { 0, true, 500, "", "", UNKNOWN, CAUSE_SERVER, true, -1, "500" },
    { 0, true, 503, "retry-after: 3\nlocation: /x\n", "", UNKNOWN, CAUSE_SERVER,
      true, 3000, "503" },
    { HTTP_UNREACHABLE, false, 0, "", "", UNKNOWN, CAUSE_NETWORK, true, -1,
      "refused" },
    { HTTP_TLS, false, 0, "", "", UNKNOWN, CAUSE_NETWORK, true, -1, "tls" },
    { HTTP_BROKEN, true, 0, "", "", UNKNOWN, CAUSE_NETWORK, true, -1,
      "network" },
    { HTTP_TIMEOUT, true, 0, "", "", UNKNOWN, CAUSE_TIMEOUT, true, -1,
      "timeout" },
    { HTTP_BAD_URL, false, 0, "", "", FAILED, CAUSE_SETUP, false, -1, "url" },
    { HTTP_TOO_LARGE, true, 200, "", "", UNKNOWN, CAUSE_CLIENT, false, -1,
      "too_large" },
    { HTTP_CANCELLED, false, 0, "", "", UNKNOWN, CAUSE_NONE, false, -1,
      "cancelled" },
};

typedef void judge(const struct http_answer *answer, struct wall now,
                   struct judgement *ret);

static void check(judge *judge_it, const struct answer_case *want)
{
    const struct http_answer answer = {
        .fault = want->fault,
        .sentence = "",
        .sent = want->sent,
        .status = want->status,
        .headers = want->headers,
        .body = want->body,
        .body_len = strlen(want->body),
    };
    struct judgement got;
    judge_it(&answer, at("2026-11-23T14:00:00Z"), &got);
    if (got.verdict != want->verdict || got.cause != want->cause ||
        got.accepted != want->accepted || got.status != want->status ||
        got.retry_after_ms != want->retry_after_ms ||
        !strstr(got.sentence.text, want->says) || got.sent != want->sent ||
        (!want->says[0] && want->verdict == OK && got.sentence.text[0]))
        fail_msg("%s %d %s: %s, %s, accepted %d, %lld ms, \"%s\"",
                 http_fault_names[want->fault], want->status, want->headers,
                 verdict_names[got.verdict], cause_names[got.cause],
                 got.accepted, (long long)got.retry_after_ms,
                 got.sentence.text);
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        check(call_judge, &answers[i]);
}

static void test_polls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof polls / sizeof *polls; i++)
        check(call_judge_poll, &polls[i]);
}

/* Only 202 and 303 say where to ask next. */
static void test_locations(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool named, elsewhere;
    } cases[] = { { 200, false, false }, { 201, false, false },
                  { 202, true, false },  { 302, false, false },
                  { 303, true, true },   { 503, false, false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct http_answer answer = { .status = cases[i].status,
                                            .headers = "location: /x?y\n",
                                            .body = "" };
        struct judgement got;
        call_judge_poll(&answer, (struct wall){ 0 }, &got);
        assert_int_equal(got.location != NULL, cases[i].named);
        assert_int_equal(got.elsewhere, cases[i].elsewhere);
        if (got.location)
            assert_memory_equal(got.location, "/x?y", got.location_len);
    }
}

static void test_a_place_that_cannot_be_asked(void **state)
{
    (void)state;
    const struct http_answer answer = {
        .status = 202, .headers = "location: /x\nretry-after: 5\n", .body = ""
    };
    struct judgement got;
    struct error why;
    call_judge(&answer, (struct wall){ 0 }, &got);
    error_set(&why, "it is at a, and the request went to b");
    call_judge_lost(&got, &why);
    assert_int_equal(got.verdict, VERDICT_FAILED);
    assert_int_equal(got.cause, CAUSE_CLIENT);
    assert_false(got.accepted);
    assert_int_equal(got.retry_after_ms, -1);
    assert_string_equal(got.sentence.text,
                        "the backend answered 202, and its Location cannot be "
                        "asked: it is at a, and the request went to b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declared),
        cmocka_unit_test(test_the_key_is_the_slots),
        cmocka_unit_test(test_a_manual_run_is_none_of_a_slot),
        cmocka_unit_test(test_attempts_are_spans_of_one_trace),
        cmocka_unit_test(test_a_poll_is_of_the_run),
        cmocka_unit_test(test_a_beat_says_nothing),
        cmocka_unit_test(test_the_longest_lines_fit),
        cmocka_unit_test(test_scripted),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_a_place_that_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
