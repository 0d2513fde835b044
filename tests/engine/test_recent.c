/* What is recent of a job, and how the status tells it. */
#include "recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"

#define MINUTE 60000
#define NOON   INT64_C(1795435200000) /* 2026-11-23 12:00:00 UTC */

static const struct wall noon = { NOON };

static struct run_note note_of(const char *job, int64_t slot_ms,
                               uint32_t attempt)
{
    return (struct run_note){ .name = job,
                              .key = { .slot = { slot_ms } },
                              .attempt = attempt };
}

static void start(struct recent *recent, const char *job, int64_t slot_ms,
                  uint32_t attempt)
{
    const struct action act = { .kind = ACT_START,
                                .note = note_of(job, slot_ms, attempt) };
    recent_action(recent, &act, "", (struct wall){ slot_ms });
}

static void finish(struct recent *recent, const char *job, int64_t slot_ms,
                   int64_t took_ms, enum verdict verdict)
{
    const struct action act = { .kind = ACT_FINISH,
                                .finish = { .note = note_of(job, slot_ms, 1),
                                            .verdict = verdict,
                                            .status = 503,
                                            .took_ms = took_ms } };
    recent_action(recent, &act, "a sentence", (struct wall){ slot_ms });
}

static void a_run_begins_and_ends(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    assert_null(recent_of(recent, "rank"));
    start(recent, "rank", NOON, 1);
    const struct recent_job *job = recent_of(recent, "rank");
    assert_true(job->goes_on && !job->ran);
    const struct action again = { .kind = ACT_AGAIN,
                                  .note = { .name = "rank",
                                            .key = { noon, false },
                                            .attempt = 1,
                                            .pause_ms = 50,
                                            .status = 503 } };
    recent_action(recent, &again, "refused", (struct wall){ NOON + 20 });
    start(recent, "rank", NOON, 2);
    assert_int_equal(job->going.attempt, 2);
    assert_int_equal(job->attempt_count, 1);
    assert_int_equal(job->attempts[0].began.ms, NOON);
    assert_int_equal(job->attempts[0].at.ms, NOON + 20);
    assert_int_equal(job->attempts[0].status, 503);
    assert_string_equal(job->attempts[0].error, "refused");
    finish(recent, "rank", NOON, 70, VERDICT_FAILED);
    assert_true(!job->goes_on && job->ran);
    assert_int_equal(job->last.verdict, VERDICT_FAILED);
    assert_string_equal(job->last.error, "a sentence");
    assert_int_equal(job->attempt_count, 1); /* until the next run */
    start(recent, "rank", NOON + MINUTE, 1);
    assert_int_equal(job->attempt_count, 0);
    recent_free(recent);
}

/* Where overlap allows it: whichever ends, the others go on. */
static void runs_go_on_beside_each_other(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    for (int i = 0; i < 4; i++)
        start(recent, "rank", NOON + i * MINUTE, 1);
    const struct recent_job *job = recent_of(recent, "rank");
    assert_int_equal(job->begun, 4);
    assert_int_equal(job->going.key.slot.ms, NOON + 3 * MINUTE);
    start(recent, "rank", NOON, 2); /* none begins by another attempt */
    assert_int_equal(job->begun, 4);
    assert_int_equal(job->attempt_began.ms, NOON + 3 * MINUTE);
    finish(recent, "rank", NOON + MINUTE, 1, VERDICT_OK);
    finish(recent, "rank", NOON + 3 * MINUTE, 1, VERDICT_OK);
    assert_true(job->goes_on);
    assert_int_equal(job->going.key.slot.ms, NOON + 2 * MINUTE);
    finish(recent, "rank", NOON + 2 * MINUTE, 1, VERDICT_OK);
    assert_int_equal(job->going.key.slot.ms, NOON);
    assert_int_equal(job->going.attempt, 2);
    finish(recent, "rank", NOON, 1, VERDICT_OK);
    assert_false(job->goes_on);
    assert_int_equal(job->begun, 0);
    recent_free(recent);
}

