/* Each message is read as it was written; cut or stretched by a byte, or
 * saying what the core could not bear, it is refused. */
#include "mooncron/hostmsg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct job sound = {
    .name = "feed-rank",
    .target = "/api/feed/rank",
    .body = "{}",
    .headers = "A: b\n",
    .file = "a.lua",
    .label = "rank",
    .schedule = { 1200000, 198000, NULL },
    .base_every_ms = 600000,
    .multiplier = 2,
    .line = 26,
    .timeout_ms = 30000,
    .group = JOB_NO_GROUP,
    .function = 7,
    .origin = "https://b.example",
    .heartbeat = "https://ping.example/a",
    .on_failure = 8,
    .on_success = 9,
    .on_recover = 10,
    .alert_after = 3,
    .overlap_max = 4,
    .max_runs = 5,
    .min_gap_ms = 60000,
    .deadline_ms = 600000,
    .retry = { 6, 1000, 2000, RETRY_ON_USUAL },
    .catch_up = { 43200000, 7 },
    .catch_up_said = true,
    .method = METHOD_PUT,
    .overlap = OVERLAP_ALLOW,
    .standing = STANDING_JOBS_OFF,
    .always = true,
};

/* ---- a writer and a reader for each, that knows what was written ---- */

static bool put_load(struct text *out)
{
    const char *const vars[] = { "A=1", "B" };
    return host_put_load(
        out, &(struct host_load){
                 "a.lua", "staging", "{}", "/zones", { -5 }, true, vars, 2 });
}

static bool get_load(struct wire_reader *in)
{
    struct host_load m;
    const char *space[2];
    return host_get_load(in, &m, space, 2) && !strcmp(m.path, "a.lua") &&
           !strcmp(m.environment, "staging") && !strcmp(m.settings, "{}") &&
           !strcmp(m.zones, "/zones") && m.now.ms == -5 && m.enable_jobs &&
           m.var_count == 2 && !strcmp(m.vars[0], "A=1") &&
           !strcmp(m.vars[1], "B");
}

static bool put_start(struct text *out)
{
    return host_put_start(
        out,
        &(struct host_start){ 1, 2, "job", "run", "schedule", "at", "E", 3 });
}

static bool get_start(struct wire_reader *in)
{
    struct host_start m;
    return host_get_start(in, &m) && m.run == 1 && m.function == 2 &&
           !strcmp(m.job, "job") && !strcmp(m.run_text, "run") &&
           !strcmp(m.trigger, "schedule") && !strcmp(m.scheduled, "at") &&
           !strcmp(m.error, "E") && m.attempt == 3;
}

static bool put_response(struct text *out)
{
    return host_put_response(
        out, &(struct host_response){
                 1, 503, "it failed", "http", "a: b\n", { "x\0y", 3 }, 9 });
}

static bool get_response(struct wire_reader *in)
{
    struct host_response m;
    return host_get_response(in, &m) && m.run == 1 && m.status == 503 &&
           !strcmp(m.failure, "it failed") && !strcmp(m.code, "http") &&
           !strcmp(m.headers, "a: b\n") && m.body.len == 3 &&
           !memcmp(m.body.bytes, "x\0y", 4) && m.took_ms == 9;
}

static bool put_wake(struct text *out)
{
    return host_put_wake(out, UINT64_MAX);
}

static bool put_cancel(struct text *out)
{
    return host_put_cancel(out, UINT64_MAX);
}

static bool get_run(struct wire_reader *in)
{
    uint64_t run;
    return host_get_run(in, &run) && run == UINT64_MAX;
}

static bool get_hello(struct wire_reader *in)
{
    uint32_t protocol;
    return host_get_hello(in, &protocol) && protocol == HOST_PROTOCOL;
}

static bool put_file(struct text *out)
{
    return host_put_file(out, &(struct file_stamp){ "a.lua", 1, 2, 3, -4, 5 });
}

static bool get_file(struct wire_reader *in)
{
    struct file_stamp m;
    return host_get_file(in, &m) && !strcmp(m.path, "a.lua") && m.device == 1 &&
           m.inode == 2 && m.bytes == 3 && m.modified_ns == -4 &&
           m.changed_ns == 5;
}

