/* The subject is what a command that only looks talks about: a schedule file,
 * the Settings it is loaded with, and the jobs that came of them.
 *
 * Settings: --settings FILE; or none but what --env and --jobs say, without
 * network; or the backend's; or, with --offline, their last good copy. */
#ifndef MOONCRON_CLI_SUBJECT_H
#define MOONCRON_CLI_SUBJECT_H

#include "args.h"
#include "load.h"
#include "mooncron/config.h"
#include "mooncron/settings.h"

struct subject {
    struct config config;
    const char *file;
    struct wall now; /* --now, or the clock's */
    struct facts facts;
    const char *environment; /* in force: Settings', or NODE_ENV */
    const char *source;      /* "flag", "file", "backend" or "cache" */
    struct jobset *set;
    /* private */
    struct settings *settings;
    struct load_result loaded;
};

/* The options that subject_open() reads. A verb that is `fixed` (below) leaves
 * out the last two. */
#define SUBJECT_OPTIONS                                                        \
    { "env", 'e', "NAME", "the environment, without asking the backend" },     \
        { "jobs", 0, "on|off", "enableJobs, over what Settings say" },         \
    {                                                                          \
        "settings", 's', "FILE", "Settings from a JSON file"                   \
    }
#define SUBJECT_LIVE_OPTIONS                                                   \
    { "offline", 0, NULL, "the last good copy of Settings" },                  \
    {                                                                          \
        "now", 0, "TIME", "as if it were then: 2026-11-23T14:07:31Z"           \
    }

enum subject_settings {
    SUBJECT_FIXED, /* production where nothing is said; never the network */
    SUBJECT_LIVE,  /* the backend's where nothing is said */
};

/* Loads operand `file` (an index, or past the last for the default). False,
 * having said everything on standard error, with an exit code. In both cases
 * subject_close() is due. */
bool subject_open(struct subject *subject, const struct args *args,
                  unsigned file, enum subject_settings settings, int *ret_code);
/* The same, but mistakes in the file are the caller's to tell: where there is
 * any it is false, and nothing was said of them. */
bool subject_try(struct subject *subject, const struct args *args,
                 unsigned file, enum subject_settings settings, int *ret_code);
void subject_close(struct subject *subject);

/* Of the file; empty where it was loaded, or not even read. */
const struct mistakes *subject_mistakes(const struct subject *subject);

#endif
