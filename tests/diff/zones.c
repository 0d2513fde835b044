/* zones [STEP]: every change of offset of every zone from 2000 to 2037, and of
 * some years up to 2100, and around each of them the rules of docs/time.md for
 * jobs of all kinds. STEP looks at each so-many-th zone only.
 *
 * What the wall clock shows is localtime_r(3)'s word, minute by minute, and so
 * is where the changes are; what fires is ours. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mooncron/civil.h"
#include "mooncron/schedule.h"
#include "mooncron/text.h"
#include "mooncron/zones.h"

#define MINUTE  60
#define HOUR    3600
#define DAY     (24 * HOUR)
#define DAY_MIN (24 * 60)

#define STRIDE (6 * HOUR) /* no two changes are nearer */
#define HALF   (30 * 60)  /* minutes of a window on each side */
#define WINDOW (2 * HALF)
#define SHOWN  10 /* failures, and no more */
#define SLOTS  WINDOW

/* ---- what is counted ---- */

/* Changes by size in minutes; there are not many kinds. */
struct sizes {
    int minutes[32];
    unsigned count[32];
};

struct tally {
    unsigned zones, changes, gaps, folds, unflagged, long_gaps, jobs;
    uint64_t assertions[5]; /* by rule, 1 to 4; 0: where the changes are */
    uint64_t failures;
    struct sizes sizes;
};

static void count_size(struct sizes *sizes, int minutes)
{
    size_t i = 0;
    while (sizes->count[i] && sizes->minutes[i] != minutes)
        i++;
    sizes->minutes[i] = minutes;
    sizes->count[i]++;
}

/* ---- the wall clock, as libc has it ---- */

static long offset_at(int64_t at_s, int *ret_flag)
{
    struct tm tm;
    time_t at = at_s;
    localtime_r(&at, &tm);
    if (ret_flag)
        *ret_flag = tm.tm_isdst;
    return tm.tm_gmtoff;
}

/* A change, and what the clock shows around it. */
struct window {
    const char *name;
    const struct zone *zone;
    int64_t change_s;
    long before_s, after_s;
    int64_t begin;              /* minutes since 1970, UTC */
    int64_t local[WINDOW];      /* minutes, too */
    int64_t latest[WINDOW];     /* shown up to here */
    int64_t coming[WINDOW + 1]; /* the earliest from here on */
};

static void window_open(struct window *w)
{
    w->begin = w->change_s / MINUTE - HALF;
    for (int i = 0; i < WINDOW; i++) {
        int64_t at_s = (w->begin + i) * MINUTE;
        w->local[i] = (at_s + offset_at(at_s, NULL)) / MINUTE;
        w->latest[i] = i && w->latest[i - 1] > w->local[i] ? w->latest[i - 1]
                                                           : w->local[i];
    }
    w->coming[WINDOW] = INT64_MAX;
    for (int i = WINDOW - 1; i >= 0; i--)
        w->coming[i] =
            w->coming[i + 1] < w->local[i] ? w->coming[i + 1] : w->local[i];
}

/* Minutes that are skipped, or, negative, repeated. */
static int size_of(const struct window *w)
{
    return (int)((w->after_s - w->before_s) / MINUTE);
}

/* ---- jobs ---- */

/* Local minutes of a day, and perhaps of one day only. */
struct job {
    const char *expression;
    bool wildcard;
    bool minutes[DAY_MIN];
    int64_t day; /* -1: every day */
    enum gap gap;
    enum fold fold;
};

static bool names(const struct job *job, int64_t local)
{
    return job->minutes[local % DAY_MIN] &&
           (job->day < 0 || job->day == local / DAY_MIN);
}

static bool hides(const struct window *w, const struct job *job, int i)
{
    int64_t size = w->local[i] - w->local[i - 1] - 1;
    if (size <= 0 || size >= 180 || job->wildcard)
        return false;
    for (int64_t local = w->local[i - 1] + 1; local < w->local[i]; local++)
        if (names(job, local))
            return true;
    return false;
}

static bool is_shown(const struct window *w, const struct job *job, int i)
{
    bool first = i == 0 || w->latest[i - 1] < w->local[i];
    bool last = w->coming[i + 1] > w->local[i];
    if (!names(job, w->local[i]))
        return false;
    return job->wildcard || job->fold == FOLD_BOTH ||
           (job->fold == FOLD_FIRST ? first : last);
}