static bool put_group(struct text *out)
{
    return host_put_group(out, &(struct group){ "hub", 2 });
}

static bool get_group(struct wire_reader *in)
{
    struct group m;
    return host_get_group(in, &m) && !strcmp(m.name, "hub") && m.limit == 2;
}

static bool put_zone(struct text *out)
{
    return host_put_zone(out, "Europe/Bucharest");
}

static bool get_zone(struct wire_reader *in)
{
    const char *name;
    return host_get_zone(in, &name) && !strcmp(name, "Europe/Bucharest");
}

static const int32_t days[] = { -1, 0, 20812 };
static const struct calendar holidays = { "holidays", days, 3, 0 };

static bool put_calendar(struct text *out)
{
    return host_put_calendar(out, &holidays);
}

static bool get_calendar(struct wire_reader *in)
{
    struct calendar m;
    int32_t *owned;
    bool same = host_get_calendar(in, &m, &owned) &&
                !strcmp(m.name, "holidays") && m.count == 3 &&
                !memcmp(m.days, days, sizeof days);
    free(owned);
    return same;
}

static struct host_rules room;

static bool put_job(struct text *out)
{
    return host_put_job(out, &sound, NULL, 0);
}

static bool same_policies(const struct job *m)
{
    return !strcmp(m->origin, sound.origin) &&
           !strcmp(m->heartbeat, sound.heartbeat) && m->on_failure == 8 &&
           m->on_success == 9 && m->on_recover == 10 && m->alert_after == 3 &&
           m->overlap_max == 4 && m->max_runs == 5 && m->min_gap_ms == 60000 &&
           m->deadline_ms == 600000 && m->retry.attempts == 6 &&
           m->retry.backoff_ms == 1000 && m->retry.backoff_max_ms == 2000 &&
           m->retry.on == RETRY_ON_USUAL && m->catch_up.window_ms == 43200000 &&
           m->catch_up.max == 7 && m->catch_up_said;
}

static bool get_job(struct wire_reader *in)
{
    struct job m;
    return host_get_job(in, &m, &room) && !room.there &&
           !strcmp(m.name, sound.name) && !strcmp(m.target, sound.target) &&
           !strcmp(m.body, sound.body) && !strcmp(m.headers, sound.headers) &&
           !strcmp(m.file, sound.file) && !strcmp(m.label, sound.label) &&
           m.schedule.every_ms == 1200000 && m.schedule.phase_ms == 198000 &&
           m.base_every_ms == 600000 && m.multiplier == 2.0 && m.line == 26 &&
           m.timeout_ms == 30000 && m.group == JOB_NO_GROUP &&
           m.function == 7 && m.method == METHOD_PUT &&
           m.overlap == OVERLAP_ALLOW && m.standing == STANDING_JOBS_OFF &&
           m.always && same_policies(&m);
}

/* ---- rules ---- */

static const int64_t slots[] = { -1000, 0, 86400000 };

/* Each kind of term, and every other field. */
static struct rules *some_rules(void)
{
    static const struct term terms[] = {
        { .kind = TERM_EVERY, .text = "", .every_ms = 7000, .phase_ms = 1000 },
        { .kind = TERM_CRON, .text = "30 2 * * *" },
        { .kind = TERM_AT, .text = "08:00" },
        { .kind = TERM_ONCE, .text = "2026-12-31T23:00" },
        { .kind = TERM_LIST, .text = "", .slots_ms = slots, .slot_count = 3 },
    };
    static const struct calendar *const calendars[] = { &holidays };
    const struct rules_spec spec = { .terms = terms,
                                     .term_count = 5,
                                     .calendars = calendars,
                                     .calendar_count = 1,
                                     .weekdays_off = 0x41,
                                     .gap = GAP_BEFORE,
                                     .fold = FOLD_LAST,
                                     .excluded = EXCLUDED_NEXT,
                                     .nth = 3,
                                     .jitter_ms = 600000,
                                     .from = { -7000 },
                                     .until = { INT64_C(4102444800000) } };
    struct error err = { "" };
    struct rules *rules = rules_new(&spec, "feed-rank", zone_utc(), &err);
    if (!rules)
        fail_msg("%s", err.text);
    return rules;
}

