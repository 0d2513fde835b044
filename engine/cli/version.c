/* `mooncron version`: this program and the libraries it runs with. */
#include <stdio.h>

#include "args.h"
#include "mooncron/versions.h"
#include "verbs.h"

static const struct args_verb verb = {
    .name = "version",
    .about = "Prints the version of mooncron and of every library of it.\n",
    .operands = "",
};

int cli_version(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    if (args_value(&args, "quiet")) {
        puts(MOONCRON_VERSION);
        return EXIT_OK;
    }
    struct text text;
    text_init(&text, 1024);
    versions_put(&text);
    puts(text.data);
    text_close(&text);
    return EXIT_OK;
}
