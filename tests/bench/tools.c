/* The tools of the benchmarks: starting, reading /proc, counting samples. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"

#include "mooncron/memory.h"
#include "mooncron/text.h"

#define FILE_MAX    (32 << 20) /* 100,000 lines */
#define SINK_CPU    1
#define WORK_CPU    0
#define PATIENCE_MS 20000

/* ---- clocks ---- */

int64_t bench_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t bench_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec spent;
    if (clock_getcpuclockid(pid, &clock) != 0 ||
        clock_gettime(clock, &spent) != 0)
        fail_msg("no CPU clock of process %d", (int)pid);
    return spent.tv_sec * INT64_C(1000000000) + spent.tv_nsec;
}

void bench_wait_ms(int64_t ms)
{
    struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest) != 0)
        continue;
}

bool bench_samples(const struct bench *bench, uint32_t count, int64_t ms)
{
    int64_t until = bench_wall_ns() + ms * 1000000;
    while (bench->report->samples < count) {
        if (bench_wall_ns() > until)
            return false;
        bench_wait_ms(20);
    }
    return true;
}

void bench_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 0; i < count; i++)
        if (cpu < 0 || count < 2 || i == cpu)
            CPU_SET((size_t)i, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* ---- /proc ---- */

static uint64_t status_number(const char *path, const char *name)
{
    char line[256];
    unsigned long long value = 0;
    FILE *file = fopen(path, "r");
    size_t len = strlen(name);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            value = strtoull(line + len + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return value;
}

uint64_t bench_switches(pid_t pid)
{
    char folder[64], path[400];
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(folder);
    assert_non_null(tasks);
    uint64_t sum = 0;
    for (const struct dirent *entry; (entry = readdir(tasks));) {
        snprintf(path, sizeof path, "%s/%s/status", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            sum += status_number(path, "voluntary_ctxt_switches");
    }
    closedir(tasks);
    return sum;
}

unsigned long bench_children_kb(pid_t pid)
{
    DIR *folder = opendir("/proc");
    assert_non_null(folder);
    unsigned long sum = 0;
    char path[300];
    for (const struct dirent *entry; (entry = readdir(folder));) {
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            status_number(path, "PPid") == (uint64_t)pid)
            sum += status_number(path, "VmRSS");
    }
    closedir(folder);
    return sum;
}

/* ---- programs ---- */

/* All of them are built into one folder. */
static char *program(const char *name)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(len > 0);
    path[len] = '\0';
    *strrchr(path, '/') = '\0';
    struct text text;
    text_init(&text, PATH_MAX);
    text_printf(&text, "%s/%s", path, name);
    return text_take(&text);
}

bool bench_has(const char *name)
{
    char *path = program(name);
    bool there = access(path, X_OK) == 0;
    free(path);
    return there;
}

void bench_ask(const char *name, const char *const *args, int64_t *ret,
               size_t count)
{
    char *path = program(name);
    const char *argv[16] = { path };
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    static const char *const no_environment[] = { NULL };
    char *out, *err;
    bench_pin(WORK_CPU);
    if (proc_run(argv, no_environment, &out, &err) != 0)
        fail_msg("%s failed: %s", name, err);
    bench_pin(-1);
    char *at = out;
    for (size_t i = 0; i < count; i++)
        ret[i] = strtoll(at, &at, 10);
    free(out);
    free(err);
    free(path);
}

static void sink_start(struct bench *bench)
{
    char *path = program("bench_sink");
    char *file = scratch_path(&bench->scratch, "report");
    const char *argv[] = { path, file, NULL };
    static const char *const no_environment[] = { NULL };
    bench_pin(SINK_CPU);
    bench->sink = proc_start(argv, no_environment);
    bench_pin(-1);
    size_t cursor = 0;
    char *line = proc_await(bench->sink, false, &cursor, "port", PATIENCE_MS);
    snprintf(bench->stand.origin, sizeof bench->stand.origin,
             "http://127.0.0.1:%d", atoi(line + 5));
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    bench->report =
        mmap(NULL, sizeof *bench->report, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(bench->report != MAP_FAILED);
    close(fd);
    free(line);
    free(file);
    free(path);
}

void bench_open(struct bench *bench, bool quick)
{
    *bench = (struct bench){ .quick = quick };
    scratch_make(&bench->scratch);
    scratch_write(&bench->scratch, "settings.json",
                  "{\"enableJobs\":true,"
                  "\"schedulerEnvironment\":\"production\"}");
    sink_start(bench);
}

void bench_close(struct bench *bench)
{
    worker_free(&bench->worker);
    proc_free(bench->sink);
    munmap(bench->report, sizeof *bench->report);
    scratch_remove(&bench->scratch);
}

int64_t bench_worker(struct bench *bench, bool from_sink)
{
    static const char *const env[] = { "MOONCRON_TIME_SCALE",
                                       "MOONCRON_LOAD_TIMEOUT=30s", NULL };
    char *settings = scratch_path(&bench->scratch, "settings.json");
    const char *args[5] = { NULL };
    size_t count = 0;
    if (!from_sink) {
        args[count++] = "--settings";
        args[count++] = settings;
    }
    if (bench->forgetful) {
        args[count++] = "--state";
        args[count++] = "none";
    }
    const struct worker_options options = { .env = env, .args = args };
    bench_pin(bench->one_core ? WORK_CPU : -1);
    worker_start(&bench->worker, &bench->scratch, &bench->stand, &options);
    bench_pin(-1);
    bench->worker.cursor = 0;
    json_t *event = worker_event(&bench->worker, "schedule");
    int64_t at = worker_field(event, "at_ns");
    json_decref(event);
    free(settings);
    return at;
}

void bench_worker_stop(struct bench *bench)
{
    worker_drain(&bench->worker);
    worker_free(&bench->worker);
}

void bench_file(struct bench *bench, unsigned count, bench_line *line,
                const char *last)
{
    struct text text;
    text_init(&text, FILE_MAX);
    for (unsigned i = 0; i < count; i++)
        line(&text, i);
    text_puts(&text, last);
    assert_false(text.cut);
    scratch_write(&bench->scratch, "schedules.lua", text.data);
    text_close(&text);
}

/* ---- numbers ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

struct lateness bench_lateness(const struct bench *bench, int64_t from_ms,
                               int64_t until_ms)
{
    struct lateness late = { .count = 0 };
    uint32_t samples = bench->report->samples;
    double *ms = memory_new((samples + 1) * sizeof *ms);
    for (uint32_t i = 0; i < samples; i++) {
        const struct sample *sample = &bench->report->sample[i];
        if (sample->slot_ms < from_ms || sample->slot_ms >= until_ms)
            continue;
        ms[late.count++] = (double)sample->late_us / 1000;
        late.early += sample->late_us < 0;
    }
    if (late.count) {
        qsort(ms, late.count, sizeof *ms, ascending);
        late.p50_ms = ms[late.count / 2];
        late.p99_ms = ms[late.count * 99 / 100];
        late.max_ms = ms[late.count - 1];
    }
    free(ms);
    return late;
}