static void the_median_is_of_the_last_few(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    assert_int_equal(recent_median_ms(NULL), -1);
    for (int i = 0; i < RECENT_TOOK; i++)
        finish(recent, "rank", NOON + i, 1000000, VERDICT_OK);
    for (int i = 1; i <= RECENT_TOOK; i++)
        finish(recent, "rank", NOON + i, i, VERDICT_OK);
    finish(recent, "rank", NOON + MINUTE, 0, VERDICT_SKIPPED); /* not sent */
    const struct recent_job *job = recent_of(recent, "rank");
    assert_int_equal(recent_median_ms(job), (RECENT_TOOK + 1) / 2);
    assert_int_equal(job->last.verdict, VERDICT_OK);
    assert_true(job->passed);
    assert_int_equal(job->pass.slot.ms, NOON + MINUTE);
    recent_free(recent);
}

/* Rows come newest first, and never over what was heard since. */
static void the_store_fills_what_was_not_heard(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct history_row row = { .job = "rank",
                               .slot = noon,
                               .started = noon,
                               .ended = noon,
                               .took_ms = 9,
                               .error = "",
                               .done = true };
    recent_row(recent, &row);
    row.slot.ms -= MINUTE;
    row.verdict = VERDICT_FAILED;
    recent_row(recent, &row);
    row.done = false;
    recent_row(recent, &row);
    row.count = 3;
    row.verdict = VERDICT_MISSED;
    row.why = WHY_DOWN;
    recent_row(recent, &row);
    const struct recent_job *job = recent_of(recent, "rank");
    assert_int_equal(job->last.key.slot.ms, NOON);
    assert_int_equal(job->last.verdict, VERDICT_OK);
    assert_int_equal(job->took_count, 2);
    assert_true(job->passed);
    assert_int_equal(job->pass.why, WHY_DOWN);
    recent_free(recent);
}

/* Until somebody goes on with it, and not where that was heard already. */
/* What another life left began when its row says, and took nobody knows how
 * long: whether the row is read before it is settled, or afterwards. */
static void a_run_that_was_cut_has_a_beginning_alone(void **state)
{
    (void)state;
    const struct history_row row = { .job = "rank",
                                     .slot = noon,
                                     .started = { NOON + 209 },
                                     .ended = { EVER_MS },
                                     .error = "",
                                     .claimed = true };
    struct history_row settled = row;
    const struct action act = {
        .kind = ACT_FINISH,
        .finish = { .note = note_of("rank", NOON, 1),
                    .verdict = VERDICT_UNKNOWN,
                    .why = WHY_DOWN },
    };
    settled.claimed = false;
    settled.done = true;
    settled.ended.ms = NOON + 71 * MINUTE;
    settled.verdict = VERDICT_UNKNOWN;
    settled.why = WHY_DOWN;
    for (int i = 0; i < 4; i++) {
        struct recent *recent = recent_new();
        if (i == 0)
            recent_left(recent, &row);
        if (i < 3)
            recent_action(recent, &act, "",
                          (struct wall){ NOON + 71 * MINUTE });
        if (i == 1)
            recent_left(recent, &row);
        if (i > 1)
            recent_row(recent, &settled);
        const struct recent_job *job = recent_of(recent, "rank");
        assert_true(job->ran && !job->is_left);
        assert_int_equal(job->last.started.ms, NOON + 209);
        assert_int_equal(recent_median_ms(job), -1);
        struct text out;
        text_init(&out, 4096);
        status_run(&job->last, zone_utc(), &out);
        assert_non_null(strstr(out.data, "\"took_ms\":null"));
        text_close(&out);
        recent_free(recent);
    }
}

static void what_was_left_open_is_told_until_it_goes_on(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    const struct history_row row = {
        .job = "rank", .slot = noon, .error = "", .attempt = 1, .claimed = true
    };
    recent_left(recent, &row);
    const struct recent_job *job = recent_of(recent, "rank");
    assert_true(job->is_left);
    assert_false(job->goes_on);
    start(recent, "rank", NOON, 2);
    assert_true(job->goes_on && !job->is_left);
    recent_left(recent, &row);
    assert_false(job->is_left);
    finish(recent, "rank", NOON, 1, VERDICT_OK);
    recent_left(recent, &row);
    assert_false(job->is_left);
    recent_free(recent);
}

