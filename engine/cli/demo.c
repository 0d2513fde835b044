/* `mooncron demo`: the real worker and a stand-in backend, sixty times faster.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/demo.h"

#include "verbs.h"

static const char usage[] =
    "Usage: mooncron demo [--speed N] [--port N] [--seconds N] [file]\n"
    "\n"
    "Runs the real worker against a stand-in for the backend, both on\n"
    "loopback, and tells what happens.\n"
    "\n"
    "  --speed N    how much faster the worker's time runs (60; 1 to 10000)\n"
    "  --port N     of the stand-in (any free one)\n"
    "  --seconds N  end after so long (never)\n"
    "  file         scripts/schedules.lua\n";

/* Whole numbers, and for the speed fractions too. */
static bool number_read(const char *text, double min, double max, bool whole,
                        double *ret)
{
    char *end;
    double value = strtod(text, &end);
    bool good = end != text && !*end && value >= min && value <= max;
    if (!good || (whole && value != floor(value)))
        return false;
    *ret = value;
    return true;
}

static bool option_read(const char *name, const char *value,
                        struct demo_config *config)
{
    double number;
    if (strcmp(name, "--speed") == 0)
        return number_read(value, 1, 10000, false, &config->speed);
    if (strcmp(name, "--port") == 0 &&
        number_read(value, 0, 65535, true, &number))
        config->port = (uint16_t)number;
    else if (strcmp(name, "--seconds") == 0 &&
             number_read(value, 1, 86400, true, &number))
        config->seconds = (uint32_t)number;
    else
        return false;
    return true;
}

/* NULL, or the argument that cannot be used. */
static const char *arguments_read(int argc, char **argv,
                                  struct demo_config *config)
{
    bool named = false;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (argument[0] != '-' && !named) {
            config->file = argument;
            named = true;
        } else if (i + 1 == argc || !option_read(argument, argv[++i], config)) {
            return argument;
        }
    }
    return NULL;
}

/* The program that runs now, by a name that outlives its being replaced. */
static bool own_program(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    return true;
}

int cli_demo(int argc, char **argv)
{
    struct demo_config config = {
        .file = "scripts/schedules.lua",
        .speed = 60,
    };
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_OK;
    }
    const char *bad = arguments_read(argc, argv, &config);
    if (bad) {
        fprintf(stderr, "mooncron demo: cannot use %s\n\n%s", bad, usage);
        return EXIT_USAGE;
    }
    char program[PATH_MAX];
    struct error error = { "cannot find the program that runs now" };
    config.program = program;
    int code =
        own_program(program) ? demo_run(&config, &error) : EXIT_UNAVAILABLE;
    if (code != EXIT_OK)
        fprintf(stderr, "mooncron demo: %s\n", error.text);
    return code;
}
