/* Cron expressions: text to sets of numbers, and what these sets say about days
 * and times of day. No zone and no clock here: see schedule.h.
 *
 * The dialect (docs/time.md): 5 fields, or 6 with leading seconds; `*`, `n`,
 * `a-b`, lists, and steps of s after a star, a range or a number; names of
 * months and days of the week; `?` as a whole day field; `L` `L-n` `LW` `nW`
 * for days, `nL` `n#k` for days of the week; @yearly @annually @monthly @weekly
 * @daily @midnight @hourly. Where both day fields are restricted, either one
 * matches; restricted is anything but a bare `*` or `?`. */
#ifndef MOONCRON_CRON_H
#define MOONCRON_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

#define CRON_TEXT_MAX 4096 /* bytes: nobody writes more */

/* Bit n stands for the number n. */
struct cron {
    uint64_t seconds, minutes;
    uint32_t hours;
    uint32_t days;           /* 1-31 */
    uint32_t days_last;      /* n days before the last one: L is 0, L-3 is 3 */
    uint32_t days_near;      /* weekday nearest to day n (nW); 0 is LW */
    uint16_t months;         /* 1-12 */
    uint8_t weekdays;        /* 0-6, Sunday is 0 */
    uint8_t weekdays_last;   /* last such day of the month (nL) */
    uint8_t weekdays_nth[5]; /* [k-1]: the k-th such day (n#k) */
    bool days_restricted, weekdays_restricted;
    bool has_seconds; /* there were six fields */
    bool wildcard;    /* second, minute or hour begins with `*` */
    bool starred;     /* both day fields are restricted, one begins with `*` */
};

/* What is wrong, and under which bytes of the text the carets go. */
struct cron_fault {
    uint32_t column;   /* 0-based */
    uint32_t width;    /* at least 1, but for an empty text */
    char message[160]; /* "hour field: 25 is out of range 0-23" */
    char hint[96];     /* "did you mean `MON`?", or "" */
};

/* False and `reterr` where the text is no expression of the dialect, or one
 * that can never match (30 February). NULs and bytes above 127 are refused like
 * any other nonsense; `len` decides, not a NUL. */
bool cron_parse(const char *text, size_t len, struct cron *ret,
                struct cron_fault *reterr);

/* The shortest usual spelling: parsing it again gives the same sets. */
void cron_print(const struct cron *cron, struct text *out);

/* The days of a month that match: bit d stands for day d, 0 where the month
 * itself does not match. Proleptic Gregorian, any year. */
uint32_t cron_days(const struct cron *cron, int32_t year, unsigned month);

/* Times of day, in seconds since midnight: the first at or after, the last at
 * or before `second` (0-86399); -1 where there is none on that day. */
int32_t cron_time_next(const struct cron *cron, int32_t second);
int32_t cron_time_last(const struct cron *cron, int32_t second);
/* How many there are in a day, and how many come before `second`. */
uint32_t cron_times(const struct cron *cron);
uint32_t cron_times_before(const struct cron *cron, int32_t second);
/* The time that `index` others come before: 0 <= index < cron_times(). */
int32_t cron_time_at(const struct cron *cron, uint32_t index);

extern const char *const cron_month_names[12];  /* "JAN" ... */
extern const char *const cron_weekday_names[7]; /* "SUN" ... */

#endif
