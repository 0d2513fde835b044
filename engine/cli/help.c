/* `mooncron help`: the verbs, and the variables of the environment. */
#include <stdio.h>

#include "args.h"
#include "mooncron/config.h"
#include "verbs.h"

static const struct args_option options[] = {
    { "env", 0, NULL, "the variables of the environment, too" },
};

static const struct args_verb verb = {
    .name = "help",
    .about = "What there is to do. With a command: its options.\n",
    .operands = "[command]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_max = 1,
};

static const char *const headings[] = {
    [VERB_LOOK] = "Look before you leap",
    [VERB_RUN] = "Run",
    [VERB_TALK] = "Talk to the running daemon",
};

static void group_print(enum verb_group group)
{
    printf("\n%s\n", headings[group]);
    for (size_t i = 0; i < verb_count; i++)
        if (verbs[i].group == group)
            printf("  %-10s %-40s %s\n", verbs[i].name, verbs[i].help,
                   verbs[i].example);
}

static void all_print(void)
{
    puts("mooncron - run scheduled HTTP jobs declared in Lua\n"
         "\n"
         "Usage: mooncron <command> [options] [file]         "
         "file defaults to scripts/schedules.lua");
    group_print(VERB_LOOK);
    group_print(VERB_RUN);
    group_print(VERB_TALK);
    puts("\n  version, help\n"
         "\n"
         "Options everywhere: --color=auto|always|never -q -v -h\n"
         "The environment: mooncron help --env · "
         "the schedule file: docs/lua-api.md");
}

static void env_print(void)
{
    struct text text;
    text_init(&text, 1 << 16);
    config_describe(&text);
    printf("\nEnvironment (secrets also from the file that NAME_FILE "
           "names)\n%s",
           text.data);
    text_close(&text);
}

int cli_help(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (args.operand_count) {
        const struct verb *about = verb_find(args.operands[0]);
        char name[] = "help", option[] = "--help";
        char *ask[] = { name, option, NULL };
        return about ? about->run(2, ask) : EXIT_USAGE;
    }
    all_print();
    if (args_value(&args, "env"))
        env_print();
    return EXIT_OK;
}