/* The instants, in seconds, that the rules give to the window; sorted. */
static size_t expected(const struct window *w, const struct job *job,
                       int64_t *ret)
{
    size_t count = 0;
    for (int i = 1; i < WINDOW; i++) {
        int64_t at_s = (w->begin + i) * MINUTE;
        bool made_up = hides(w, job, i);
        if (made_up && job->gap == GAP_BEFORE)
            ret[count++] = at_s - 1;
        if (is_shown(w, job, i) || (made_up && job->gap == GAP_AFTER))
            ret[count++] = at_s;
    }
    return count;
}

/* ---- comparing ---- */

/* Of milliseconds an instant; of a count, or the like, a number. */
static const char *put(int64_t value, bool instant, char *buffer)
{
    if (!instant)
        snprintf(buffer, RFC3339_TEXT_MAX, "%" PRId64, value);
    else if (value == NEVER_MS || value == EVER_MS)
        snprintf(buffer, RFC3339_TEXT_MAX, "never");
    else
        rfc3339_format((struct wall){ value }, 0, buffer);
    return buffer;
}

struct claim {
    int rule;
    const char *what;
    bool instant;
    int64_t from_ms;
};

static void fail(const struct claim *claim, const struct window *w,
                 const struct job *job, int64_t got, int64_t want)
{
    char from[RFC3339_TEXT_MAX], a[RFC3339_TEXT_MAX], b[RFC3339_TEXT_MAX];
    printf("rule %d, %s: %s, wanted %s (gap %s, fold %s)\n"
           "  mooncron next --cron '%s' --tz %s --from %s\n",
           claim->rule, claim->what, put(got, claim->instant, a),
           put(want, claim->instant, b), gap_names[job->gap],
           fold_names[job->fold], job->expression, w->name,
           put(claim->from_ms, true, from));
}

static void check(struct tally *tally, const struct claim *claim,
                  const struct window *w, const struct job *job, int64_t got,
                  int64_t want)
{
    tally->assertions[claim->rule]++;
    if (got != want && tally->failures++ < SHOWN)
        fail(claim, w, job, got, want);
}

static int64_t next_ms(const struct schedule *schedule, int64_t after_ms)
{
    return schedule_next(schedule, (struct wall){ after_ms }).ms;
}

static int64_t last_ms(const struct schedule *schedule, int64_t at_ms)
{
    return schedule_last(schedule, (struct wall){ at_ms }).ms;
}

/* The rule that decides what this job does here. */
static int rule_of(const struct window *w, const struct job *job)
{
    return job->wildcard ? 2 : size_of(w) >= 180 ? 4 : 3;
}

/* Forwards from slot to slot, and from just ahead of each; backwards from just
 * ahead of the next; and counted. */
static void compare(struct tally *tally, const struct window *w,
                    const struct job *job, const struct schedule *schedule)
{
    static int64_t want[SLOTS];
    size_t count = expected(w, job, want);
    int rule = rule_of(w, job);
    int64_t at_ms = w->begin * MINUTE * 1000;
    int64_t begin_ms = at_ms;
    for (size_t i = 0; i < count; i++) {
        int64_t slot_ms = want[i] * 1000;
        struct claim next = { rule, "next", true, at_ms };
        struct claim again = { 1, "next, from just ahead", true, slot_ms - 1 };
        struct claim last = { 1, "last, right there", true, slot_ms };
        struct claim before = { 1, "last, from just ahead", true, slot_ms - 1 };
        check(tally, &next, w, job, next_ms(schedule, at_ms), slot_ms);
        check(tally, &again, w, job, next_ms(schedule, slot_ms - 1), slot_ms);
        check(tally, &last, w, job, last_ms(schedule, slot_ms), slot_ms);
        if (i)
            check(tally, &before, w, job, last_ms(schedule, slot_ms - 1),
                  at_ms);
        at_ms = slot_ms;
    }
    int64_t end_ms = (w->begin + WINDOW) * MINUTE * 1000 - 1001;
    struct claim counted = { 1, "how many", false, begin_ms };
    struct claim none = { rule, "one more, 0 or 1", false, at_ms };
    check(tally, &counted, w, job,
          schedule_count(schedule, (struct wall){ begin_ms },
                         (struct wall){ end_ms }),
          (int64_t)count);
    check(tally, &none, w, job, next_ms(schedule, at_ms) <= end_ms, 0);
}

