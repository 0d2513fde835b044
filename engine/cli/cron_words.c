/* A phrase for the times of day, and one for the days.
 *
 *   times   a few are listed; even steps are named by their first and last;
 *           anything else is said field by field
 *   days    days of the month, days of the week, or either of both; then the
 *           months
 *
 * Words are made from sets, not from what was written: two expressions that
 * mean the same read the same. */
#include "cron_words.h"

#define DAY_S          86400
#define ALL_HOURS      UINT32_C(0xffffff)
#define ALL_MINUTES    UINT64_C(0xfffffffffffffff)
#define ALL_DAYS       UINT32_C(0xfffffffe)
#define ALL_MONTHS     0x1ffe
#define ALL_WEEKDAYS   0x7f
#define TIMES_LISTED   6
#define STEPS_AT_LEAST 4 /* three times are a list, be they even or not */

/* ---- lists ---- */

/* Words separated by commas, the last one by "and"; a word is said when the
 * next one is known. */
struct list {
    struct text *out;
    struct text word; /* the last one, not yet said */
    unsigned said;
};

static void list_init(struct list *list, struct text *out)
{
    *list = (struct list){ .out = out };
    text_init(&list->word, 4096);
}

static void list_say(struct list *list, const char *separator)
{
    if (!list->word.len)
        return;
    text_printf(list->out, "%s%s", list->said ? separator : "",
                list->word.data);
    text_clear(&list->word);
    list->said++;
}

/* Where the next word is to be written. */
static struct text *list_word(struct list *list)
{
    list_say(list, ", ");
    return &list->word;
}

static void list_close(struct list *list)
{
    list_say(list, " and ");
    text_close(&list->word);
}

/* ---- sets of numbers ---- */

typedef void put_number(struct text *out, unsigned n);

static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

/* The last number of the run that begins with the lowest one. */
static unsigned run_end(uint64_t set)
{
    unsigned first = lowest(set);
    uint64_t rest = ~(set >> first);
    return first + lowest(rest) - 1;
}

/* Adds the numbers; three or more in a row are "a to b". */
static void list_numbers(struct list *list, uint64_t set, put_number *put)
{
    while (set) {
        unsigned first = lowest(set), last = run_end(set);
        if (last < first + 2)
            last = first;
        struct text *word = list_word(list);
        put(word, first);
        if (last > first) {
            text_puts(word, " to ");
            put(word, last);
        }
        set &= ~((UINT64_C(2) << last) - (UINT64_C(1) << first));
    }
}

static void put_plain(struct text *out, unsigned n)
{
    text_printf(out, "%u", n);
}

static void put_numbers(struct text *out, uint64_t set, put_number *put)
{
    struct list list;
    list_init(&list, out);
    list_numbers(&list, set, put);
    list_close(&list);
}

/* ---- durations ---- */

static const struct {
    int64_t ms;
    const char *name;
} units[] = {
    { INT64_C(86400000), "day" }, { 3600000, "hour" },  { 60000, "minute" },
    { 1000, "second" },           { 1, "millisecond" },
};

void duration_words(int64_t ms, struct text *out)
{
    bool begun = false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t count = ms / units[i].ms;
        ms %= units[i].ms;
        if (!count)
            continue;
        text_printf(out, "%s%lld %s%s", begun ? " " : "", (long long)count,
                    units[i].name, count == 1 ? "" : "s");
        begun = true;
    }
}

void interval_words(int64_t ms, struct text *out)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ms != units[i].ms)
            continue;
        text_puts(out, units[i].name);
        return;
    }
    duration_words(ms, out);
}

/* ---- times of day ---- */

struct day_times day_times_of(const struct cron *cron)
{
    struct day_times times = { .count = 1, .first = cron_time_next(cron, 0) };
    times.last = times.first;
    while (times.last < DAY_S - 1) {
        int32_t next = cron_time_next(cron, times.last + 1);
        if (next < 0)
            break;
        int32_t step = next - times.last;
        times.step = times.count == 1 || step == times.step ? step : -1;
        times.last = next;
        times.count++;
    }
    if (times.step < 0)
        times.step = 0;
    return times;
}

static void put_time(struct text *out, int32_t second)
{
    text_printf(out, "%02d:%02d", (int)second / 3600, (int)second / 60 % 60);
    if (second % 60)
        text_printf(out, ":%02d", (int)second % 60);
}

