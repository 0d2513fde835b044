/* `mooncron explain E110`: what a code means, at length. */
#include <ctype.h>
#include <stdio.h>

#include "args.h"
#include "mooncron/mistake.h"
#include "verbs.h"

static const struct args_verb verb = {
    .name = "explain",
    .about = "Says what a code means and what to do about it.\n"
             "Codes: E1.. keep a file from being loaded, W2.. are warnings of\n"
             "plan, R3.. happen while a job runs.\n",
    .operands = "CODE",
    .operands_min = 1,
    .operands_max = 1,
};

int cli_explain(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    char name[8];
    int len = snprintf(name, sizeof name, "%s", args.operands[0]);
    name[0] = (char)toupper((unsigned char)name[0]);
    const char *title;
    const char *text =
        len < (int)sizeof name ? mistake_explain(name, &title) : NULL;
    if (!text)
        return args_refuse(&args,
                           "there is no code \"%.32s\"; codes look like E110",
                           args.operands[0]);
    printf("%s: %s\n\n%s\n", name, title, text);
    return EXIT_OK;
}