static struct jobset *set_of(unsigned count)
{
    struct jobset *set = jobset_new();
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "job-%u", i);
        struct job job = { .name = name,
                           .target = "/x",
                           .body = "",
                           .headers = "",
                           .file = "f.lua",
                           .group = JOB_NO_GROUP,
                           .retry = { .attempts = 3 } };
        job.schedule.every_ms = MINUTE;
        job.standing = i == 1 ? STANDING_ENVIRONMENT : STANDING_SCHEDULED;
        assert_true(jobset_add(set, &job));
    }
    jobset_seal(set);
    return set;
}

static void a_sweep_keeps_pauses(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct jobset *set = set_of(200);
    const struct stored_pause pause = { .job = "gone-and-paused",
                                        .by = "ana",
                                        .reason = "",
                                        .since = noon,
                                        .until = { NOON + 1 } };
    for (unsigned i = 0; i < 400; i++) {
        char name[16];
        snprintf(name, sizeof name, "job-%u", i);
        start(recent, name, NOON, 1);
    }
    recent_pause(recent, &pause);
    recent_sweep(recent, set, noon);
    assert_non_null(recent_of(recent, "job-199"));
    assert_null(recent_of(recent, "job-200"));
    assert_non_null(recent_of(recent, "gone-and-paused"));
    recent_sweep(recent, set, (struct wall){ NOON + 1 });
    assert_null(recent_of(recent, "gone-and-paused"));
    jobset_unref(set);
    recent_free(recent);
}

/* ---- status ---- */

static struct core *core_with(struct jobset *set)
{
    const struct now now = { .wall = noon, .mono = { MINUTE } };
    const struct core_config config = { .primary = true };
    struct core *core = core_new(&config, now);
    struct update update = { 0 };
    struct event event = { .kind = EV_LOADED, .now = now };
    core_step(core, &(struct event){ .kind = EV_TIME, .now = now }, &update);
    event.loaded.outcome = LOAD_OK;
    event.loaded.set = set;
    core_step(core, &event, &update);
    update_close(&update);
    return core;
}

static uint64_t status_of(const struct core *core, const struct recent *recent,
                          struct wall now, struct text *out)
{
    const struct status_view view = { .core = core,
                                      .recent = recent,
                                      .now = now,
                                      .job = "",
                                      .file = "f.lua",
                                      .node_env = "production",
                                      .loaded_by = "webhook",
                                      .loaded_who = "ana",
                                      .primary = true };
    text_init(out, 2 << 20);
    return status_write(&view, out);
}

static void has(const struct text *text, const char *needle)
{
    if (!strstr(text->data, needle))
        fail_msg("\"%s\" is not in\n%.3000s", needle, text->data);
}

static void the_status_tells_it(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_with(set_of(2));
    struct text first, later, changed;
    start(recent, "job-0", NOON, 2);
    uint64_t tag = status_of(core, recent, noon, &first);
    has(&first, "\"environment\":\"production\"");
    has(&first, "\"running\":{\"key\":\"2026-11-23T12:00:00Z\"");
    has(&first, "\"attempts\":3");
    has(&first, "\"loaded_by\":\"webhook\",\"by\":\"ana\"}");
    has(&first, "\"multiplier\":null");
    has(&first, "{\"name\":\"job-1\",\"scheduled\":false,\"reason\":\"`only` "
                "lists other environments\"");
    has(&first, "\"next\":\"2026-11-23T12:01:00Z\"");
    has(&first, "\"totals\":{\"jobs\":2,\"scheduled\":1,\"running\":1,");
    assert_int_equal(
        tag, status_of(core, recent, (struct wall){ NOON + 7 }, &later));
    assert_string_not_equal(first.data, later.data);
    finish(recent, "job-0", NOON, 70, VERDICT_FAILED);
    assert_int_not_equal(tag, status_of(core, recent, noon, &changed));
    has(&changed, "\"verdict\":\"failed\",\"why\":null,\"cause\":null,"
                  "\"status\":503,\"error\":\"a sentence\"");
    has(&changed, "\"p50_ms\":70");
    text_close(&first);
    text_close(&later);
    text_close(&changed);
    core_free(core);
    recent_free(recent);
}

