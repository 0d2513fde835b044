/* Line by line; what was seen is kept in two lists. */
#include "exposition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/memory.h"

struct family {
    char *name, *type, *help;
};

struct sample {
    char *key; /* name and labels */
    double value;
};

/* Of the histogram whose samples are being read. */
struct buckets {
    double le, count;
    bool any, closed;
};

struct exposition {
    struct family *families;
    struct sample *samples;
    size_t family_count, sample_count;
    struct buckets buckets;
};

/* ---- words ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

/* The length of a name at `at`; 0: there is none. */
static size_t name_len(const char *at, const char *more)
{
    char bytes[128];
    strcpy(bytes, LETTERS DIGITS);
    strcat(bytes, more);
    return *at && strchr(DIGITS, *at) ? 0 : strspn(at, bytes);
}

/* Behind a quoted value; NULL where it is malformed. */
static const char *skip_value(const char *at)
{
    if (*at++ != '"')
        return NULL;
    for (; *at && *at != '"'; at++) {
        if (*at == '\n')
            return NULL;
        if (*at == '\\' && !strchr("\\\"n", *++at))
            return NULL;
    }
    return *at ? at + 1 : NULL;
}

/* Behind `{name="value",...}`; NULL where it is malformed. */
static const char *skip_labels(const char *at)
{
    do {
        at++;
        size_t len = name_len(at, "");
        if (!len || at[len] != '=')
            return NULL;
        at = skip_value(at + len + 1);
    } while (at && *at == ',');
    return at && *at == '}' ? at + 1 : NULL;
}

/* ---- lines ---- */

static struct family *add_family(struct exposition *e, const char *name,
                                 size_t len)
{
    for (size_t i = 0; i < e->family_count; i++)
        if (strlen(e->families[i].name) == len &&
            !memcmp(e->families[i].name, name, len))
            fail_msg("family %.*s comes twice", (int)len, name);
    e->families =
        memory_resize(e->families, e->family_count + 1, sizeof *e->families);
    struct family *family = &e->families[e->family_count++];
    *family = (struct family){ .name = memory_copy(name, len) };
    return family;
}

static void read_help(struct exposition *e, const char *line)
{
    const char *name = line + strlen("# HELP ");
    size_t len = name_len(name, ":");
    if (!len || name[len] != ' ' || !name[len + 1])
        fail_msg("a HELP without a name or a text: %s", line);
    struct family *family = add_family(e, name, len);
    family->help = memory_string(name + len + 1);
}

static void read_type(struct exposition *e, const char *line)
{
    static const char *const types[] = { "counter", "gauge", "histogram",
                                         "summary" };
    const char *name = line + strlen("# TYPE ");
    size_t len = name_len(name, ":"), i = 0;
    struct family *family =
        e->family_count ? &e->families[e->family_count - 1] : NULL;
    if (!family || family->type || strlen(family->name) != len ||
        memcmp(family->name, name, len) != 0)
        fail_msg("a TYPE that does not follow its HELP: %s", line);
    while (i < 4 && strcmp(types[i], name + len + 1) != 0)
        i++;
    if (i == 4)
        fail_msg("no type: %s", line);
    if (i == 0 && !strstr(family->name, "_total"))
        fail_msg("a counter that is not called _total: %s", line);
    family->type = memory_string(types[i]);
    e->buckets = (struct buckets){ 0 };
}

/* What stands behind the family's name in a sample's. */
static void check_suffix(const struct family *family, const char *line,
                         size_t len)
{
    size_t base = strlen(family->name);
    char suffix[16] = "";
    bool bucket, sum;
    if (len < base || memcmp(line, family->name, base) != 0 ||
        len - base >= sizeof suffix)
        fail_msg("a sample that is of another family: %s", line);
    memcpy(suffix, line + base, len - base);
    bucket = !strcmp(suffix, "_bucket");
    sum = !strcmp(suffix, "_sum") || !strcmp(suffix, "_count");
    bool good = !strcmp(family->type, "histogram") ? bucket || sum
                : !strcmp(family->type, "summary") ? sum
                                                   : !*suffix;
    if (!good)
        fail_msg("a %s has no such sample: %s", family->type, line);
}

