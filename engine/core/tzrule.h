/* The rule of a zone: what a POSIX TZ string says of every year. */
#ifndef MOONCRON_CORE_TZRULE_H
#define MOONCRON_CORE_TZRULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/zone.h"

#define ABBREVIATION_MAX 15          /* the longest there is has 5 bytes */
#define OFFSET_LIMIT_S   (26 * 3600) /* RFC 8536: less than 26 hours */

/* What holds during a span: an offset, and what people call it. */
struct regime {
    int32_t offset_s;
    char abbreviation[ABBREVIATION_MAX + 1];
};

/* The day and the time at which a regime begins, in each year. */
struct turn {
    enum {
        TURN_WEEKDAY, /* Mm.w.d: the week-th weekday of the month; 5: last */
        TURN_JULIAN,  /* Jn: day 1-365, 29 February never counted */
        TURN_DAY,     /* n: day 0-365, 29 February counted */
    } kind;
    uint16_t month, week, day; /* `day` is the weekday, or n */
    int32_t time_s;            /* on the clock that goes until then */
};

enum { STANDARD, DAYLIGHT };

struct tzrule {
    bool turning;   /* else the standard regime holds for ever */
    unsigned first; /* the regime whose turn comes first in a year */
    struct regime regimes[2];
    struct turn turns[2]; /* turns[i] begins regimes[i] */
};

/* An abbreviation as RFC 8536 has it: 3 or more letters, digits, + and -. */
bool abbreviation_good(const char *text, size_t len);

/* With hours of -167 to 167, and <quoted> names. False and a clause where the
 * text is no such rule, or one whose turns do not come in turn. */
bool tzrule_parse(const char *text, size_t len, struct tzrule *ret,
                  struct error *reterr);

/* The span that holds `at_s`, as though the rule had always been there. */
void tzrule_span(const struct tzrule *rule, int64_t at_s,
                 struct zone_span *ret);

#endif