static bool put_ruled(struct text *out)
{
    static const struct calendar other = { "other", days, 1, 0 };
    const struct calendar *const list[] = { &other, &holidays };
    struct job job = sound;
    struct rules *rules = some_rules();
    job.schedule = (struct schedule){ .rules = rules };
    job.base_every_ms = 0;
    bool put = host_put_job(out, &job, list, 2);
    rules_free(rules);
    return put;
}

/* What was read makes the same rules again. */
static bool get_ruled(struct wire_reader *in)
{
    struct job m;
    if (!host_get_job(in, &m, &room) || !room.there)
        return false;
    static const struct calendar *const calendars[] = { &holidays };
    struct error err = { "" };
    struct rules *before = some_rules();
    room.spec.calendars = calendars;
    struct rules *rules = rules_new(&room.spec, m.name, zone_utc(), &err);
    bool same = rules && !strcmp(room.zone, "UTC") && room.calendars[0] == 1 &&
                rules_digest(rules) == rules_digest(before);
    rules_free(rules);
    rules_free(before);
    return same;
}

static bool put_mistake(struct text *out)
{
    return host_put_mistake(out,
                            &(struct mistake){ "E110", "m", "f", 1, 2, 3, 4,
                                               "s", "o", "l", "h", "n" });
}

static bool get_mistake(struct wire_reader *in)
{
    struct mistake m;
    return host_get_mistake(in, &m) && !strcmp(m.code, "E110") &&
           !strcmp(m.message, "m") && !strcmp(m.file, "f") && m.line == 1 &&
           m.column == 2 && m.width == 3 && m.opener_line == 4 &&
           !strcmp(m.source, "s") && !strcmp(m.opener, "o") &&
           !strcmp(m.label, "l") && !strcmp(m.help, "h") &&
           !strcmp(m.note, "n");
}

static bool put_loaded(struct text *out)
{
    return host_put_loaded(out,
                           &(struct host_loaded){ true, 12, 3, "a.lua", 7 });
}

static bool get_loaded(struct wire_reader *in)
{
    struct host_loaded m;
    return host_get_loaded(in, &m) && m.ok && m.jobs == 12 && m.mistakes == 3 &&
           !strcmp(m.default_file, "a.lua") && m.default_line == 7;
}

static bool put_request(struct text *out)
{
    return host_put_request(
        out, &(struct host_request){
                 1, METHOD_POST, "/a", "A: b\n", { "{}", 2 }, true, 9 });
}

static bool get_request(struct wire_reader *in)
{
    struct host_request m;
    return host_get_request(in, &m) && m.run == 1 && m.method == METHOD_POST &&
           !strcmp(m.url, "/a") && !strcmp(m.headers, "A: b\n") &&
           m.body.len == 2 && m.has_body && m.timeout_ms == 9;
}

static bool put_sleep(struct text *out)
{
    return host_put_sleep(out, 1, UINT64_MAX);
}

static bool get_sleep(struct wire_reader *in)
{
    uint64_t run, sleep_ms;
    return host_get_sleep(in, &run, &sleep_ms) && run == 1 &&
           sleep_ms == UINT64_MAX;
}

static bool put_log(struct text *out)
{
    return host_put_log(out, &(struct host_log){ 1, HOST_WARN, "m", "{}" });
}

static bool get_log(struct wire_reader *in)
{
    struct host_log m;
    return host_get_log(in, &m) && m.run == 1 && m.level == HOST_WARN &&
           !strcmp(m.message, "m") && !strcmp(m.fields, "{}");
}

static bool put_ended(struct text *out)
{
    return host_put_ended(out, &(struct host_ended){ 1, false, "a.lua:3: no" });
}

