/* `mooncron demo`: the real worker and a stand-in backend, sixty times faster.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "args.h"
#include "mooncron/config.h"
#include "mooncron/demo.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "speed", 0, "N", "how much faster the worker's time runs, 60" },
    { "port", 0, "N", "of the stand-in, any free one" },
    { "seconds", 0, "N", "end after so long, never" },
};

static const struct args_verb verb = {
    .name = "demo",
    .about =
        "Runs the real worker against a stand-in for the backend, both on\n"
        "loopback, and tells what happens.\n",
    .operands = "[file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* False where a value cannot be used, which was said. */
static bool options_read(const struct args *args, struct demo_config *config)
{
    double port = 0, seconds = 0;
    if (!args_number(args, "speed", 1, 10000, false, &config->speed) ||
        !args_number(args, "port", 0, 65535, true, &port) ||
        !args_number(args, "seconds", 1, 86400, true, &seconds))
        return false;
    config->port = (uint16_t)port;
    config->seconds = (uint32_t)seconds;
    if (args->operand_count)
        config->file = args->operands[0];
    return true;
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

static int demo(struct demo_config *config)
{
    char program[PATH_MAX];
    struct error error = { "cannot find the program that runs now" };
    config->program = program;
    int code =
        own_program(program) ? demo_run(config, &error) : EXIT_UNAVAILABLE;
    if (code != EXIT_OK)
        fprintf(stderr, "mooncron demo: %s\n", error.text);
    return code;
}

/* Of the environment only the schedule's name counts; what else is wrong there
 * is not this worker's, which gets one of its own. */
int cli_demo(int argc, char **argv)
{
    struct args args;
    struct config environment;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    config_read(&environment, NULL);
    struct demo_config config = { .file = environment.file, .speed = 60 };
    code = options_read(&args, &config) ? demo(&config) : EXIT_USAGE;
    config_close(&environment);
    return code;
}
