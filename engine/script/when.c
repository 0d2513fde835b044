/* What a job said of its time becomes rules, or a mistake that names the two
 * options which do not go together. */
#include "when.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "lib_calendar.h"
#include "list.h"
#include "mooncron/civil.h"

struct taker when_taker(struct loader *loader, const struct decl *decl)
{
    return (struct taker){ loader,     loader->vm->L, "job", decl->name,
                           decl->file, decl->line,    true };
}

/* ---- what goes together ---- */

static bool is_said(const struct decl *decl, const char *kind)
{
    const struct when *when = decl->when;
    switch (kind[0]) {
    case 'e':
        return decl->every_ms != 0;
    case 'c':
        return when && when->cron;
    case 'n':
        return when && when->next;
    default: /* at and any share a list */
        return when && (kind[1] == 't' ? when->at_count > 0 : when->any_said);
    }
}

static const char *const kinds[] = { "every", "cron", "at", "any", "next" };
#define KINDS (sizeof kinds / sizeof *kinds)

/* Exactly one of the kinds. */
static bool check_kind(struct taker *taker, const struct decl *decl)
{
    const char *first = NULL;
    char title[160];
    for (size_t i = 0; i < KINDS; i++) {
        if (!is_said(decl, kinds[i]))
            continue;
        if (first) {
            const struct advice advice = {
                .help = "several at once:  any = { { cron = \"0 9 * * *\" }, { "
                        "every = \"6h\" } }"
            };
            taker_blame(taker, "E108", kinds[i], SPOT_KEY, 0, &advice,
                        "`%s` beside `%s`: a job has one schedule", kinds[i],
                        first);
            return false;
        }
        first = kinds[i];
    }
    if (first)
        return true;
    const struct advice advice = { .help =
                                       "for example  every = \"15m\", or at "
                                       "= \"08:00\", or cron = \"30 2 * * "
                                       "*\"" };
    blame_line(taker->loader, "E108", taker->file, taker->line, &advice,
               "%s does not say when: it needs one of every, cron, at, any, "
               "next",
               taker_title(taker, title));
    taker->sound = false;
    return false;
}

static bool has_kind(const struct decl *decl, enum term_kind kind)
{
    const struct when *when = decl->when;
    for (uint32_t i = 0; when && i < when->any_count; i++)
        if (when->any[i].kind == kind)
            return true;
    return false;
}

/* Some time of the wall clock is named, by cron or at. */
static bool has_clock_times(const struct decl *decl)
{
    return decl->when && (decl->when->cron || has_kind(decl, TERM_CRON) ||
                          has_kind(decl, TERM_AT));
}

static bool text_is_wildcard(const char *text)
{
    struct cron cron;
    struct cron_fault fault;
    return cron_parse(text, strlen(text), &cron, &fault) && cron.wildcard;
}

/* Every cron is one: nothing has fixed times. */
static bool has_fixed_times(const struct decl *decl)
{
    const struct when *when = decl->when;
    if (when->cron && !text_is_wildcard(when->cron))
        return true;
    for (uint32_t i = 0; i < when->any_count; i++)
        if (when->any[i].kind == TERM_AT ||
            (when->any[i].kind == TERM_CRON &&
             !text_is_wildcard(when->any[i].text)))
            return true;
    return false;
}

static void check_change(struct taker *taker, const char *key)
{
    const struct advice advice = {
        .help = "a job whose seconds, minutes or hours begin with * follows "
                "the clock as it is shown; an `every` does not look at it"
    };
    taker_blame(taker, "E108", key, SPOT_KEY, 0, &advice,
                "`%s` is for jobs with fixed times of day", key);
}