/* ---- who waits ---- */

/* Jobs of a group that holds one run, due each minute. */
static struct jobset *group_of(unsigned count, enum overlap overlap)
{
    struct jobset *set = jobset_new();
    assert_true(jobset_add_group(set, "db", 1));
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "job-%u", i);
        struct job job = { .name = name,
                           .target = "/x",
                           .body = "",
                           .headers = "",
                           .file = "f.lua",
                           .overlap = (uint8_t)overlap,
                           .retry = { .attempts = 3 } };
        job.schedule.every_ms = MINUTE;
        assert_true(jobset_add(set, &job));
    }
    jobset_seal(set);
    return set;
}

static void step_to(struct core *core, struct recent *recent, int64_t minutes)
{
    const struct now now = { .wall = { NOON + minutes * MINUTE },
                             .mono = { (minutes + 1) * MINUTE } };
    struct update update = { 0 };
    core_step(core, &(struct event){ .kind = EV_TIME, .now = now }, &update);
    for (size_t i = 0; i < update.count; i++)
        recent_action(recent, &update.actions[i], "", now.wall);
    update_close(&update);
}

static void job_told(const struct core *core, const struct recent *recent,
                     const char *job, struct text *out)
{
    const struct status_view view = { .core = core,
                                      .recent = recent,
                                      .now = { NOON + 2 * MINUTE },
                                      .job = job,
                                      .file = "f.lua",
                                      .node_env = "production",
                                      .loaded_by = "webhook",
                                      .loaded_who = "ana",
                                      .primary = true };
    text_init(out, 1 << 16);
    status_write(&view, out);
}

static void expect_job(const struct core *core, const struct recent *recent,
                       const char *job, const char *needle)
{
    struct text text;
    job_told(core, recent, job, &text);
    has(&text, needle);
    text_close(&text);
}

static void who_waits_is_told_for_whom(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_with(group_of(2, OVERLAP_QUEUE));
    step_to(core, recent, 1);
    expect_job(core, recent, "job-1",
               "\"waiting\":{\"runs\":1,\"slot\":\"2026-11-23T12:01:00Z\","
               "\"for\":"
               "\"group\",\"words\":\"its group \\\"db\\\" is full, with 1 at "
               "once: job-0, since Mon 2026-11-23 12:01:00 UTC\"}");
    step_to(core, recent, 2);
    expect_job(core, recent, "job-0",
               "\"waiting\":{\"runs\":1,\"slot\":\"2026-11-23T12:02:00Z\","
               "\"for\":"
               "\"run\",\"words\":\"the run of Mon 2026-11-23 12:01:00 UTC "
               "goes on, since Mon 2026-11-23 12:01:00 UTC\"}");
    expect_job(core, recent, "job-1", /* one for the group, one for that one */
               "\"waiting\":{\"runs\":2,");
    core_free(core);
    recent_free(recent);
}

/* One job, due each minute; `job` says what else it is. */
static struct core *core_of(struct job job)
{
    struct jobset *set = jobset_new();
    job.name = "job-0";
    job.target = "/x";
    job.body = job.headers = "";
    job.file = "f.lua";
    job.group = JOB_NO_GROUP;
    job.retry.attempts = 3;
    job.schedule.every_ms = MINUTE;
    assert_true(jobset_add(set, &job));
    jobset_seal(set);
    return core_with(set);
}

static void none_waits_where_all_are_being_run(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core =
        core_of((struct job){ .overlap = OVERLAP_ALLOW, .overlap_max = 3 });
    struct text text;
    step_to(core, recent, 1);
    step_to(core, recent, 2);
    job_told(core, recent, "job-0", &text);
    has(&text, "\"going\":2,\"queued\":0");
    assert_null(strstr(text.data, "waiting"));
    text_close(&text);
    core_free(core);
    recent_free(recent);
}

static void the_next_slot_is_one_that_is_run(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_of(
        (struct job){ .min_gap_ms = 2 * MINUTE + 1 + MIN_GAP_SLACK_MS });
    step_to(core, recent, 1);
    expect_job(core, recent, "job-0", "\"next\":\"2026-11-23T12:04:00Z\"");
    core_free(core);
    recent_free(recent);
}

