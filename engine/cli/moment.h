/* A moment is a time that somebody named on the command line. */
#ifndef MOONCRON_CLI_MOMENT_H
#define MOONCRON_CLI_MOMENT_H

#include "args.h"
#include "mooncron/instant.h"
#include "mooncron/text.h"
#include "mooncron/zone.h"

/* From where slots are looked for, exclusive on either side. The two differ
 * where the text names no single instant: a date is the whole day, and a local
 * time that does not exist is what fires in its place. */
struct moment {
    struct wall after, before;
};

/* RFC 3339; or, in the zone, "2026-03-29T03:30" (with a blank for the T, or
 * with seconds), or a date. Of a time that comes twice it is the first. */
bool moment_parse(const char *text, const struct zone *zone,
                  struct moment *ret);

/* The moment of an option, or `now` where it was not given; false, having said
 * why, where it cannot be read. */
bool moment_option(const struct args *args, const char *name,
                   const struct zone *zone, struct wall now,
                   struct moment *ret);

/* The same of a time whose zone the daemon will tell: false, having said why,
 * where it cannot be read in any. `where` is what is said of the zone, like
 * "in the zone of the job". */
bool moment_readable(const struct args *args, const char *name,
                     const char *where);
/* Whether it was given, and says nothing of a zone. */
bool moment_local(const struct args *args, const char *name);

/* "Tue 2026-11-24 02:30 EET": seconds only where there are some. */
void moment_show(struct wall at, const struct zone *zone, struct text *out);

#endif
