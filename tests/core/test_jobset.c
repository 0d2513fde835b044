/* A jobset keeps what it was given, finds it by name, and tells what changed.
 */
#include "mooncron/jobset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct job job_named(const char *name)
{
    return (struct job){ .name = name,
                         .target = "/a",
                         .body = "",
                         .headers = "",
                         .file = "a.lua",
                         .label = "",
                         .schedule = { 60000, 0, NULL },
                         .base_every_ms = 60000,
                         .timeout_ms = 30000,
                         .group = JOB_NO_GROUP };
}

static void add(struct jobset *set, struct job job)
{
    assert_true(jobset_add(set, &job));
}

/* Names come from one buffer that is written again: copies are kept. */
static void test_find(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct jobset *set = jobset_new();
    char name[32];
    assert_int_equal(jobset_find(set, "job-0"), UINT32_MAX);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "job-%d", i);
        add(set, job_named(name));
    }
    jobset_seal(set);
    assert_int_equal(jobset_count(set), COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "job-%u", i);
        assert_int_equal(jobset_find(set, name), i);
        assert_int_equal(jobset_index(set, jobset_job(set, i)), i);
        assert_int_equal(jobset_index(set, &(struct job){ .name = name }), i);
        assert_string_equal(jobset_job(set, i)->name, name);
    }
    assert_int_equal(jobset_find(set, "job-5000"), UINT32_MAX);
    assert_int_equal(jobset_find(set, ""), UINT32_MAX);
    assert_true(jobset_bytes(set) < COUNT * 400);
    jobset_unref(set);
}

static void test_refused(void **state)
{
    (void)state;
    struct jobset *set = jobset_new();
    struct job job = job_named("a");
    add(set, job);
    assert_false(jobset_add(set, &job)); /* the name is taken */
    job.name = "b";
    job.group = 0;
    assert_false(jobset_add(set, &job)); /* no such group */
    assert_false(jobset_add_group(set, "none", 0));
    assert_true(jobset_add_group(set, "hub", 1));
    assert_true(jobset_add(set, &job));
    assert_int_equal(jobset_count(set), 2);
    for (int i = 1; i < JOBSET_GROUPS_MAX; i++)
        assert_true(jobset_add_group(set, "more", 1));
    assert_false(jobset_add_group(set, "too many", 1));
    assert_int_equal(jobset_group_count(set), JOBSET_GROUPS_MAX);
    jobset_unref(set);
    jobset_unref(NULL);
}

static void test_sums(void **state)
{
    (void)state;
    struct jobset *set = jobset_new();
    const struct file_stamp stamp = { .path = "a.lua", .bytes = 9 };
    jobset_add_file(set, &stamp);
    struct job job = job_named("scripted");
    job.function = 1;
    job.standing = STANDING_DISABLED;
    add(set, job);
    add(set, job_named("minutely"));
    jobset_seal(set);
    assert_int_equal(jobset_scheduled(set), 1);
    assert_true(jobset_runs_per_day(set) == 1440.0);
    assert_true(jobset_scripted(set));
    assert_int_equal(jobset_file_count(set), 1);
    assert_string_equal(jobset_file(set, 0)->path, "a.lua");
    jobset_unref(set);
}

/* Whoever is told how runs ended needs its host, too. */
static void test_hooks(void **state)
{
    (void)state;
    for (int hook = 0; hook <= 3; hook++) {
        struct jobset *set = jobset_new();
        struct job job = job_named("declared");
        job.on_failure = hook == 1;
        job.on_success = hook == 2;
        job.on_recover = hook == 3;
        add(set, job);
        jobset_seal(set);
        assert_int_equal(jobset_scripted(set), hook != 0);
        jobset_unref(set);
    }
}

/* ---- what changed ---- */

static void change_nothing(struct job *job)
{
    (void)job;
}

static void change_line(struct job *job)
{
    job->line = 99;
    job->file = "b.lua";
}

static void change_target(struct job *job)
{
    job->target = "/b";
}

static void change_body(struct job *job)
{
    job->body = "{}";
}

static void change_headers(struct job *job)
{
    job->headers = "A: b\n";
}

static void change_every(struct job *job)
{
    job->schedule.every_ms = 120000;
}

static void change_phase(struct job *job)
{
    job->schedule.phase_ms = 1000;
}

