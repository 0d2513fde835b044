/* bench [--quick] [NAME...]: measures, compares in one run, and prints each
 * figure beside its aim. A figure that misses its aim is no failure: judging is
 * the reader's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

static const struct figure {
    const char *name, *what;
    void (*measure)(struct bench *bench);
} figures[] = {
    { "sustained", "calls a second on one core, 64 in flight",
      figure_sustained },
    { "instant", "1,000 jobs in one instant: CPU and lateness",
      figure_instant },
    { "even", "10,000 jobs a second, spread evenly", figure_even },
    { "start", "from exec to the first armed job", figure_start },
    { "reload", "from webhook to the new schedule in force", figure_reload },
    { "late-reload", "fires while reloads go on", figure_late_reload },
    { "memory", "resident memory", figure_memory },
    { "next", "times a second, beside croner and robfig's cron", figure_next },
    { "zone", "loading a time zone", figure_zone },
    { "batch", "requests a second of next --batch", figure_batch },
    { "claims", "durable claims a second, with and without the journal",
      figure_claims },
    { "store", "claims a second, in memory and in SQLite", figure_store },
    { "idle", "wake-ups and CPU at rest", figure_idle },
};
#define FIGURES (sizeof figures / sizeof *figures)

void bench_row(const char *figure, const char *aim, bool met,
               const char *format, ...)
{
    char measured[160];
    va_list args;
    va_start(args, format);
    vsnprintf(measured, sizeof measured, format, args);
    va_end(args);
    printf("%-40s %-66s %-22s %s\n", figure, measured, aim,
           met ? "met" : "missed");
    fflush(stdout);
}

static int usage(FILE *to, int code)
{
    fprintf(to, "Usage: bench [--quick] [NAME...]\n\n"
                "Measures the worker beside bare libcurl and bare Lua. All of "
                "it takes some eight\nminutes, --quick some two.\n\n");
    for (size_t i = 0; i < FIGURES; i++)
        fprintf(to, "  %-12s %s\n", figures[i].name, figures[i].what);
    return code;
}

static const struct figure *figure_find(const char *name)
{
    for (size_t i = 0; i < FIGURES; i++)
        if (!strcmp(figures[i].name, name))
            return &figures[i];
    return NULL;
}

static void measure(const struct figure *figure, bool quick)
{
    struct bench bench;
    bench_open(&bench, quick);
    figure->measure(&bench);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    bool quick = false, chosen = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return usage(stdout, 0);
        if (!strcmp(argv[i], "--quick"))
            quick = true;
        else if (figure_find(argv[i]))
            chosen = true;
        else
            return usage(stderr, 64);
    }
    printf("%-40s %-66s %-22s\n", "figure", "measured", "aim");
    for (size_t i = 0; i < FIGURES; i++) {
        bool named = !chosen;
        for (int k = 1; k < argc; k++)
            named |= !strcmp(argv[k], figures[i].name);
        if (named)
            measure(&figures[i], quick);
    }
    return 0;
}
