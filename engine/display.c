/* The looks of times: always the same number of columns where they stand below
 * each other. */
#include "display.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/duration.h"

static const char never[] = "never";

/* The span of a zone that holds an instant: its offset and its name. */
static struct zone_span span_at(struct wall at, const struct zone *zone)
{
    struct zone_span span;
    zone_span(zone, floor_div(at.ms, 1000), &span);
    return span;
}

const char *display_when(struct wall at, struct wall now,
                         const struct zone *zone, char buffer[DISPLAY_MAX])
{
    if (at.ms == NEVER_MS)
        return strcpy(buffer, never);
    struct civil c = civil_from(at, span_at(at, zone).offset_s);
    if (at.ms - now.ms > 6 * DAY_MS)
        snprintf(buffer, DISPLAY_MAX, "%04d-%02d-%02d %02d:%02d:%02d",
                 (int)c.year, c.month, c.day, c.hour, c.minute, c.second);
    else
        snprintf(buffer, DISPLAY_MAX, "%s %02d:%02d:%02d",
                 civil_weekdays[c.weekday], c.hour, c.minute, c.second);
    return buffer;
}

const char *display_date(struct wall at, const struct zone *zone,
                         char buffer[DISPLAY_MAX])
{
    if (at.ms == NEVER_MS)
        return strcpy(buffer, never);
    struct zone_span span = span_at(at, zone);
    struct civil c = civil_from(at, span.offset_s);
    snprintf(buffer, DISPLAY_MAX, "%s %04d-%02d-%02d %02d:%02d:%02d %s",
             civil_weekdays[c.weekday], (int)c.year, c.month, c.day, c.hour,
             c.minute, c.second, span.abbreviation);
    return buffer;
}

const char *display_rfc3339(struct wall at, const struct zone *zone,
                            char buffer[DISPLAY_MAX])
{
    if (at.ms == NEVER_MS)
        return strcpy(buffer, never);
    /* RFC 3339 has no seconds in an offset; local mean times do. */
    int32_t offset_s = span_at(at, zone).offset_s;
    return rfc3339_format(at, offset_s - offset_s % 60, buffer);
}

const char *display_abbreviation(struct wall at, const struct zone *zone)
{
    return span_at(at, zone).abbreviation;
}

const char *display_window(const struct zone_span *change,
                           char buffer[DISPLAY_MAX])
{
    int32_t low_s = change->before_s, high_s = change->offset_s;
    if (low_s > high_s) {
        low_s = change->offset_s;
        high_s = change->before_s;
    }
    const int64_t at_ms = change->from_s * 1000;
    struct civil low = civil_from((struct wall){ at_ms }, low_s);
    struct civil high = civil_from((struct wall){ at_ms - 60000 }, high_s);
    bool gap = change->offset_s > change->before_s;
    snprintf(buffer, DISPLAY_MAX, "%02d:%02d-%02d:%02d %s", low.hour,
             low.minute, high.hour, high.minute,
             gap ? "does not exist" : "comes twice");
    return buffer;
}

const char *display_in(int64_t ms, char buffer[DISPLAY_MAX])
{
    static const struct {
        int64_t seconds;
        char name;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    int64_t left = ms / 1000;
    size_t i = 0;
    while (i < 3 && left < units[i].seconds)
        i++;
    int64_t minor = i < 3 ? left % units[i].seconds / units[i + 1].seconds : 0;
    int len = snprintf(buffer, DISPLAY_MAX, "%" PRId64 "%c",
                       left / units[i].seconds, units[i].name);
    if (minor)
        snprintf(buffer + len, DISPLAY_MAX - (size_t)len, "%" PRId64 "%c",
                 minor, units[i + 1].name);
    return buffer;
}

const char *display_span(int64_t ms, char buffer[DISPLAY_MAX])
{
    char text[DURATION_TEXT_MAX];
    if (ms % HOUR_MS == 0)
        snprintf(buffer, DISPLAY_MAX, "%" PRId64 " h", ms / HOUR_MS);
    else
        snprintf(buffer, DISPLAY_MAX, "%s", duration_format(ms, text));
    return buffer;
}

const char *display_heading(int64_t ms, char buffer[DISPLAY_MAX])
{
    char text[DISPLAY_MAX];
    size_t len = 0;
    for (const char *at = display_span(ms, text); *at; at++)
        if (*at != ' ')
            buffer[len++] = (char)toupper((unsigned char)*at);
    buffer[len] = '\0';
    return buffer;
}

/* A page of names. */
#define NAMES_MAX  200
#define NAMES_WIDE 88

void display_names(const char *const *names, size_t count, size_t indent,
                   struct text *out)
{
    size_t shown = count < NAMES_MAX ? count : NAMES_MAX, column = indent;
    text_fill(out, ' ', indent);
    for (size_t i = 0; i < shown; i++) {
        size_t len = strlen(names[i]) + 1;
        if (i && column + len + 1 > NAMES_WIDE) {
            text_putc(out, '\n');
            text_fill(out, ' ', indent);
            column = indent;
        } else if (i) {
            text_putc(out, ' ');
            column++;
        }
        text_printf(out, "%s%s", names[i], i + 1 == count ? "" : ",");
        column += len;
    }
    if (shown < count) {
        text_putc(out, '\n');
        text_fill(out, ' ', indent);
        text_printf(out, "and %zu more", count - shown);
    }
    text_putc(out, '\n');
}

int display_digits(int64_t number)
{
    int digits = 1;
    while (number /= 10)
        digits++;
    return digits;
}

bool display_is_ascii(int fd)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *locale = NULL;
    if (!isatty(fd))
        return false;
    for (size_t i = 0; i < 3 && !(locale && *locale); i++)
        locale = getenv(names[i]);
    return !locale ||
           !(strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}
