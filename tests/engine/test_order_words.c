/* What an operator is told of an order. */
#include "order_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60000
#define NOON   INT64_C(1795435200000) /* 2026-11-23 12:00:00 UTC */

static const struct wall noon = { NOON };

/* "plain" has no room beside a run of its, "many" for two of them; "off" is of
 * another environment. */
static struct jobset *some_jobs(void)
{
    static const char *const names[] = { "plain", "many", "off" };
    struct jobset *set = jobset_new();
    for (unsigned i = 0; i < 3; i++) {
        struct job job = { .name = names[i],
                           .target = "/x",
                           .body = "",
                           .headers = "",
                           .file = "f.lua",
                           .group = JOB_NO_GROUP,
                           .retry = { .attempts = 3 } };
        job.schedule.every_ms = MINUTE;
        job.standing = i == 2 ? STANDING_ENVIRONMENT : STANDING_SCHEDULED;
        job.overlap = i == 1 ? OVERLAP_ALLOW : OVERLAP_SKIP;
        job.overlap_max = i == 1 ? 2 : 0;
        assert_true(jobset_add(set, &job));
    }
    jobset_seal(set);
    return set;
}

static void expect(const char *json, const char *wanted)
{
    if (!strstr(json, wanted))
        fail_msg("no %s in\n%s", wanted, json);
}

/* The words of a report about `job`, of this status, hold `wanted`. */
static void says(const struct jobset *set, const char *job,
                 struct order_report report, int status, const char *wanted)
{
    struct ask ask = { .kind = ASK_ORDER };
    struct text json;
    snprintf(ask.job, sizeof ask.job, "%s", job);
    ask.order.verb = report.verb;
    text_init(&json, 4096);
    assert_int_equal(order_words(&ask, &report, set, &json), status);
    expect(json.data, wanted);
    text_close(&json);
}
#define SAYS(set, job, status, wanted, ...)                                    \
    says(set, job, (struct order_report){ __VA_ARGS__ }, status, wanted)

static void every_outcome_has_its_words(void **state)
{
    (void)state;
    static const int statuses[ORDERS] = {
        [ORDER_DONE] = 202,          [ORDER_NO_JOB] = 404,
        [ORDER_NOT_SCHEDULED] = 409, [ORDER_OVERLAP] = 409,
        [ORDER_LEFT_OPEN] = 409,     [ORDER_NOT_PAUSED] = 409,
        [ORDER_TOO_MANY] = 503,      [ORDER_STORE] = 503,
        [ORDER_NOT_PRIMARY] = 409,   [ORDER_STOPPING] = 503,
        [ORDER_TOO_OLD] = 400,
    };
    struct jobset *set = some_jobs();
    for (int i = 0; i < ORDERS; i++)
        SAYS(set, "plain", statuses[i],
             i == ORDER_DONE ? "\"key\":\"2026-11-23T12:00:00Z~manual\""
                             : "{\"error\":\"",
             .outcome = (enum order_outcome)i, .key = { noon, true });
    SAYS(set, "off", 409, "off is not scheduled here: `only` lists other",
         .outcome = ORDER_NOT_SCHEDULED);
    jobset_unref(set);
}

static void who_is_in_the_way_is_said(void **state)
{
    (void)state;
    struct jobset *set = some_jobs();
    SAYS(set, "plain", 409,
         "plain is running already, and overlap = \\\"skip\\\"; with force it "
         "is "
         "run beside it",
         .outcome = ORDER_OVERLAP, .going = 1);
    SAYS(set, "many", 409,
         "many has 2 runs that go on, and overlap allows at most 2; with force "
         "it is run beside them",
         .outcome = ORDER_OVERLAP, .going = 2);
    SAYS(set, "plain", 409,
         "plain has a run that a worker left open, that of Mon 2026-11-23 "
         "12:00:00 UTC",
         .outcome = ORDER_LEFT_OPEN, .key = { noon, false });
    SAYS(set, "plain", 503, "plain has 100 runs that go on",
         .outcome = ORDER_TOO_MANY, .verb = VERB_TRIGGER);
    SAYS(set, "plain", 503, "too many runs wait to be made up",
         .outcome = ORDER_TOO_MANY, .verb = VERB_BACKFILL);
    jobset_unref(set);
}

static void a_name_is_guessed(void **state)
{
    (void)state;
    struct jobset *set = some_jobs();
    struct text json;
    text_init(&json, 4096);
    order_words_no_job("plainn", set, &json);
    expect(json.data, "no job \\\"plainn\\\", did you mean \\\"plain\\\"?");
    text_close(&json);
    jobset_unref(set);
}

static void what_is_not_written_is_not_done(void **state)
{
    (void)state;
    const struct ask ask = { .kind = ASK_ORDER, .job = "plain" };
    struct text json;
    text_init(&json, 4096);
    assert_int_equal(order_words_unsettled(&ask, "the disk is full", &json),
                     503);
    expect(json.data, "not written down yet, and forgotten where the worker "
                      "ends before it is: the disk is full");
    text_close(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_its_words),
        cmocka_unit_test(who_is_in_the_way_is_said),
        cmocka_unit_test(a_name_is_guessed),
        cmocka_unit_test(what_is_not_written_is_not_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