static void try_job(struct tally *tally, const struct window *w,
                    const struct job *job)
{
    const struct term term = { .kind = TERM_CRON, .text = job->expression };
    const struct rules_spec spec = { .terms = &term,
                                     .term_count = 1,
                                     .gap = (uint8_t)job->gap,
                                     .fold = (uint8_t)job->fold,
                                     .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    struct error err = { "" };
    struct rules *rules = rules_new(&spec, "job", (struct zone *)w->zone, &err);
    if (!rules) {
        printf("%s: %s\n", job->expression, err.text);
        exit(1);
    }
    const struct schedule schedule = { .rules = rules };
    compare(tally, w, job, &schedule);
    rules_free(rules);
    tally->jobs++;
}

/* With each way to tell it what to do at a gap or a fold. */
static void try_options(struct tally *tally, const struct window *w,
                        struct job *job)
{
    for (int i = 0; i < 3; i++) {
        job->gap = size_of(w) > 0 ? (enum gap)i : GAP_AFTER;
        job->fold = size_of(w) > 0 ? FOLD_FIRST : (enum fold)i;
        try_job(tally, w, job);
    }
    job->gap = GAP_AFTER;
    job->fold = FOLD_FIRST;
}

static void try_wildcard(struct tally *tally, const struct window *w)
{
    struct job job = { .expression = "*/15 * * * *",
                       .wildcard = true,
                       .day = -1 };
    for (int minute = 0; minute < DAY_MIN; minute += 15)
        job.minutes[minute] = true;
    try_job(tally, w, &job);
}

/* Once a day at this time, and on the one date that this minute is of. */
static void try_daily(struct tally *tally, const struct window *w,
                      int64_t local)
{
    char text[64];
    int minute = (int)(local % DAY_MIN);
    struct job job = { .expression = text, .day = -1 };
    job.minutes[minute] = true;
    snprintf(text, sizeof text, "%d %d * * *", minute % 60, minute / 60);
    try_options(tally, w, &job);
    struct civil date = civil_from((struct wall){ local * MINUTE * 1000 }, 0);
    snprintf(text, sizeof text, "%d %d %d %d *", minute % 60, minute / 60,
             date.day, date.month);
    job.day = local / DAY_MIN;
    try_job(tally, w, &job);
}

/* Several at once, as a list and as a range with a step: what is missing of
 * them is one fire. */
static void try_several(struct tally *tally, const struct window *w,
                        int64_t local)
{
    char text[64];
    int hour = (int)(local / 60 % 24), next = (hour + 1) % 24;
    struct job list = { .expression = text, .day = -1 }, range = list;
    int minutes[] = { 0, 15, 30, 59 };
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        list.minutes[hour * 60 + minutes[i]] = true;
        list.minutes[next * 60 + minutes[i]] = true;
    }
    snprintf(text, sizeof text, "0,15,30,59 %d,%d * * *", hour, next);
    try_options(tally, w, &list);
    for (int minute = 5; minute < 60; minute += 10)
        range.minutes[hour * 60 + minute] = true;
    snprintf(text, sizeof text, "5-59/10 %d * * *", hour);
    try_options(tally, w, &range);
}

static void try_jobs(struct tally *tally, const struct window *w)
{
    int64_t a = (w->change_s + w->before_s) / MINUTE;
    int64_t b = (w->change_s + w->after_s) / MINUTE;
    int64_t low = (a < b ? a : b) / 30 * 30 - 60, high = (a > b ? a : b) + 60;
    try_wildcard(tally, w);
    /* a skipped day has many half hours, and they are alike */
    int step = high - low > 6 * 60 ? 120 : 30;
    for (int64_t local = low; local <= high; local += step)
        try_daily(tally, w, local);
    for (int64_t local = low; local <= high; local += 60)
        try_several(tally, w, local);
}

/* ---- changes ---- */

