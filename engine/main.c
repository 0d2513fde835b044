/* mooncron: the first word says what to do. */
#include "cli/verbs.h"

int main(int argc, char **argv)
{
    if (argc < 2) {
        char name[] = "help";
        char *help[] = { name, NULL };
        cli_help(1, help);
        return EXIT_USAGE;
    }
    const struct verb *verb = verb_find(argv[1]);
    return verb ? verb->run(argc - 1, argv + 1) : EXIT_USAGE;
}