static void change_timeout(struct job *job)
{
    job->timeout_ms = 1;
}

static void change_method(struct job *job)
{
    job->method = METHOD_PUT;
}

static void change_overlap(struct job *job)
{
    job->overlap = OVERLAP_ALLOW;
}

static void change_overlap_max(struct job *job)
{
    job->overlap_max = 2;
}

static void change_retry(struct job *job)
{
    job->retry.attempts = 5;
}

static void change_backoff(struct job *job)
{
    job->retry.backoff_max_ms = 9000;
}

static void change_causes(struct job *job)
{
    job->retry.on = 1u << CAUSE_DENIED;
}

static void change_catch_up(struct job *job)
{
    job->catch_up.window_ms = 1000;
}

static void change_deadline(struct job *job)
{
    job->deadline_ms = 1000;
}

static void change_max_runs(struct job *job)
{
    job->max_runs = 1;
}

static void change_min_gap(struct job *job)
{
    job->min_gap_ms = 1000;
}

static void change_alert_after(struct job *job)
{
    job->alert_after = 2;
}

static void change_hook(struct job *job)
{
    job->on_recover = 3;
}

static void change_heartbeat(struct job *job)
{
    job->heartbeat = "https://p";
}

/* It is a word for whoever looks at the file. */
static void say_catch_up(struct job *job)
{
    job->catch_up_said = true;
}

static void change_group(struct job *job)
{
    job->group = 0;
}

static void change_name(struct job *job)
{
    job->name = "other";
}

static void switch_off(struct job *job)
{
    job->standing = STANDING_JOBS_OFF;
}

static const struct {
    void (*change)(struct job *job);
    struct jobset_diff want;
} changes[] = {
    { change_nothing, { .unchanged = 1 } },
    { change_line, { .unchanged = 1 } },
    { change_target, { .changed = 1 } },
    { change_body, { .changed = 1 } },
    { change_headers, { .changed = 1 } },
    { change_every, { .changed = 1 } },
    { change_phase, { .changed = 1 } },
    { change_timeout, { .changed = 1 } },
    { change_method, { .changed = 1 } },
    { change_overlap, { .changed = 1 } },
    { change_overlap_max, { .changed = 1 } },
    { change_retry, { .changed = 1 } },
    { change_backoff, { .changed = 1 } },
    { change_causes, { .changed = 1 } },
    { change_catch_up, { .changed = 1 } },
    { change_deadline, { .changed = 1 } },
    { change_max_runs, { .changed = 1 } },
    { change_min_gap, { .changed = 1 } },
    { change_alert_after, { .changed = 1 } },
    { change_hook, { .changed = 1 } },
    { change_heartbeat, { .changed = 1 } },
    { say_catch_up, { .unchanged = 1 } },
    { change_group, { .changed = 1 } },
    { change_name, { .added = 1, .removed = 1 } },
    { switch_off, { .removed = 1 } },
};

static struct jobset *set_of(void (*change)(struct job *job))
{
    struct jobset *set = jobset_new();
    jobset_add_group(set, "hub", 1);
    struct job job = job_named("a");
    change(&job);
    add(set, job);
    jobset_seal(set);
    return set;
}

static void test_compare(void **state)
{
    (void)state;
    struct jobset *before = set_of(change_nothing);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct jobset *after = set_of(changes[i].change);
        struct jobset_diff diff = jobset_compare(before, after);
        const struct jobset_diff *want = &changes[i].want;
        if (diff.added != want->added || diff.changed != want->changed ||
            diff.removed != want->removed || diff.unchanged != want->unchanged)
            fail_msg("change %zu: +%u ~%u -%u =%u", i, diff.added, diff.changed,
                     diff.removed, diff.unchanged);
        jobset_unref(after);
    }
    struct jobset_diff first = jobset_compare(NULL, before);
    assert_int_equal(first.added, 1);
    assert_int_equal(first.removed, 0);
    jobset_unref(before);
}

/* The last reference frees it, and none before. */
static void test_references(void **state)
{
    (void)state;
    struct jobset *set = set_of(change_nothing);
    assert_ptr_equal(jobset_ref(set), set);
    jobset_unref(set);
    assert_string_equal(jobset_job(set, 0)->name, "a");
    jobset_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sums),       cmocka_unit_test(test_compare),
        cmocka_unit_test(test_references), cmocka_unit_test(test_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