static void check_options(struct taker *taker, const struct decl *decl)
{
    const struct when *when = decl->when;
    if (when->gap_said && !has_fixed_times(decl))
        check_change(taker, "gap");
    if (when->fold_said && !has_fixed_times(decl))
        check_change(taker, "fold");
    if (when->excluded_said && when->excluded != EXCLUDED_SKIP &&
        !has_clock_times(decl))
        taker_blame(taker, "E108", "on_excluded", SPOT_KEY, 0, NULL,
                    "`on_excluded` moves times of day: it needs cron or at");
    if (when->excluded_said && !when->excepts)
        taker_blame(taker, "E108", "on_excluded", SPOT_KEY, 0, NULL,
                    "`on_excluded` needs `except`");
}

void when_check(struct taker *taker, const struct decl *decl)
{
    if (!check_kind(taker, decl))
        return;
    if (decl->when != decl->base) /* what defaults say fits where it fits */
        check_options(taker, decl);
    if (decl->phase_said && !decl->every_ms)
        taker_blame(taker, "E108", "phase", SPOT_KEY, 0,
                    &(struct advice){ .help = "`jitter` puts off times of "
                                              "day" },
                    "`phase` moves an `every`");
    if (decl->nth && !has_clock_times(decl))
        taker_blame(taker, "E108", "scale", SPOT_VALUE, 0,
                    &(struct advice){ .help = "an `every` is multiplied as it "
                                              "is" },
                    "`scale = \"nth\"` counts slots of cron or at");
}

bool when_needs_rules(const struct decl *decl)
{
    const struct when *when = decl->when;
    return when && (when->cron || when->any_count || when->next || when->from ||
                    when->until || when->jitter_ms || when->excepts);
}

/* ---- bounds ---- */

/* A date begins at its midnight, and ends with its last second. */
static struct wall bound_of(const char *text, const struct zone *zone,
                            bool until)
{
    size_t len = strlen(text);
    int32_t day;
    int64_t local;
    struct wall at = { EVER_MS };
    if (date_parse(text, len, &day)) {
        int64_t begin = (day + (until ? INT64_C(1) : 0)) * 86400;
        at.ms = zone_instant(zone, begin) * 1000 - (until ? 1000 : 0);
    } else if (local_parse(text, len, &local)) {
        at.ms = zone_instant(zone, local) * 1000;
    } else {
        rfc3339_parse(text, len, &at);
    }
    return at;
}

static bool bounds_of(struct loader *loader, const struct decl *decl,
                      const struct zone *zone, struct rules_spec *ret)
{
    const struct when *when = decl->when;
    ret->from.ms = EVER_MS;
    ret->until.ms = NEVER_MS;
    if (when->from)
        ret->from = bound_of(when->from, zone, false);
    if (when->until)
        ret->until = bound_of(when->until, zone, true);
    if (ret->from.ms <= ret->until.ms)
        return true;
    struct taker taker = when_taker(loader, decl);
    char help[128];
    snprintf(help, sizeof help, "the clock of %s goes over that day",
             zone_name(zone));
    const struct advice advice = { .help = help };
    taker_blame(&taker, "E118", "to", SPOT_VALUE, 0,
                strcmp(when->from, when->until) ? NULL : &advice,
                "`to` (%s) is before `from` (%s)", when->until, when->from);
    return false;
}

/* ---- terms ---- */

static bool count_of(struct loader *loader, const struct decl *decl,
                     double factor, uint32_t *ret_nth)
{
    *ret_nth = 1;
    if (!decl->nth)
        return true;
    if (factor >= 1 && factor <= 1000000 && floor(factor) == factor) {
        *ret_nth = (uint32_t)factor;
        return true;
    }
    struct taker taker = when_taker(loader, decl);
    taker_blame(&taker, "E160", "scale", SPOT_VALUE, 0, NULL,
                "`scale = \"nth\"` needs a whole multiplier, found %g", factor);
    return false;
}

static struct term *add_term(struct host_rules *room)
{
    return &room->terms[room->spec.term_count++];
}