static void what_is_made_up_waits_for_a_gap(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_of((struct job){ .overlap = OVERLAP_ALLOW,
                                              .min_gap_ms = 50 * 1000,
                                              .catch_up = { 60 * MINUTE, 9 } });
    step_to(core, recent, 2);
    expect_job(core, recent, "job-0", "\"for\":\"min_gap\"");
    core_free(core);
    recent_free(recent);
}

static void a_rest_is_told_with_its_end(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_with(set_of(1));
    struct wall again;
    assert_null(recent_rest(NULL, &again));
    start(recent, "job-0", NOON, 1);
    assert_null(recent_rest(recent_of(recent, "job-0"), &again));
    struct action act = { .kind = ACT_AGAIN,
                          .note = note_of("job-0", NOON, 1) };
    act.note.pause_ms = MINUTE;
    recent_action(recent, &act, "refused", noon);
    expect_job(core, recent, "job-0",
               "\"again\":\"2026-11-23T12:01:00Z\",\"error\":\"refused\"}");
    start(recent, "job-0", NOON, 2);
    assert_null(recent_rest(recent_of(recent, "job-0"), &again));
    core_free(core);
    recent_free(recent);
}

/* Until the attempt fails, or another begins. */
static void what_was_accepted_is_told(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_with(set_of(1));
    const struct run_key key = { noon, false };
    struct action act = { .kind = ACT_ACCEPTED,
                          .note = note_of("job-0", NOON, 1) };
    act.note.left_ms = 2 * MINUTE;
    recent_action(recent, &act, "", noon); /* nobody knows of it */
    assert_null(recent_going(NULL, key));
    assert_null(recent_going(recent_of(recent, "job-0"), key));
    start(recent, "job-0", NOON, 1);
    const struct recent_job *job = recent_of(recent, "job-0");
    assert_false(recent_going(job, key)->accepted);
    recent_action(recent, &act, "", (struct wall){ NOON + 1000 });
    expect_job(core, recent, "job-0",
               "\"accepted\":\"2026-11-23T12:00:01Z\",\"asked_until\":"
               "\"2026-11-23T12:02:01Z\"}");
    act.kind = ACT_AGAIN;
    recent_action(recent, &act, "no city", noon);
    assert_false(recent_going(job, key)->accepted);
    act.kind = ACT_ACCEPTED;
    recent_action(recent, &act, "", noon);
    start(recent, "job-0", NOON, 2);
    assert_false(recent_going(job, key)->accepted);
    core_free(core);
    recent_free(recent);
}

static void a_long_status_counts_what_it_leaves_out(void **state)
{
    (void)state;
    struct recent *recent = recent_new();
    struct core *core = core_with(set_of(20000));
    struct text text;
    status_of(core, recent, noon, &text);
    assert_false(text.cut);
    assert_true(text.len < STATUS_BYTES_MAX + 4096);
    has(&text, "\"scheduled\":19999");
    assert_null(strstr(text.data, "\"omitted\":0"));
    text_close(&text);
    core_free(core);
    recent_free(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_begins_and_ends),
        cmocka_unit_test(runs_go_on_beside_each_other),
        cmocka_unit_test(the_median_is_of_the_last_few),
        cmocka_unit_test(the_store_fills_what_was_not_heard),
        cmocka_unit_test(a_run_that_was_cut_has_a_beginning_alone),
        cmocka_unit_test(what_was_left_open_is_told_until_it_goes_on),
        cmocka_unit_test(a_sweep_keeps_pauses),
        cmocka_unit_test(the_status_tells_it),
        cmocka_unit_test(who_waits_is_told_for_whom),
        cmocka_unit_test(none_waits_where_all_are_being_run),
        cmocka_unit_test(the_next_slot_is_one_that_is_run),
        cmocka_unit_test(what_is_made_up_waits_for_a_gap),
        cmocka_unit_test(a_rest_is_told_with_its_end),
        cmocka_unit_test(what_was_accepted_is_told),
        cmocka_unit_test(a_long_status_counts_what_it_leaves_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
