/* What is coming: the next slots of one schedule, or the last ones, and the
 * changes of offset among them. */
#ifndef MOONCRON_CLI_COMING_H
#define MOONCRON_CLI_COMING_H

#include "moment.h"
#include "mooncron/jobset.h"

struct coming {
    const struct schedule *schedule;
    const struct zone *zone;
    struct wall now;    /* "in 15m" counts from here */
    struct moment from; /* strictly later, or earlier, than this */
    bool back;          /* nearest first, in both directions */
    unsigned number;
};

/* The slot that comes after `from` (before it, going back); false: none. */
bool coming_step(const struct coming *coming, struct wall from,
                 struct wall *ret);
/* Where coming_step() begins. */
struct wall coming_begin(const struct coming *coming);

/* A line a slot; a line before it for each change of offset on the way. */
void coming_lines(const struct coming *coming, struct text *out);
/* An array of times, with the offset of the zone. */
void coming_json(const struct coming *coming, struct text *out);

/* The zone that a job's times are shown in: its own, else the set's. */
const struct zone *coming_zone(const struct jobset *set, const struct job *job);

struct wall coming_now(void);

#endif
