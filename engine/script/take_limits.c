/* The options that narrow a schedule: where its clock is, days off, bounds,
 * jitter, and what happens where the clock is set. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "lib_calendar.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "take_list.h"
#include "when.h"

/* ---- zones ---- */

void take_timezone(struct taker *taker, const char *key, struct decl *decl)
{
    if (!take_type(taker, key, LUA_TSTRING, "the name of a time zone"))
        return;
    struct loader *loader = taker->loader;
    const char *name = loader_keep(taker->loader, lua_tostring(taker->L, -1));
    struct error err = { "" };
    struct zone *zone = zones_get(loader->zones, name, &err);
    if (zone) {
        zone_unref(zone);
        when_of(taker, decl)->timezone = name;
        return;
    }
    char label[96] = "", near[ZONE_NAME_MAX + 1];
    if (zones_suggest(loader->zones, name, near))
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    const struct advice advice = {
        .label = label,
        .help = "a zone has an IANA name, such as \"Europe/Bucharest\" or "
                "\"UTC\"",
        .note = err.text
    };
    taker_blame(taker, "E117", key, SPOT_VALUE, 0, &advice,
                "unknown time zone \"%.64s\"", name);
}

/* ---- days off ---- */

struct days_off {
    struct when *when;
    int32_t *days; /* grows */
    uint32_t count, cap;
};

/* "sat", "Saturday": the first three letters decide, the rest must fit. */
static int weekday_named(const char *text)
{
    static const char *const names[7] = { "sunday",    "monday",   "tuesday",
                                          "wednesday", "thursday", "friday",
                                          "saturday" };
    size_t len = strlen(text);
    for (int i = 0; i < 7; i++) {
        bool same = len == 3 || len == strlen(names[i]);
        for (size_t c = 0; same && c < len; c++)
            same = (text[c] | 0x20) == names[i][c];
        if (same)
            return i;
    }
    return -1;
}

static void blame_day(struct taker *taker, const char *key, uint32_t element,
                      const char *text)
{
    const struct advice advice = {
        .help = "a day off is a date (\"2026-12-25\"), a day of the week "
                "(\"sat\"), or calendar \"name\""
    };
    taker_blame(taker, "E116", key, SPOT_VALUE, element, &advice,
                "cannot read the day \"%.64s\"", text);
}

static bool add_calendar(struct taker *taker, const char *key, uint32_t element,
                         struct when *when, const char *name)
{
    const uint32_t max = SCHEDULE_CALENDARS_MAX - 1; /* one has its own days */
    if (when->calendar_count < max) {
        when->calendars[when->calendar_count++] =
            loader_keep(taker->loader, name);
        return true;
    }
    taker_blame(taker, "E105", key, SPOT_VALUE, element, NULL,
                "`%s` names more than %u calendars", key, (unsigned)max);
    return false;
}

static bool read_day_off(struct taker *taker, const char *key, uint32_t element,
                         void *data)
{
    lua_State *L = taker->L;
    struct days_off *off = data;
    const char *calendar = calendar_named(L, -1);
    if (calendar)
        return add_calendar(taker, key, element, off->when, calendar);
    if (!element_is_text(taker, key, element, "days"))
        return false;
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    int weekday = weekday_named(text);
    if (weekday >= 0) {
        off->when->weekdays_off |= (uint8_t)(1u << weekday);
        return true;
    }
    int32_t day;
    if (!calendar_read_day(text, len, &day)) {
        blame_day(taker, key, element, text);
        return false;
    }
    calendar_add_day(&off->days, &off->count, &off->cap, day);
    return true;
}

/* What the defaults took away is no longer said. */
static void forget_days_off(struct taker *taker, struct when *when)
{
    when->excepts = true;
    when->weekdays_off = 0;
    when->calendar_count = 0;
    when->own_days = NULL;
    when->calendars =
        arena_new(&taker->loader->arena,
                  SCHEDULE_CALENDARS_MAX * sizeof *when->calendars);
}

void take_except(struct taker *taker, const char *key, struct decl *decl)
{
    static const struct list_kind kind = {
        .wanted = "a list of days",
        .items = "days",
        .min = 0, /* none, where the defaults have some */
        .max = CALENDAR_DAYS_MAX,
        .read = read_day_off,
    };
    struct when *when = when_of(taker, decl);
    struct days_off off = { .when = when };
    forget_days_off(taker, when);
    if (calendar_named(taker->L, -1))
        read_day_off(taker, key, 0, &off);
    else
        take_list(taker, key, &kind, &off);
    if (off.count)
        when->own_days = calendar_own(taker->loader, off.days, off.count);
    free(off.days);
    if (off.count && !when->own_days)
        taker_blame(taker, "E105", key, SPOT_VALUE, 0,
                    &(struct advice){ .help = "name the days once, in a "
                                              "calendar" },
                    "more than %d calendars and lists of days in `%s`",
                    JOBSET_CALENDARS_MAX, key);
    if (when->weekdays_off == 0x7f)
        taker_blame(taker, "E118", key, SPOT_VALUE, 0, NULL,
                    "every day of the week is excepted");
}

void take_excluded(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->excluded_said = true;
    take_choice(taker, key, excluded_names, 3, &when->excluded);
}

/* ---- bounds, jitter, changes of offset ---- */

static const char *take_bound(struct taker *taker, const char *key)
{
    if (!take_type(taker, key, LUA_TSTRING, "a date, or a date and time"))
        return NULL;
    size_t len;
    const char *text = lua_tolstring(taker->L, -1, &len);
    int32_t day;
    int64_t local;
    struct wall at;
    if (date_parse(text, len, &day) || local_parse(text, len, &local) ||
        rfc3339_parse(text, len, &at))
        return loader_keep(taker->loader, lua_tostring(taker->L, -1));
    const struct advice advice = {
        .help = "for example  \"2026-12-31\", \"2026-12-31T23:00\" in the "
                "job's time zone, or \"2026-12-31T23:00:00Z\""
    };
    taker_blame(taker, "E116", key, SPOT_VALUE, 0, &advice,
                "cannot read the date \"%.64s\"", text);
    return NULL;
}

void take_from(struct taker *taker, const char *key, struct decl *decl)
{
    when_of(taker, decl)->from = take_bound(taker, key);
}

void take_to(struct taker *taker, const char *key, struct decl *decl)
{
    when_of(taker, decl)->until = take_bound(taker, key);
}

/* "0s" is none, where the defaults have some. */
void take_jitter(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    size_t len;
    int64_t ms;
    const char *text = lua_type(taker->L, -1) == LUA_TSTRING
                           ? lua_tolstring(taker->L, -1, &len)
                           : NULL;
    if (text && duration_parse(text, len, &ms) == DURATION_OK && !ms)
        when->jitter_ms = 0;
    else
        take_duration(taker, key, 1000, JITTER_MS_MAX, &when->jitter_ms);
}

void take_gap(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->gap_said = true;
    take_choice(taker, key, gap_names, 3, &when->gap);
}

void take_fold(struct taker *taker, const char *key, struct decl *decl)
{
    struct when *when = when_of(taker, decl);
    when->fold_said = true;
    take_choice(taker, key, fold_names, 3, &when->fold);
}
