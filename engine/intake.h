/* The intake of a load: what a script host declares becomes a jobset. */
#ifndef MOONCRON_INTAKE_H
#define MOONCRON_INTAKE_H

#include "mooncron/hostmsg.h"
#include "mooncron/zones.h"

struct intake {
    struct jobset *set; /* open for adding; NULL once it was handed on */
    struct mistakes mistakes;
    struct zones *zones;     /* borrowed */
    struct host_rules *room; /* borrowed; for one job at a time */
};

/* Takes a FILE, ZONE, GROUP, CALENDAR, JOB or MISTAKE. False where the frame is
 * of no such type, or says what no host of ours says. */
bool intake_take(struct intake *intake, struct wire_reader *in);

#endif
