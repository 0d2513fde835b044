/* A duration is a count of milliseconds that people write with units. */
#include "mooncron/duration.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

struct unit {
    const char *name;
    int64_t ms;
};

/* From the largest to the smallest, as they are written. */
static const struct unit units[] = {
    { "w", INT64_C(7) * 24 * 3600 * 1000 },
    { "d", INT64_C(24) * 3600 * 1000 },
    { "h", INT64_C(3600) * 1000 },
    { "m", INT64_C(60) * 1000 },
    { "s", 1000 },
    { "ms", 1 },
};
#define UNIT_COUNT (sizeof units / sizeof units[0])

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads digits at *at. Past the limit it stays above the limit. */
static bool take_number(const char **at, const char *end, int64_t *ret)
{
    if (*at == end || !is_digit(**at))
        return false;
    int64_t value = 0;
    for (; *at < end && is_digit(**at); (*at)++)
        if (value <= DURATION_MS_MAX)
            value = value * 10 + (**at - '0');
    *ret = value;
    return true;
}

static int find_unit(const char *name, size_t len)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strlen(units[i].name) == len && !memcmp(units[i].name, name, len))
            return (int)i;
    return -1;
}

enum duration_fault duration_parse(const char *text, size_t len,
                                   int64_t *ret_ms)
{
    const char *at = text, *end = text + len;
    int64_t total = 0;
    unsigned seen = 0;

    if (len == 0)
        return DURATION_EMPTY;
    while (at < end) {
        int64_t number;
        if (!take_number(&at, end, &number))
            return DURATION_MALFORMED;
        const char *name = at;
        while (at < end && is_letter(*at))
            at++;
        if (at == name)
            return at == end && seen == 0 ? DURATION_NO_UNIT
                                          : DURATION_MALFORMED;
        int unit = find_unit(name, (size_t)(at - name));
        if (unit < 0 || seen & (1u << unit))
            return DURATION_MALFORMED;
        seen |= 1u << unit;
        if (number > DURATION_MS_MAX / units[unit].ms)
            return DURATION_TOO_LONG;
        total += number * units[unit].ms;
        if (total > DURATION_MS_MAX)
            return DURATION_TOO_LONG;
    }
    *ret_ms = total;
    return DURATION_OK;
}

const char *duration_format(int64_t ms, char buffer[DURATION_TEXT_MAX])
{
    assert(ms >= 0);
    int len = 0;
    buffer[0] = '\0';
    for (size_t i = 1; i < UNIT_COUNT; i++) { /* without weeks */
        int64_t count = ms / units[i].ms;
        ms %= units[i].ms;
        if (count)
            len += snprintf(buffer + len, (size_t)(DURATION_TEXT_MAX - len),
                            "%lld%s", (long long)count, units[i].name);
    }
    return len ? buffer : strcpy(buffer, "0s");
}

struct spelling {
    const char *word, *unit;
};

/* What people write where a unit should stand. */
static const struct spelling spellings[] = {
    { "ms", "ms" },
    { "msec", "ms" },
    { "msecs", "ms" },
    { "millis", "ms" },
    { "millisecond", "ms" },
    { "milliseconds", "ms" },
    { "s", "s" },
    { "sec", "s" },
    { "secs", "s" },
    { "second", "s" },
    { "seconds", "s" },
    { "m", "m" },
    { "min", "m" },
    { "mins", "m" },
    { "minute", "m" },
    { "minutes", "m" },
    { "h", "h" },
    { "hr", "h" },
    { "hrs", "h" },
    { "hour", "h" },
    { "hours", "h" },
    { "d", "d" },
    { "day", "d" },
    { "days", "d" },
    { "w", "w" },
    { "week", "w" },
    { "weeks", "w" },
};

static int64_t spelled_unit_ms(const char *word, size_t len)
{
    char lower[16];
    if (len == 0 || len >= sizeof lower)
        return 0;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(word[i] | 0x20);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strlen(spellings[i].word) == len &&
            !memcmp(spellings[i].word, lower, len))
            return units[find_unit(spellings[i].unit,
                                   strlen(spellings[i].unit))]
                .ms;
    return 0;
}

/* The decimals after the point, as thousandths. */
static int64_t take_thousandths(const char **at, const char *end)
{
    int64_t value = 0, weight = 100;
    for ((*at)++; *at < end && is_digit(**at); (*at)++, weight /= 10)
        value += (**at - '0') * weight;
    return value;
}

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == ','))
        (*at)++;
}

const char *duration_guess(const char *text, size_t len,
                           char buffer[DURATION_TEXT_MAX])
{
    const char *at = text, *end = text + len;
    int64_t total = 0;

    for (skip_blanks(&at, end); at < end; skip_blanks(&at, end)) {
        int64_t number, thousandths = 0;
        if (!take_number(&at, end, &number))
            return NULL;
        if (at < end && *at == '.')
            thousandths = take_thousandths(&at, end);
        skip_blanks(&at, end);
        const char *word = at;
        while (at < end && is_letter(*at))
            at++;
        int64_t unit_ms = spelled_unit_ms(word, (size_t)(at - word));
        if (unit_ms == 0 || number > DURATION_MS_MAX / unit_ms)
            return NULL;
        total += number * unit_ms + thousandths * unit_ms / 1000;
    }
    if (total <= 0 || total > DURATION_MS_MAX)
        return NULL;
    return duration_format(total, buffer);
}