static void put_list(struct text *out, const struct cron *cron)
{
    struct list list;
    text_puts(out, "At ");
    list_init(&list, out);
    for (int32_t at = cron_time_next(cron, 0); at >= 0;
         at = at < DAY_S - 1 ? cron_time_next(cron, at + 1) : -1)
        put_time(list_word(&list), at);
    list_close(&list);
}

bool day_times_round(const struct day_times *times)
{
    return times->step > 0 && times->last + times->step - times->first == DAY_S;
}

static void put_steps(struct text *out, const struct day_times *times)
{
    if (day_times_round(times) && times->step == 3600 && times->first) {
        text_puts(out, "At ");
        duration_words(times->first * INT64_C(1000), out);
        text_puts(out, " past every hour");
        return;
    }
    text_puts(out, "Every ");
    interval_words(times->step * INT64_C(1000), out);
    if (day_times_round(times) && !times->first)
        return;
    text_puts(out, " from ");
    put_time(out, times->first);
    text_puts(out, " to ");
    put_time(out, times->last);
}

static void put_field(struct text *out, const char *name, uint64_t set,
                      uint64_t all)
{
    if (set == all) {
        text_printf(out, "every %s", name);
        return;
    }
    text_printf(out, "%s%s ", name, set & (set - 1) ? "s" : "");
    put_numbers(out, set, put_plain);
}

/* The step that divides the hour evenly from its start; 0: there is none. */
static unsigned even_step(uint64_t minutes)
{
    for (unsigned step = 1; step <= 30; step++) {
        uint64_t set = 0;
        for (unsigned n = 0; n < 60; n += step)
            set |= UINT64_C(1) << n;
        if (60 % step == 0 && set == minutes)
            return step;
    }
    return 0;
}

static void put_fields(struct text *out, const struct cron *cron)
{
    unsigned step = even_step(cron->minutes);
    if (step && cron->seconds == 1) {
        text_puts(out, "Every ");
        interval_words(step * INT64_C(60000), out);
        text_puts(out, " of ");
    } else {
        text_puts(out, "At ");
        if (cron->seconds != 1) {
            put_field(out, "second", cron->seconds, ALL_MINUTES);
            text_puts(out, " of ");
        }
        put_field(out, "minute", cron->minutes, ALL_MINUTES);
        text_puts(out, " of ");
    }
    put_field(out, "hour", cron->hours, ALL_HOURS);
}

/* True where the phrase says already that it goes on all day, every day. */
static bool put_times(struct text *out, const struct cron *cron)
{
    struct day_times times = day_times_of(cron);
    bool steps = times.step && times.count >= STEPS_AT_LEAST;
    if (steps)
        put_steps(out, &times);
    else if (times.count <= TIMES_LISTED)
        put_list(out, cron);
    else
        put_fields(out, cron);
    return steps ? day_times_round(&times)
                 : times.count > TIMES_LISTED && cron->hours == ALL_HOURS;
}

/* ---- days ---- */

static const char *const weekday_names[] = { "Sunday",    "Monday",   "Tuesday",
                                             "Wednesday", "Thursday", "Friday",
                                             "Saturday",  "Sunday" };
static const char *const month_names[] = { "January", "February", "March",
                                           "April",   "May",      "June",
                                           "July",    "August",   "September",
                                           "October", "November", "December" };
static const char *const week_names[] = { "first", "second", "third", "fourth",
                                          "fifth" };

static void put_weekday(struct text *out, unsigned n)
{
    text_puts(out, weekday_names[n]);
}

static void put_month(struct text *out, unsigned n)
{
    text_puts(out, month_names[n - 1]);
}

static void put_nth(struct text *out, unsigned n)
{
    static const char *const endings[] = { "th", "st", "nd", "rd" };
    bool teen = n / 10 == 1;
    text_printf(out, "the %u%s", n, endings[teen || n % 10 > 3 ? 0 : n % 10]);
}

/* Sunday comes last: bit 7. */
static uint64_t monday_first(uint8_t weekdays)
{
    return (uint64_t)(weekdays & 0x7e) | (uint64_t)(weekdays & 1) << 7;
}

static bool has_run(uint64_t set)
{
    return set & set >> 1 & set >> 2;
}