/* Histograms have no other labels here. */
static void check_bucket(struct exposition *e, const char *line, double value)
{
    struct buckets *buckets = &e->buckets;
    const char *mark = strstr(line, "_bucket{le=\"");
    if (mark) {
        double le = strtod(mark + strlen("_bucket{le=\""), NULL);
        if (buckets->any && (le <= buckets->le || value < buckets->count))
            fail_msg("a bucket that is less than the one before: %s", line);
        *buckets = (struct buckets){ le, value, true, isinf(le) };
    } else if (strstr(line, "_count ")) {
        if (!buckets->closed || value < buckets->count ||
            value > buckets->count)
            fail_msg("the last bucket has to be +Inf, and the count: %s", line);
    }
}

static void read_sample(struct exposition *e, const char *line)
{
    const struct family *family =
        e->family_count ? &e->families[e->family_count - 1] : NULL;
    size_t len = name_len(line, ":");
    const char *at = line + len;
    char *end;
    if (!family || !family->type)
        fail_msg("a sample before its HELP and TYPE: %s", line);
    if (*at == '{')
        at = skip_labels(at);
    if (!len || !at || *at != ' ')
        fail_msg("no sample: %s", line);
    check_suffix(family, line, len);
    double value = strtod(at + 1, &end);
    if (end == at + 1 || *end)
        fail_msg("no value: %s", line);
    if (!strcmp(family->type, "histogram"))
        check_bucket(e, line, value);
    if ((e->sample_count & (e->sample_count - 1)) == 0)
        e->samples = memory_resize(e->samples, 2 * e->sample_count + 1,
                                   sizeof *e->samples);
    e->samples[e->sample_count++] =
        (struct sample){ memory_copy(line, (size_t)(at - line)), value };
}

static int by_key(const void *left, const void *right)
{
    const struct sample *a = left, *b = right;
    return strcmp(a->key, b->key);
}

static void check_samples(struct exposition *e)
{
    if (e->sample_count)
        qsort(e->samples, e->sample_count, sizeof *e->samples, by_key);
    for (size_t i = 1; i < e->sample_count; i++)
        if (!by_key(&e->samples[i - 1], &e->samples[i]))
            fail_msg("%s comes twice", e->samples[i].key);
}

struct exposition *exposition_read(const char *text)
{
    struct exposition *e = memory_new(sizeof *e);
    while (*text) {
        const char *end = strchr(text, '\n');
        if (!end)
            fail_msg("the last line does not end: %s", text);
        char *line = memory_copy(text, (size_t)(end - text));
        if (!strncmp(line, "# HELP ", 7))
            read_help(e, line);
        else if (!strncmp(line, "# TYPE ", 7))
            read_type(e, line);
        else
            read_sample(e, line);
        free(line);
        text = end + 1;
    }
    check_samples(e);
    return e;
}

void exposition_free(struct exposition *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->family_count; i++) {
        free(e->families[i].name);
        free(e->families[i].type);
        free(e->families[i].help);
    }
    for (size_t i = 0; i < e->sample_count; i++)
        free(e->samples[i].key);
    free(e->families);
    free(e->samples);
    free(e);
}

/* ---- what was read ---- */

bool exposition_find(const struct exposition *e, const char *sample,
                     double *ret)
{
    const struct sample key = { .key = (char *)(uintptr_t)sample };
    const struct sample *found =
        e->sample_count ? bsearch(&key, e->samples, e->sample_count,
                                  sizeof *e->samples, by_key)
                        : NULL;
    if (found)
        *ret = found->value;
    return found != NULL;
}

double exposition_value(const struct exposition *e, const char *sample)
{
    double value = 0;
    if (!exposition_find(e, sample, &value))
        fail_msg("there is no sample %s", sample);
    return value;
}

size_t exposition_families(const struct exposition *e)
{
    return e->family_count;
}

const char *exposition_family(const struct exposition *e, size_t index,
                              const char **ret_type, const char **ret_help)
{
    *ret_type = e->families[index].type;
    *ret_help = e->families[index].help;
    return e->families[index].name;
}
