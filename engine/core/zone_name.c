/* The name of a zone is a place that the IANA database knows. */
#include <stddef.h>
#include <string.h>

#include "mooncron/zone.h"

#define LETTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS   "0123456789"
#define ALPHABET LETTERS DIGITS "+-_/"

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(name, *names) != 0)
        names++;
    return *names != NULL;
}

static bool starts_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

/* Names that look like POSIX TZ strings and offsets, and are zones. */
static bool is_known(const char *name)
{
    static const char *const known[] = { "EST5EDT", "CST6CDT", "MST7MDT",
                                         "PST8PDT", "GMT0",    "GMT+0",
                                         "GMT-0",   NULL };
    return is_one_of(name, known);
}

static bool is_empty(const char *name)
{
    return *name == '\0';
}

static bool is_path(const char *name)
{
    return *name == '/' || *name == '~' || starts_with(name, "./") ||
           starts_with(name, "../") || strstr(name, "/.") != NULL;
}

/* "+02:00", "-5", "UTC+2" */
static bool is_offset(const char *name)
{
    if (is_known(name))
        return false;
    if (starts_with(name, "UTC") || starts_with(name, "GMT"))
        name += 3;
    const char *digits = name + (*name == '+' || *name == '-');
    return *name && digits[strspn(digits, DIGITS ":")] == '\0';
}

/* "EET-2EEST,M3.5.0/3,M10.5.0/4", "<+03>-3", "EET-2" */
static bool is_posix(const char *name)
{
    if (is_known(name) || (strchr(name, '/') && !strpbrk(name, ",<")))
        return false;
    const char *number = name + strspn(name, LETTERS);
    number += *number == '+' || *number == '-';
    return strpbrk(name, ",<") || (number > name && strspn(number, DIGITS));
}

static bool is_variant(const char *name)
{
    return starts_with(name, "right/") || starts_with(name, "posix/");
}

static bool is_of_the_machine(const char *name)
{
    static const char *const files[] = { "localtime", "posixrules", NULL };
    return is_one_of(name, files);
}

static bool is_long(const char *name)
{
    return strlen(name) > ZONE_NAME_MAX;
}

static bool is_spaced(const char *name)
{
    return strchr(name, ' ') != NULL;
}

static bool is_foreign(const char *name)
{
    return name[strspn(name, ALPHABET)] != '\0';
}

static bool has_empty_part(const char *name)
{
    return strstr(name, "//") || name[strlen(name) - 1] == '/';
}

/* The first that is true says it best. */
static const struct {
    bool (*is)(const char *name);
    const char *clause;
} faults[] = {
    { is_empty, "is empty: write a place, as in `Europe/Bucharest`, or `UTC`" },
    { is_long, "is too long: there are 64 bytes at most" },
    { is_path, "is a path: write the name only, as in `Europe/Bucharest`" },
    { is_offset, "is an offset: write a place, as in `Europe/Bucharest`, or "
                 "`Etc/GMT-2` for two hours ahead of UTC" },
    { is_variant, "is in a folder of variants: leave out `right/` or "
                  "`posix/`" },
    { is_posix, "is a POSIX TZ string: write a place, as in "
                "`Europe/Bucharest`, which brings its rules along" },
    { is_of_the_machine, "is another zone on another machine: write a place, "
                         "as in `Europe/Bucharest`" },
    { is_spaced, "has a blank: write `_`, as in `America/New_York`" },
    { is_foreign, "has a character that is in no name: there are letters, "
                  "digits, `+`, `-`, `_` and `/`" },
    { has_empty_part, "has an empty part: write one `/`, and none at the "
                      "end" },
};

const char *zone_name_fault(const char *name)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].is(name))
            return faults[i].clause;
    return NULL;
}
