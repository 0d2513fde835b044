/* `mooncron version`: this program, the libraries it runs with, and the rules
 * of the time zones. */
#include <stdio.h>

#include "args.h"
#include "mooncron/versions.h"
#include "trial.h"
#include "verbs.h"
#include "writing.h"

static const struct args_option options[] = {
    { "json", 0, NULL, "as JSON" },
    { "plain", 0, NULL, "a name and a version in each line" },
};

static const struct args_verb verb = {
    .name = "version",
    .about =
        "Prints the version of mooncron, of every library of it, and of the\n"
        "time zones' data.\n",
    .operands = "",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

struct versions {
    struct version libraries[VERSIONS_MAX];
    size_t count;
    const char *tzdata; /* "unknown" where its folder does not say */
};

static void plain(const struct versions *versions)
{
    printf("mooncron\t%s\n", MOONCRON_VERSION);
    for (size_t i = 0; i < versions->count; i++)
        printf("%s\t%s\n", versions->libraries[i].name,
               versions->libraries[i].number);
    printf("tzdata\t%s\n", versions->tzdata);
}

static void json(const struct versions *versions)
{
    struct text out;
    text_init(&out, 4096);
    text_puts(&out, "{\n  \"version\": 1,\n  \"mooncron\": \"" MOONCRON_VERSION
                    "\",\n  \"libraries\": {");
    for (size_t i = 0; i < versions->count; i++) {
        text_puts(&out, i ? ",\n    " : "\n    ");
        writing_quote(&out, versions->libraries[i].name);
        text_puts(&out, ": ");
        writing_quote(&out, versions->libraries[i].number);
    }
    text_puts(&out, "\n  },\n  \"tzdata\": ");
    writing_quote(&out, versions->tzdata);
    text_puts(&out, "\n}\n");
    fputs(out.data, stdout);
    text_close(&out);
}

static void sentence(const struct versions *versions)
{
    printf("mooncron %s (", MOONCRON_VERSION);
    for (size_t i = 0; i < versions->count; i++)
        printf("%s %s, ", versions->libraries[i].name,
               versions->libraries[i].number);
    printf("tzdata %s)\n", versions->tzdata);
}

static void print(const struct args *args)
{
    struct zones *zones = trial_zones();
    struct versions versions = { .tzdata = zones_version(zones) };
    versions.count = versions_get(versions.libraries);
    if (!*versions.tzdata)
        versions.tzdata = "unknown";
    if (args_value(args, "json"))
        json(&versions);
    else if (args_value(args, "plain"))
        plain(&versions);
    else
        sentence(&versions);
    zones_free(zones);
}

int cli_version(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (args_value(&args, "json") && args_value(&args, "plain"))
        return args_refuse(&args, "--json and --plain exclude each other");
    if (args_value(&args, "quiet"))
        puts(MOONCRON_VERSION);
    else
        print(&args);
    return EXIT_OK;
}
