/* `mooncron run`: the daemon, in the foreground. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "daemon.h"
#include "mooncron/config.h"
#include "mooncron/secrets.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "dry-run", 0, NULL, "call nothing: print what would be sent, and when" },
    { "settings", 0, "FILE", "Settings from this JSON file, not the backend" },
    { "state", 0, "none", "keep no journal: a restart forgets what is due" },
};

static const struct args_verb verb = {
    .name = "run",
    .about =
        "Loads the schedule and runs its jobs until SIGTERM, which waits for\n"
        "the calls that are under way; a second one does not wait. SIGHUP "
        "loads\n"
        "file and Settings again. With --settings no backend is asked for\n"
        "Settings, and the file is read again at each reload and poll. With\n"
        "--dry-run nothing is called, listened on or written.\n",
    .operands = "[FILE]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

/* What only `run` has to insist on. A dry run calls nothing, and shows without
 * a key what it would do without Settings. */
static void check_key(const struct config *config, const struct args *args,
                      struct text *problems)
{
    bool needed = !args_value(args, "settings") && !args_value(args, "dry-run");
    if (needed && !config->api_key &&
        !config_is_wrong(config, "WORKER_API_KEY"))
        text_puts(problems,
                  "WORKER_API_KEY is not set, and the backend answers nobody "
                  "without a key: set it, or WORKER_API_KEY_FILE\n");
}

static void say_problems(const struct text *problems)
{
    const char *at = problems->data;
    while (*at) {
        size_t len = strcspn(at, "\n");
        fprintf(stderr, "mooncron run: %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

/* False where it is another word than the one there is, which was said: to take
 * it for that one would mean a worker without a memory. */
static bool check_state(const struct args *args)
{
    const char *word = args_value(args, "state");
    if (!word || !strcmp(word, "none"))
        return true;
    args_refuse(args,
                "--state cannot be \"%.64s\"; allowed: none. Without --state "
                "the journal is kept, in STATE_DIRECTORY",
                word);
    return false;
}

static int run(struct config *config, const struct args *args)
{
    const struct daemon_options daemon = {
        .config = config,
        .settings_file = args_value(args, "settings"),
        .dry_run = args_value(args, "dry-run") != NULL,
        .forgetful = args_value(args, "state") != NULL,
        .colour = args_colour(args, STDERR_FILENO),
    };
    if (args->operand_count)
        config->file = args->operands[0];
    if (args_value(args, "verbose"))
        config->log_level = LOG_DEBUG;
    if (args_value(args, "quiet"))
        config->log_level = LOG_WARN;
    return daemon_run(&daemon);
}

int cli_run(int argc, char **argv)
{
    struct args args;
    int code;
    /* Who asks for a reload before the first load gets it with that: until the
     * loop hears the signal it must not end the program. */
    signal(SIGHUP, SIG_IGN);
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (!check_state(&args))
        return EXIT_USAGE;
    secrets_protect_process();
    struct config config;
    struct text problems;
    text_init(&problems, 16 << 10);
    config_read(&config, &problems);
    check_key(&config, &args, &problems);
    if (problems.len) {
        say_problems(&problems);
        code = EXIT_CONFIG;
    } else {
        code = run(&config, &args);
    }
    config_close(&config);
    text_close(&problems);
    return code;
}