void weekday_words(uint8_t weekdays, struct text *out)
{
    put_numbers(out, monday_first(weekdays), put_weekday);
}

static void list_days(struct list *list, const struct cron *cron)
{
    list_numbers(list, cron->days, put_nth);
    for (uint32_t near = cron->days_near & ~1u; near; near &= near - 1) {
        struct text *word = list_word(list);
        text_puts(word, "the weekday nearest ");
        put_nth(word, lowest(near));
    }
    if (cron->days_near & 1)
        text_puts(list_word(list), "the last weekday");
    for (uint32_t last = cron->days_last; last; last &= last - 1) {
        unsigned before = lowest(last);
        if (before)
            text_printf(list_word(list), "%u day%s before the last day", before,
                        before == 1 ? "" : "s");
        else
            text_puts(list_word(list), "the last day");
    }
}

/* "second Monday": of a month. */
static void list_month_weekdays(struct list *list, const struct cron *cron)
{
    for (unsigned week = 0; week < 5; week++)
        for (unsigned nth = cron->weekdays_nth[week]; nth; nth &= nth - 1)
            text_printf(list_word(list), "the %s %s", week_names[week],
                        weekday_names[lowest(nth)]);
    for (unsigned last = cron->weekdays_last; last; last &= last - 1)
        text_printf(list_word(list), "the last %s",
                    weekday_names[lowest(last)]);
}

static bool has_month_weekdays(const struct cron *cron)
{
    unsigned any = cron->weekdays_last;
    for (unsigned week = 0; week < 5; week++)
        any |= cron->weekdays_nth[week];
    return any;
}

static void put_of_months(struct text *out, const struct cron *cron)
{
    text_puts(out, " of ");
    if (cron->months == ALL_MONTHS)
        text_puts(out, "the month");
    else
        put_numbers(out, cron->months, put_month);
}

static void put_in_months(struct text *out, const struct cron *cron)
{
    if (cron->months == ALL_MONTHS)
        return;
    text_puts(out, " in ");
    put_numbers(out, cron->months, put_month);
}

static void put_days(struct text *out, const struct cron *cron)
{
    struct list list;
    text_puts(out, " on ");
    list_init(&list, out);
    list_days(&list, cron);
    list_close(&list);
    put_of_months(out, cron);
}

static void put_every_weekday(struct text *out, const struct cron *cron)
{
    uint64_t set = monday_first(cron->weekdays);
    text_puts(out, has_run(set) ? " on " : " on every ");
    put_numbers(out, set, put_weekday);
}

static void put_weekdays(struct text *out, const struct cron *cron)
{
    struct list list;
    if (cron->weekdays) {
        put_every_weekday(out, cron);
        put_in_months(out, cron);
    }
    if (!has_month_weekdays(cron))
        return;
    text_puts(out, cron->weekdays ? " and on " : " on ");
    list_init(&list, out);
    list_month_weekdays(&list, cron);
    list_close(&list);
    put_of_months(out, cron);
}

/* Days of the week alone, in the looks of people: ", Monday to Friday". */
static void put_only_weekdays(struct text *out, const struct cron *cron)
{
    if (!has_month_weekdays(cron) && has_run(monday_first(cron->weekdays))) {
        text_puts(out, ", ");
        weekday_words(cron->weekdays, out);
        put_in_months(out, cron);
    } else {
        put_weekdays(out, cron);
    }
}

bool cron_is_daily(const struct cron *cron)
{
    bool days = cron->days_restricted, weekdays = cron->weekdays_restricted;
    return (!days && !weekdays) || (days && cron->days == ALL_DAYS) ||
           (weekdays && cron->weekdays == ALL_WEEKDAYS);
}

void cron_words(const struct cron *cron, struct text *out)
{
    bool all_day = put_times(out, cron);
    if (cron_is_daily(cron)) {
        if (!all_day)
            text_puts(out, " every day");
        put_in_months(out, cron);
    } else if (!cron->days_restricted) {
        put_only_weekdays(out, cron);
    } else {
        put_days(out, cron);
    }
    if (cron_is_daily(cron) || !cron->days_restricted ||
        !cron->weekdays_restricted)
        return;
    text_puts(out, " and");
    put_weekdays(out, cron);
    text_puts(out, " (either one)");
}