/* The list of a function is put into the room beside the terms. */
static bool terms_of(struct loader *loader, const struct decl *decl,
                     double factor, const struct schedule *lattice)
{
    const struct when *when = decl->when;
    struct host_rules *room = loader->room;
    if (decl->every_ms)
        *add_term(room) = (struct term){ .kind = TERM_EVERY,
                                         .text = "",
                                         .every_ms = lattice->every_ms,
                                         .phase_ms = lattice->phase_ms };
    if (when->cron)
        *add_term(room) =
            (struct term){ .kind = TERM_CRON, .text = when->cron };
    for (uint32_t i = 0; i < when->any_count; i++) {
        struct term *term = add_term(room);
        *term = when->any[i];
        if (term->kind == TERM_EVERY &&
            !loader_lattice(loader, decl, term->every_ms, term->phase_ms,
                            factor, &term->every_ms, &term->phase_ms))
            return false;
    }
    if (!when->next)
        return true;
    struct term *term = add_term(room);
    *term = (struct term){ .kind = TERM_LIST, .text = "" };
    term->slots_ms = room->slots_ms;
    return list_ask(loader, decl, &room->spec, room->slots_ms,
                    &term->slot_count);
}

/* ---- calendars ---- */

/* NULL, and it was blamed, where it is not declared. */
static const struct calendar *calendar_of(struct loader *loader,
                                          const char *name)
{
    struct calendar_decl *decl = loader->calendars;
    while (strcmp(decl->name, name) != 0) /* it was made on being named */
        decl++;
    if (decl->called)
        return &decl->as;
    calendar_blame(loader, decl);
    return NULL;
}

static bool calendars_of(struct loader *loader, const struct decl *decl,
                         const struct calendar **list, struct rules_spec *ret)
{
    const struct when *when = decl->when;
    bool good = true;
    for (uint32_t i = 0; i < when->calendar_count; i++) {
        list[i] = calendar_of(loader, when->calendars[i]);
        good &= list[i] != NULL;
    }
    ret->calendar_count = when->calendar_count;
    if (when->own_days)
        list[ret->calendar_count++] = when->own_days;
    ret->calendars = list;
    return good;
}

/* ---- rules ---- */

static const char *why_never(const struct when *when)
{
    if (when->excepts)
        return "`except` takes all of its days away";
    return when->from || when->until ? "no slot lies between `from` and `to`"
                                     : "";
}

static struct rules *rules_in(struct loader *loader, const struct decl *decl,
                              double factor, const struct schedule *lattice,
                              struct zone *zone)
{
    const struct when *when = decl->when;
    const struct calendar *list[SCHEDULE_CALENDARS_MAX];
    struct host_rules *room = loader->room;
    struct error err = { "" };
    room->spec = (struct rules_spec){ .terms = room->terms,
                                      .weekdays_off = when->weekdays_off,
                                      .gap = when->gap,
                                      .fold = when->fold,
                                      .excluded = when->excluded,
                                      .jitter_ms = when->jitter_ms };
    if (!bounds_of(loader, decl, zone, &room->spec) ||
        !count_of(loader, decl, factor, &room->spec.nth) ||
        !calendars_of(loader, decl, list, &room->spec) ||
        !terms_of(loader, decl, factor, lattice))
        return NULL;
    struct rules *rules = rules_new(&room->spec, decl->name, zone, &err);
    if (!rules)
        blame_line(loader, "E118", decl->file, decl->line,
                   &(struct advice){ .help = why_never(when) },
                   "the schedule of job \"%s\": %s", decl->name, err.text);
    return rules;
}

struct rules *when_rules(struct loader *loader, const struct decl *decl,
                         double factor, const struct schedule *lattice)
{
    const char *name = decl->when->timezone;
    struct error err = { "" };
    struct zone *zone =
        name ? zones_get(loader->zones, name, &err) : zone_ref(zone_utc());
    if (!zone)
        return NULL; /* blamed where it was named */
    struct rules *rules = rules_in(loader, decl, factor, lattice, zone);
    zone_unref(zone);
    return rules;
}