static bool get_ended(struct wire_reader *in)
{
    struct host_ended m;
    return host_get_ended(in, &m) && m.run == 1 && !m.ok &&
           !strcmp(m.failure, "a.lua:3: no");
}

static bool put_at(struct text *out)
{
    return host_put_at(out, &(struct host_at){ "a.lua", 3, "loop()" });
}

static bool get_at(struct wire_reader *in)
{
    struct host_at m;
    return host_get_at(in, &m) && !strcmp(m.file, "a.lua") && m.line == 3 &&
           !strcmp(m.source, "loop()");
}

static const struct {
    enum host_message type;
    bool (*put)(struct text *out);
    bool (*get)(struct wire_reader *in);
} messages[] = {
    { HOST_LOAD, put_load, get_load },
    { HOST_START, put_start, get_start },
    { HOST_RESPONSE, put_response, get_response },
    { HOST_WAKE, put_wake, get_run },
    { HOST_CANCEL, put_cancel, get_run },
    { HOST_HELLO, host_put_hello, get_hello },
    { HOST_FILE, put_file, get_file },
    { HOST_GROUP, put_group, get_group },
    { HOST_JOB, put_job, get_job },
    { HOST_JOB, put_ruled, get_ruled },
    { HOST_ZONE, put_zone, get_zone },
    { HOST_CALENDAR, put_calendar, get_calendar },
    { HOST_MISTAKE, put_mistake, get_mistake },
    { HOST_LOADED, put_loaded, get_loaded },
    { HOST_REQUEST, put_request, get_request },
    { HOST_SLEEP, put_sleep, get_sleep },
    { HOST_LOG, put_log, get_log },
    { HOST_ENDED, put_ended, get_ended },
    { HOST_AT, put_at, get_at },
};

/* A copy of its exact size, so that a sanitizer sees a byte too far. */
static bool read_copy(size_t message, const char *frame, size_t len,
                      size_t copied)
{
    char *copy = calloc(1, len);
    memcpy(copy, frame, copied);
    struct wire_reader in;
    wire_open(&in, copy, len);
    bool ok = in.type == messages[message].type && messages[message].get(&in);
    free(copy);
    return ok;
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct text out;
        text_init(&out, 4096);
        assert_true(messages[i].put(&out));
        assert_int_equal(wire_frame(out.data, out.len), out.len);
        assert_true(read_copy(i, out.data, out.len, out.len));
        for (size_t len = 5; len < out.len; len++)
            assert_false(read_copy(i, out.data, len, len));
        assert_false(read_copy(i, out.data, out.len + 1, out.len));
        text_close(&out);
    }
}

/* What the core divides by and indexes with. */
static void test_unsound_jobs(void **state)
{
    (void)state;
    struct job jobs[10];
    for (size_t i = 0; i < 10; i++)
        jobs[i] = sound;
    jobs[0].schedule.every_ms = 0;
    jobs[1].schedule.every_ms = -1200000;
    jobs[2].schedule.phase_ms = -1;
    jobs[3].schedule.phase_ms = 1200000;
    jobs[4].base_every_ms = 0;
    jobs[5].multiplier = strtod("nan", NULL);
    jobs[6].method = METHOD_DELETE + 1;
    jobs[7].overlap = OVERLAP_CANCEL + 1;
    jobs[8].standing = STANDING_JOBS_OFF + 1;
    jobs[9].timeout_ms = 0;
    for (size_t i = 0; i < 10; i++) {
        struct text out;
        text_init(&out, 4096);
        assert_true(host_put_job(&out, &jobs[i], NULL, 0));
        struct wire_reader in;
        wire_open(&in, out.data, out.len);
        struct job job;
        if (host_get_job(&in, &job, &room))
            fail_msg("job %zu was believed", i);
        text_close(&out);
    }
}

static void test_too_many_vars(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 4096);
    assert_true(put_load(&out));
    struct wire_reader in;
    wire_open(&in, out.data, out.len);
    struct host_load load;
    const char *space[1];
    assert_false(host_get_load(&in, &load, space, 1));
    text_close(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_unsound_jobs),
        cmocka_unit_test(test_too_many_vars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