static int64_t change_between(int64_t low, int64_t high)
{
    long before = offset_at(low, NULL);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(middle, NULL) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void count_change(struct tally *tally, const struct window *w)
{
    int before, after;
    offset_at(w->change_s - 1, &before);
    offset_at(w->change_s, &after);
    tally->changes++;
    tally->gaps += size_of(w) > 0;
    tally->folds += size_of(w) < 0;
    tally->long_gaps += size_of(w) >= 180;
    tally->unflagged += (before > 0) == (after > 0);
    count_size(&tally->sizes, size_of(w));
}

/* The engine must find the change where libc has it. */
static void look_at(struct tally *tally, struct window *w, int64_t change_s)
{
    struct zone_span span;
    static const struct job none = { .expression = "(the change)" };
    w->change_s = change_s;
    w->before_s = offset_at(change_s - 1, NULL);
    w->after_s = offset_at(change_s, NULL);
    bool found = zone_change(w->zone, change_s - 1, &span);
    struct claim where = { 0, "the change", true, (change_s - 1) * 1000 };
    struct claim offset = { 0, "the offset", false, change_s * 1000 };
    check(tally, &where, w, &none, found ? span.from_s * 1000 : NEVER_MS,
          change_s * 1000);
    check(tally, &offset, w, &none, span.offset_s, w->after_s);
    count_change(tally, w);
    window_open(w);
    try_jobs(tally, w);
}

static int64_t year_begin(int32_t year)
{
    return civil_days(year, 1, 1) * DAY;
}

static void look_over(struct tally *tally, struct window *w, int32_t from,
                      int32_t until)
{
    long before = offset_at(year_begin(from), NULL);
    for (int64_t at = year_begin(from); at < year_begin(until); at += STRIDE) {
        long after = offset_at(at, NULL);
        if (after != before)
            look_at(tally, w, change_between(at - STRIDE, at));
        before = after;
    }
}

static void look_into(struct tally *tally, const char *name,
                      struct zones *zones)
{
    static const int32_t sample[] = { 2039, 2050, 2067, 2087, 2099 };
    static struct window w;
    struct error err = { "" };
    struct zone *zone = zones_get(zones, name, &err);
    if (!zone) {
        printf("%s\n", err.text);
        exit(1);
    }
    setenv("TZ", name, 1);
    tzset();
    w.name = name;
    w.zone = zone;
    look_over(tally, &w, 2000, 2038);
    for (size_t i = 0; i < sizeof sample / sizeof *sample; i++)
        look_over(tally, &w, sample[i], sample[i] + 1);
    zone_unref(zone);
    tally->zones++;
}

/* ---- what is printed ---- */

static void print_sizes(const struct sizes *sizes)
{
    for (size_t i = 0; i < 32 && sizes->count[i]; i++)
        printf("  %+5d min %23u\n", sizes->minutes[i], sizes->count[i]);
}

static void print(const struct tally *tally)
{
    static const char *const rules[] = { "where it is", "rule 1", "rule 2",
                                         "rule 3", "rule 4" };
    printf("zones %28u\nchanges %26u\n", tally->zones, tally->changes);
    printf("  gaps %27u\n  folds %26u\n", tally->gaps, tally->folds);
    printf("  without a flag %17u\n", tally->unflagged);
    printf("  gaps of 3 h or more %12u\n", tally->long_gaps);
    print_sizes(&tally->sizes);
    printf("jobs %29u\nassertions\n", tally->jobs);
    for (int i = 0; i < 5; i++)
        printf("  %-11s %20" PRIu64 "\n", rules[i], tally->assertions[i]);
    printf("failures %25" PRIu64 "\n", tally->failures);
}

/* A step over zones leaves none of these out: 30 minutes, off the hour, two
 * hours, three, a day. */
static bool is_odd(const char *name)
{
    static const char *const odd[] = {
        "Australia/Lord_Howe", "Pacific/Chatham",  "America/Caracas",
        "Antarctica/Troll",    "Antarctica/Casey", "Pacific/Apia",
        "Africa/Casablanca",   "Asia/Pyongyang"
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (strcmp(odd[i], name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static struct tally tally;
    size_t step = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    struct zones *zones = zones_new(NULL);
    const char *const *names;
    size_t count = zones_names(zones, &names);
    for (size_t i = 0; step && i < count; i++)
        if (i % step == 0 || is_odd(names[i]))
            look_into(&tally, names[i], zones);
    print(&tally);
    zones_free(zones);
    return tally.failures || !tally.changes ? 1 : 0;
}
