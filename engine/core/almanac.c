/* The almanac knows on which local days and times a term is due, and nothing of
 * zones: jumping from month to month, day to day, time to time. */
#include "mooncron/civil.h"
#include "rules.h"

/* ---- excluded days ---- */

static unsigned weekday_of(int64_t day)
{
    return (unsigned)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* The index of the first day of a calendar at or after `day`. */
static uint32_t calendar_from(const struct calendar *calendar, int64_t day)
{
    uint32_t low = 0, high = calendar->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool calendar_has(const struct calendar *calendar, int64_t day)
{
    uint32_t i = calendar_from(calendar, day);
    return i < calendar->count && calendar->days[i] == day;
}

bool almanac_excludes(const struct rules *rules, int64_t day)
{
    if (rules->spec.weekdays_off >> weekday_of(day) & 1)
        return true;
    for (uint32_t i = 0; i < rules->spec.calendar_count; i++)
        if (calendar_has(rules->spec.calendars[i], day))
            return true;
    return false;
}

/* ---- runs of excluded days ---- */

/* Days stand in order and none twice: as far as one day follows upon the other,
 * and no further, days and indices grow alike. So the end of a run is found in
 * doubled steps and then halves, however long it is. */

static bool is_run(const struct calendar *calendar, uint32_t i, uint32_t j)
{
    return (int64_t)calendar->days[j] - calendar->days[i] == j - i;
}

/* The index of the last day of the run that index `i` is in, and of the first.
 */
static uint32_t run_last(const struct calendar *calendar, uint32_t i)
{
    uint32_t step = 1, low = i;
    while (step < calendar->count - i && is_run(calendar, i, i + step)) {
        low = i + step;
        step *= 2;
    }
    uint32_t high = step < calendar->count - i ? i + step : calendar->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (is_run(calendar, i, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t run_first(const struct calendar *calendar, uint32_t i)
{
    uint32_t step = 1, high = i;
    while (step <= i && is_run(calendar, i - step, i)) {
        high = i - step;
        step *= 2;
    }
    uint32_t low = step <= i ? i - step + 1 : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_run(calendar, middle, i))
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

static int64_t past_weekdays(const struct rules *rules, int64_t day,
                             int64_t step)
{
    while (rules->spec.weekdays_off >> weekday_of(day) & 1)
        day += step;
    return day;
}

/* Over the days of the week that are off, and over the runs of a calendar that
 * lie between these; the same day where it is open to both. */
static int64_t run_after(const struct rules *rules,
                         const struct calendar *calendar, int64_t day)
{
    day = past_weekdays(rules, day, 1);
    uint32_t i = calendar_from(calendar, day);
    while (i < calendar->count && calendar->days[i] == day) {
        i = run_last(calendar, i);
        day = past_weekdays(rules, calendar->days[i] + INT64_C(1), 1);
        while (i < calendar->count && calendar->days[i] < day)
            i++;
    }
    return day;
}

static int64_t run_before(const struct rules *rules,
                          const struct calendar *calendar, int64_t day)
{
    day = past_weekdays(rules, day, -1);
    uint32_t i = calendar_from(calendar, day + 1); /* of the one behind it */
    while (i > 0 && calendar->days[i - 1] == day) {
        i = run_first(calendar, i - 1);
        day = past_weekdays(rules, calendar->days[i] - INT64_C(1), -1);
        while (i > 0 && calendar->days[i - 1] > day)
            i--;
    }
    return day;
}

static int64_t leap(const struct rules *rules, int64_t day, bool forward)
{
    day = past_weekdays(rules, day, forward ? 1 : -1);
    for (uint32_t i = 0; i < rules->spec.calendar_count; i++) {
        const struct calendar *calendar = rules->spec.calendars[i];
        day = forward ? run_after(rules, calendar, day)
                      : run_before(rules, calendar, day);
    }
    return day;
}

static int64_t open_day(const struct rules *rules, int64_t day, bool forward)
{
    int64_t open = leap(rules, day, forward);
    while (open != day) {
        day = open;
        open = leap(rules, day, forward);
    }
    return open;
}

int64_t almanac_open_from(const struct rules *rules, int64_t day)
{
    return open_day(rules, day, true);
}

int64_t almanac_open_until(const struct rules *rules, int64_t day)
{
    return open_day(rules, day, false);
}

/* ---- pages ---- */

/* A page is a month; of its sets of days, bit d is day d. */
struct page {
    int32_t year;
    unsigned month;
    uint32_t named; /* by the expression */
    int64_t number; /* of its first nominal slot, where slots count */
    int64_t a_day;  /* how many slots a named day has */
};

static int64_t page_first(const struct page *page)
{
    return civil_days(page->year, page->month, 1);
}

static unsigned page_length(const struct page *page)
{
    unsigned next = page->month % 12 + 1;
    int32_t year = page->year + (next == 1);
    return (unsigned)(civil_days(year, next, 1) - page_first(page));
}

/* ---- every nth ---- */

/* Nominal slots are numbered from 1970 on, before any day is taken away. */
static bool counts_slots(const struct rules *rules)
{
    return rules->spec.nth > 1;
}

/* From a number to the next one that counts, and back to the last one. */
static int64_t wait_of(const struct rules *rules, int64_t number)
{
    return -number - floor_div(-number, rules->spec.nth) * rules->spec.nth;
}

static int64_t since_of(const struct rules *rules, int64_t number)
{
    return number - floor_div(number, rules->spec.nth) * rules->spec.nth;
}

/* How many nominal slots the page has, and how many ahead of one of its days.
 */
static int64_t page_slots(const struct page *page)
{
    return __builtin_popcount(page->named) * page->a_day;
}

static int64_t slots_before(const struct page *page, unsigned day)
{
    uint32_t before = page->named & ((UINT32_C(1) << day) - 1);
    return __builtin_popcount(before) * page->a_day;
}

/* The named days that have a slot whose number counts. */
static uint32_t counting_days(const struct rules *rules,
                              const struct page *page)
{
    int64_t number = page->number, wait = wait_of(rules, number);
    uint32_t days = 0;
    for (uint32_t rest = page->named; rest; rest &= rest - 1) {
        number += page->a_day;
        wait -= page->a_day;
        if (wait >= 0)
            continue;
        days |= rest & (~rest + 1);
        wait = wait_of(rules, number);
    }
    return days;
}

/* The days of the page that may be due: where slots move, any. */
static uint32_t page_days(const struct rules *rules, const struct page *page)
{
    if (rules->excludes && rules->spec.excluded != EXCLUDED_SKIP)
        return UINT32_MAX >> (31 - page_length(page)) & ~1u;
    return counts_slots(rules) ? counting_days(rules, page) : page->named;
}

#define ERA_YEARS 400 /* after which the calendar repeats, to the weekday */

static int64_t days_in_months(const struct cron *cron, int32_t year,
                              unsigned until)
{
    int64_t count = 0;
    for (unsigned month = 1; month < until; month++)
        count += __builtin_popcount(cron_days(cron, year, month));
    return count;
}

/* How many days are named in so many years from 1970 on, an era at the most.
 * There are but 14 kinds of years: each is counted once. */
static int64_t days_in_years(const struct cron *cron, int32_t years)
{
    int64_t kinds[14], sum = 0;
    unsigned weekday = 4; /* 1970-01-01 was a Thursday */
    uint32_t known = 0;
    for (int32_t year = 1970; year < 1970 + years; year++) {
        bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
        unsigned kind = weekday + 7 * leap;
        if (!(known >> kind & 1))
            kinds[kind] = days_in_months(cron, year, 13);
        known |= UINT32_C(1) << kind;
        sum += kinds[kind];
        weekday = (weekday + 1 + leap) % 7;
    }
    return sum;
}

static int64_t first_number(const struct cron *cron, const struct page *page)
{
    int64_t years = page->year - INT64_C(1970);
    int64_t eras = floor_div(years, ERA_YEARS);
    int64_t days = days_in_years(cron, (int32_t)(years - eras * ERA_YEARS)) +
                   days_in_months(cron, page->year, page->month);
    if (eras)
        days += eras * days_in_years(cron, ERA_YEARS);
    return days * page->a_day;
}

/* ---- turning pages ---- */

static struct page page_open(const struct rules *rules, const struct cron *cron,
                             const struct civil *date)
{
    struct page page = { .year = date->year, .month = date->month };
    page.named = cron_days(cron, page.year, page.month);
    if (counts_slots(rules)) {
        page.a_day = cron_times(cron);
        page.number = first_number(cron, &page);
    }
    return page;
}

static void page_forward(const struct cron *cron, struct page *page)
{
    page->number += page_slots(page);
    page->year += page->month == 12;
    page->month = page->month == 12 ? 1 : page->month + 1;
    page->named = cron_days(cron, page->year, page->month);
}

static void page_back(const struct cron *cron, struct page *page)
{
    page->year -= page->month == 1;
    page->month = page->month == 1 ? 12 : page->month - 1;
    page->named = cron_days(cron, page->year, page->month);
    page->number -= page_slots(page);
}

/* ---- times of a day ---- */

/* The first time at or after `second` of a day, the last at or before it, that
 * counts; -1 where there is none. */
static int32_t time_next(const struct rules *rules, const struct cron *cron,
                         const struct page *page, unsigned day, int32_t second)
{
    int32_t time = cron_time_next(cron, second);
    if (time < 0 || !counts_slots(rules))
        return time;
    int64_t index = cron_times_before(cron, time);
    index += wait_of(rules, page->number + slots_before(page, day) + index);
    return index < page->a_day ? cron_time_at(cron, (uint32_t)index) : -1;
}

static int32_t time_last(const struct rules *rules, const struct cron *cron,
                         const struct page *page, unsigned day, int32_t second)
{
    int32_t time = cron_time_last(cron, second);
    if (time < 0 || !counts_slots(rules))
        return time;
    int64_t index = cron_times_before(cron, time);
    index -= since_of(rules, page->number + slots_before(page, day) + index);
    return index >= 0 ? cron_time_at(cron, (uint32_t)index) : -1;
}

/* ---- days, with what has moved there ---- */

/* A day of a page that slots come from. */
struct source {
    struct page page;
    unsigned day;
};

static int64_t source_day(const struct source *source)
{
    return page_first(&source->page) + source->day - 1;
}

static void source_step(const struct cron *cron, struct source *source,
                        bool forward)
{
    if (forward && source->day++ == page_length(&source->page)) {
        page_forward(cron, &source->page);
        source->day = 1;
    } else if (!forward && --source->day == 0) {
        page_back(cron, &source->page);
        source->day = page_length(&source->page);
    }
}

/* From one day that slots come from to the next: after the day itself the run
 * of excluded days beside it, where excluded slots move. False at its end. */
static bool source_next(const struct rules *rules, const struct cron *cron,
                        struct source *source)
{
    enum excluded excluded = rules->spec.excluded;
    if (!rules->excludes || excluded == EXCLUDED_SKIP)
        return false;
    source_step(cron, source, excluded == EXCLUDED_PREVIOUS);
    return almanac_excludes(rules, source_day(source));
}

/* A time of one day, forward or back from a second of it; -1: none. */
typedef int32_t time_find(const struct rules *rules, const struct cron *cron,
                          const struct page *page, unsigned day,
                          int32_t second);

static int32_t day_time(const struct rules *rules, const struct cron *cron,
                        const struct page *page, unsigned day, int32_t second,
                        time_find *find)
{
    struct source source = { *page, day };
    int32_t best = -1;
    if (rules->excludes && almanac_excludes(rules, source_day(&source)))
        return -1;
    for (int n = 0; n <= EXCLUDED_RUN_MAX; n++) {
        bool named = source.page.named >> source.day & 1;
        int32_t time =
            named ? find(rules, cron, &source.page, source.day, second) : -1;
        bool better = find == time_next ? time < best : time > best;
        if (time >= 0 && (best < 0 || better))
            best = time;
        if (!source_next(rules, cron, &source))
            break;
    }
    return best;
}

/* ---- all times of a day ---- */

static bool is_time(const struct cron *cron, unsigned minute)
{
    return cron->hours >> minute / 60 & 1 && cron->minutes >> minute % 60 & 1;
}

static void mark_all(const struct cron *cron, struct day_map *map)
{
    for (unsigned minute = 0; minute < DAY_MINUTES; minute++)
        if (is_time(cron, minute))
            map->minutes[minute] |= cron->seconds;
}

/* Those that count of a day whose first slot has this number. */
static void mark_counting(const struct rules *rules, const struct cron *cron,
                          int64_t number, struct day_map *map)
{
    uint8_t seconds[60];
    int64_t count = 0, wait = wait_of(rules, number);
    for (uint64_t rest = cron->seconds; rest; rest &= rest - 1)
        seconds[count++] = (uint8_t)__builtin_ctzll(rest);
    for (unsigned minute = 0; minute < DAY_MINUTES; minute++) {
        if (!is_time(cron, minute))
            continue;
        for (; wait < count; wait += rules->spec.nth)
            map->minutes[minute] |= UINT64_C(1) << seconds[wait];
        wait -= count;
    }
}

void almanac_mark(const struct rules *rules, const struct cron *cron,
                  int64_t day, struct day_map *map)
{
    struct civil date = civil_from((struct wall){ day * DAY_MS }, 0);
    if (rules->excludes && almanac_excludes(rules, day))
        return;
    struct source source = { page_open(rules, cron, &date), date.day };
    for (int n = 0; n <= EXCLUDED_RUN_MAX; n++) {
        const struct page *page = &source.page;
        bool named = page->named >> source.day & 1;
        if (named && counts_slots(rules))
            mark_counting(rules, cron,
                          page->number + slots_before(page, source.day), map);
        else if (named)
            mark_all(cron, map);
        if (!source_next(rules, cron, &source))
            break;
    }
}

/* ---- pages of days ---- */

/* On the days of a page that are `open`, from a local time on or back. */
static bool page_next(const struct rules *rules, const struct cron *cron,
                      const struct page *page, uint32_t open, int64_t from_s,
                      int64_t *ret_s)
{
    uint32_t days = page_days(rules, page) & open;
    for (; days; days &= days - 1) {
        unsigned day = (unsigned)__builtin_ctz(days);
        int64_t begin_s = (page_first(page) + day - 1) * DAY_S;
        int32_t second = from_s > begin_s ? (int32_t)(from_s - begin_s) : 0;
        int32_t time = day_time(rules, cron, page, day, second, time_next);
        *ret_s = begin_s + time;
        if (time >= 0)
            return true;
    }
    return false;
}

static bool page_last(const struct rules *rules, const struct cron *cron,
                      const struct page *page, uint32_t open, int64_t from_s,
                      int64_t *ret_s)
{
    uint32_t days = page_days(rules, page) & open;
    while (days) {
        unsigned day = 31u - (unsigned)__builtin_clz(days);
        int64_t begin_s = (page_first(page) + day - 1) * DAY_S;
        int64_t rest_s = from_s - begin_s;
        int32_t second = (int32_t)(rest_s < DAY_S ? rest_s : DAY_S - 1);
        int32_t time = day_time(rules, cron, page, day, second, time_last);
        *ret_s = begin_s + time;
        if (time >= 0)
            return true;
        days &= ~(UINT32_C(1) << day);
    }
    return false;
}

/* ---- searching ---- */

/* A year more than instants have, on each side: a local clock is there when UTC
 * is not yet, or no more. */
#define YEAR_MIN 0
#define YEAR_MAX 10000

/* What does not come in all of an era, ahead of the first and behind the last
 * excluded day, will never come; but where slots are numbered nobody knows. */
struct years {
    int32_t first, last;
};

static struct years years_of(const struct rules *rules, int32_t year)
{
    const int32_t era = ERA_YEARS + 8; /* the year of a day is guessed */
    struct years years = { year - era, year + era };
    for (uint32_t i = 0; i < rules->spec.calendar_count; i++) {
        const struct calendar *calendar = rules->spec.calendars[i];
        if (calendar->count == 0)
            continue;
        int32_t first = calendar->days[0] / 365 + 1970 - era;
        int32_t last = calendar->days[calendar->count - 1] / 365 + 1970 + era;
        years.first = first < years.first ? first : years.first;
        years.last = last > years.last ? last : years.last;
    }
    if (years.first < YEAR_MIN || counts_slots(rules))
        years.first = YEAR_MIN;
    if (years.last > YEAR_MAX || counts_slots(rules))
        years.last = YEAR_MAX;
    return years;
}

static struct civil date_of(int64_t local_s)
{
    int64_t day = floor_div(local_s, DAY_S);
    return civil_from((struct wall){ day * DAY_MS }, 0);
}

static bool is_on(const struct page *page, int64_t day)
{
    int64_t first = page_first(page);
    return first <= day && day < first + page_length(page);
}

/* Turns to the next page that has a day which is not excluded, from a page on
 * which nothing is due. */
static void page_next_open(const struct rules *rules, const struct cron *cron,
                           struct page *page)
{
    page_forward(cron, page);
    if (!rules->excludes)
        return;
    int64_t day = almanac_open_from(rules, page_first(page));
    struct civil date = date_of(day * DAY_S);
    if (!is_on(page, day))
        *page = page_open(rules, cron, &date);
}

static void page_last_open(const struct rules *rules, const struct cron *cron,
                           struct page *page)
{
    page_back(cron, page);
    if (!rules->excludes)
        return;
    int64_t end = page_first(page) + page_length(page) - 1;
    int64_t day = almanac_open_until(rules, end);
    struct civil date = date_of(day * DAY_S);
    if (!is_on(page, day))
        *page = page_open(rules, cron, &date);
}

bool almanac_next(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t before_s, int64_t *ret_s)
{
    struct civil date = date_of(from_s);
    struct years years = years_of(rules, date.year);
    uint32_t open = ~UINT32_C(0) << date.day;
    struct page page = page_open(rules, cron, &date);
    while (page.year <= years.last && page_first(&page) * DAY_S < before_s) {
        if (page_next(rules, cron, &page, open, from_s, ret_s))
            return *ret_s < before_s;
        open = ~UINT32_C(0);
        page_next_open(rules, cron, &page);
    }
    return false;
}

bool almanac_last(const struct rules *rules, const struct cron *cron,
                  int64_t from_s, int64_t *ret_s)
{
    struct civil date = date_of(from_s);
    struct years years = years_of(rules, date.year);
    uint32_t open = ~UINT32_C(0) >> (31 - date.day);
    struct page page = page_open(rules, cron, &date);
    while (page.year >= years.first) {
        if (page_last(rules, cron, &page, open, from_s, ret_s))
            return true;
        open = ~UINT32_C(0);
        page_last_open(rules, cron, &page);
    }
    return false;
}
