/* A trial is a schedule that is no job's: an expression and a zone, said on the
 * command line. It needs no schedule file, no Settings and no network. */
#ifndef MOONCRON_CLI_TRIAL_H
#define MOONCRON_CLI_TRIAL_H

#include "args.h"
#include "mooncron/schedule.h"
#include "mooncron/zones.h"

struct trial {
    struct schedule schedule;
    struct zone *zone;
    /* private */
    struct zones *zones;
    struct rules *rules;
};

/* The options that trial_open() reads. */
#define TRIAL_OPTIONS                                                          \
    { "tz", 'z', "ZONE", "its time zone, UTC" },                               \
        { "gap", 0, "WHAT", "of a time that does not exist: " GAP_WORDS },     \
    {                                                                          \
        "fold", 0, "WHAT", "of one that comes twice: " FOLD_WORDS              \
    }
#define GAP_WORDS  "after, skip or before"
#define FOLD_WORDS "first, both or last"

enum trial_kind {
    TRIAL_CRON,
    TRIAL_AT, /* times, or instants, separated by commas */
};

/* False, having said why on standard error, with an exit code. In both cases
 * trial_close() is due. */
bool trial_open(struct trial *trial, const struct args *args,
                enum trial_kind kind, const char *text, int *ret_code);
void trial_close(struct trial *trial);

/* The first of these options that was given, or NULL: for whoever has another
 * schedule to show. */
const char *trial_option(const struct args *args);

/* The zones of the system, as TZDIR says. */
struct zones *trial_zones(void);

#endif
