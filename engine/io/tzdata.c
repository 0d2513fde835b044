/* tzdata.zi is the source of the zones in short form; of its lines only those
 * that bear a name are read. */
#include "tzdata.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "mooncron/suggest.h"
#include "mooncron/zone.h"

#define VERSION_LINE  "# version "
#define VERSION_CHARS "abcdefghijklmnopqrstuvwxyz0123456789.-"
#define VERSION_MAX   32
#define NAMES_STEP    512 /* there are 600 */

static const char *city_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static void tzdata_add(struct tzdata *tzdata, const char *name)
{
    if (tzdata->count % NAMES_STEP == 0) {
        size_t cap = tzdata->count + NAMES_STEP;
        tzdata->names =
            memory_resize(tzdata->names, cap, sizeof *tzdata->names);
        tzdata->cities =
            memory_resize(tzdata->cities, cap, sizeof *tzdata->cities);
    }
    tzdata->names[tzdata->count] = name;
    tzdata->cities[tzdata->count++] = city_of(name);
}

/* "Z Europe/Bucharest 1:44:24 - LMT ...", "L Europe/Bucharest Romania" */
static char *name_in_line(char *line)
{
    char *kind = strsep(&line, " ");
    char *first = strsep(&line, " "), *second = strsep(&line, " ");
    char *name = strcmp(kind, "Z") == 0   ? first
                 : strcmp(kind, "L") == 0 ? second
                                          : NULL;
    return name && !zone_name_fault(name) ? name : NULL;
}

static const char *version_in_line(const char *line)
{
    size_t start = strlen(VERSION_LINE);
    if (strncmp(line, VERSION_LINE, start) != 0)
        return "";
    size_t len = strlen(line + start);
    bool good =
        len <= VERSION_MAX && strspn(line + start, VERSION_CHARS) == len;
    return good ? line + start : "";
}

void tzdata_init(struct tzdata *tzdata, char *text)
{
    *tzdata = (struct tzdata){ .version = "", .text = text };
    char *rest = text;
    if (text)
        tzdata->version = version_in_line(strsep(&rest, "\n"));
    while (rest) {
        const char *name = name_in_line(strsep(&rest, "\n"));
        if (name)
            tzdata_add(tzdata, name);
    }
}

void tzdata_close(struct tzdata *tzdata)
{
    free(tzdata->names);
    free(tzdata->cities);
    free(tzdata->text);
    *tzdata = (struct tzdata){ .version = "" };
}

static char plain(char c)
{
    if (c == ' ' || c == '-')
        return '_';
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* Whether two names differ in case, blanks and dashes at most. */
static bool same_letters(const char *a, const char *b)
{
    while (*a && plain(*a) == plain(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static const char *find_same(const struct tzdata *tzdata,
                             const char *const *words, const char *wrong)
{
    for (size_t i = 0; i < tzdata->count; i++)
        if (same_letters(words[i], wrong))
            return tzdata->names[i];
    return NULL;
}

/* Short words are abbreviations ("EEST") more often than mistyped cities, and
 * nobody mistypes the first letter. */
static const char *find_near(const struct tzdata *tzdata, const char *city)
{
    const char *near =
        strlen(city) > 4 ? suggest(city, tzdata->cities, tzdata->count) : NULL;
    if (!near || plain(*near) != plain(*city))
        return NULL;
    size_t i = 0;
    while (tzdata->cities[i] != near)
        i++;
    return tzdata->names[i];
}

const char *tzdata_suggest(const struct tzdata *tzdata, const char *wrong)
{
    const char *city = city_of(wrong);
    const char *found = find_same(tzdata, tzdata->names, wrong);
    if (!found)
        found = find_same(tzdata, tzdata->cities, city);
    return found ? found : find_near(tzdata, city);
}
