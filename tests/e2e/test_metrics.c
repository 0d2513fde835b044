/* GET /metrics of a running worker: what becomes of its slots moves numbers. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exposition.h"
#include "mooncron/memory.h"
#include "mooncron/text.h"
#include "world.h"

/* `rank` and `slow` come each half second of the test's clock. */
static const char schedule[] =
    "job 'rank' { every = '30s', post = '/api/feed/rank' }\n"
    "job 'slow' { every = '30s', post = '/api/slow', timeout = '1h',\n"
    "  retry = false }\n"
    "job 'off' { every = '1h', post = '/api/off', only = { 'staging' } }\n";

static struct exposition *scrape(const struct world *world)
{
    char url[128];
    snprintf(url, sizeof url, "%s/metrics", world->worker.origin);
    struct client_answer answer = client_send("GET", url, NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_non_null(
        strstr(answer.headers,
               "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    struct exposition *exposition = exposition_read(answer.body);
    client_answer_close(&answer);
    return exposition;
}

/* Of one scrape of its own. */
static double value(const struct world *world, const char *sample)
{
    struct exposition *exposition = scrape(world);
    double found = exposition_value(exposition, sample);
    exposition_free(exposition);
    return found;
}

static void expect(const struct world *world, const char *sample, double wanted)
{
    double found = value(world, sample);
    if (found < wanted || found > wanted)
        fail_msg("%s: %g was wanted, %g found", sample, wanted, found);
}

#define RANK(result)                                                           \
    "mooncron_job_runs_total{job=\"rank\",result=\"" result "\"}"
#define SLOW(result)                                                           \
    "mooncron_job_runs_total{job=\"slow\",result=\"" result "\"}"

static void what_is_fired_and_skipped_is_counted(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    struct exposition *first = scrape(world);
    assert_true(exposition_value(first, "mooncron_schedule_generation") > 0);
    assert_true(
        exposition_value(first, "mooncron_jobs{standing=\"environment\"}") > 0);
    assert_true(exposition_value(first, "process_resident_memory_bytes") > 1e6);
    assert_true(exposition_value(first, "mooncron_journal_well") > 0);
    double none;
    assert_false(exposition_find(
        first, "mooncron_job_runs_total{job=\"off\",result=\"ok\"}", &none));
    exposition_free(first);

    stand_fault(&world->stand, "/api/slow", "hang", 60000, 0);
    json_decref(worker_says(&world->worker, "skipped, overlap"));
    world_await_calls(world, "rank", 3);
    struct exposition *second = scrape(world);
    assert_true(exposition_value(second, RANK("ok")) >= 2);
    assert_true(exposition_value(second, SLOW("skipped")) >= 1);
    assert_true(exposition_value(second, "mooncron_runs_total{result="
                                         "\"skipped\",why=\"overlap\"}") >= 1);
    assert_true(
        exposition_value(second, "mooncron_job_runs_live{job=\"slow\"}") > 0);
    assert_true(exposition_value(second, "mooncron_calls_live") > 0);
    assert_true(
        exposition_value(second, "mooncron_fire_lateness_seconds_count") >= 2);
    assert_true(exposition_value(second, "mooncron_journal_claims_total{result="
                                         "\"durable\"}") >= 2);
    assert_true(
        exposition_value(second, "mooncron_journal_commit_seconds_count") >= 1);
    exposition_free(second);
    stand_calm(&world->stand);
    worker_drain(&world->worker);
}

/* "rank: 119 slots from ..." */
static long slots_of(json_t *line)
{
    const char *message = json_string_value(json_object_get(line, "message"));
    long count;
    assert_int_equal(sscanf(message, "rank: %ld slots from", &count), 1);
    json_decref(line);
    return count;
}

static void life(struct world *world, const char *start)
{
    char pair[64];
    snprintf(pair, sizeof pair, "MOONCRON_TIME_START=%s", start);
    const char *const env[] = { pair, NULL };
    const struct worker_options options = { .env = env };
    worker_start(&world->worker, &world->scratch, &world->stand, &options);
}

static int command(const struct world *world, const char *name)
{
    char *out, *err;
    const char *const args[] = { name, NULL };
    int code = worker_command(&world->worker, &world->scratch, &world->stand,
                              args, &out, &err);
    free(out);
    free(err);
    return code;
}

/* A row that stands for many slots counts as many. */
static void what_nobody_ran_is_counted(void **state)
{
    struct world *world = *state;
    world_prepare(world,
                  "job 'rank' { every = '30s', post = '/api/feed/rank' }\n",
                  true, "production");
    life(world, "2026-11-25T12:00:00Z");
    world_await_calls(world, "rank", 2);
    worker_drain(&world->worker);
    worker_free(&world->worker);
    life(world, "2026-11-25T14:00:00Z");
    long missed = slots_of(worker_says(&world->worker, "missed, down"));
    assert_true(missed > 200);
    expect(world,
           "mooncron_job_passed_total{job=\"rank\",result=\"missed\","
           "why=\"down\"}",
           (double)missed);
    expect(world, "mooncron_runs_total{result=\"missed\",why=\"down\"}",
           (double)missed);
    expect(world, RANK("missed"), (double)missed);
    /* That of the life before is known once the store was heard, as the status
     * waits for. */
    assert_int_equal(command(world, "status"), 0);
    double last = value(
        world, "mooncron_job_last_success_timestamp_seconds{job=\"rank\"}");
    assert_true(last > 1.795e9);
    worker_drain(&world->worker);
}

static void reloads_are_counted(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    expect(world, "mooncron_last_load_successful", 1);
    world_await_calls(world, "rank", 2);
    world_write(world,
                "job 'rank' { evry = '30s', post = '/api/feed/rank' }\n");
    assert_int_equal(command(world, "reload"), 78);
    expect(world, "mooncron_last_load_successful", 0);
    expect(world, "mooncron_reloads_total{result=\"failed\"}", 1);
    expect(world, "mooncron_schedule_generation", 1);

    double ok = value(world, "mooncron_runs_total{result=\"ok\"}");
    assert_true(ok >= 1);
    world_write(world, "job 'new' { every = '1h', post = '/api/new' }\n");
    assert_int_equal(command(world, "reload"), 0);
    struct exposition *after = scrape(world);
    double none;
    assert_false(exposition_find(after, RANK("ok"), &none));
    assert_true(
        exposition_value(
            after, "mooncron_job_runs_total{job=\"new\",result=\"ok\"}") < 1);
    assert_true(exposition_value(after, "mooncron_runs_total{result=\"ok\"}") >=
                ok);
    assert_true(exposition_value(after, "mooncron_last_load_successful") > 0);
    exposition_free(after);
    worker_drain(&world->worker);
}

/* ---- what the docs say ---- */

static char *page(void)
{
    struct text text;
    char piece[4096];
    size_t len;
    FILE *file = fopen(SOURCE_DIR "/docs/metrics.md", "r");
    assert_non_null(file);
    text_init(&text, 1 << 20);
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        text_add(&text, piece, len);
    fclose(file);
    return text_take(&text);
}

static size_t rows_of(const char *text)
{
    size_t count = 0;
    while ((text = strstr(text, "\n| `")) != NULL) {
        count++;
        text++;
    }
    return count;
}

/* The lines below "$ curl ..." are samples, whatever their values are. */
static void expect_samples(const struct exposition *exposition,
                           const char *text)
{
    const char *at = strstr(text, "$ curl -s http://127.0.0.1:3001/metrics");
    size_t count = 0;
    assert_non_null(at);
    at = strchr(at, '\n') + 1;
    for (; strncmp(at, "```", 3) != 0; at = strchr(at, '\n') + 1) {
        char *sample = memory_copy(at, strcspn(at, " \n"));
        exposition_value(exposition, sample);
        free(sample);
        count++;
    }
    assert_true(count > 0);
}

static void the_page_has_every_family(void **state)
{
    struct world *world = *state;
    world_open(world, schedule, true, "production", NULL);
    struct exposition *exposition = scrape(world);
    char *text = page();
    size_t count = exposition_families(exposition);
    for (size_t i = 0; i < count; i++) {
        char row[160];
        const char *type, *help;
        const char *name = exposition_family(exposition, i, &type, &help);
        snprintf(row, sizeof row, "\n| `%s` | %s | ", name, type);
        if (!strstr(text, row))
            fail_msg("docs/metrics.md has no row of %s, a %s: %s", name, type,
                     help);
    }
    assert_int_equal(rows_of(text), count);
    expect_samples(exposition, text);
    exposition_free(exposition);
    free(text);
    worker_drain(&world->worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_fired_and_skipped_is_counted),
        WORLD_TEST(what_nobody_ran_is_counted),
        WORLD_TEST(reloads_are_counted),
        WORLD_TEST(the_page_has_every_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
