/* Times are told exactly: a double has no room for one in microseconds. */
#include "scribe.h"

#include <inttypes.h>

#include "mooncron/schedule.h"

void scribe_family(struct scribe *scribe, const char *name, const char *type,
                   const char *help)
{
    scribe->name = name;
    text_printf(scribe->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                type);
}

/* Backslash, quote and newline are what the format escapes. */
static void escape(struct text *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            text_puts(out, "\\n");
        else if (*value == '\\' || *value == '"')
            text_printf(out, "\\%c", *value);
        else
            text_putc(out, *value);
    }
}

void scribe_begin(const struct scribe *scribe, const char *suffix,
                  const char *const (*labels)[2], size_t count)
{
    struct text *out = scribe->out;
    char mark = '{';
    text_puts(out, scribe->name);
    text_puts(out, suffix);
    for (size_t i = 0; i < count; i++) {
        if (!labels[i][1])
            continue;
        text_putc(out, mark);
        text_puts(out, labels[i][0]);
        text_puts(out, "=\"");
        escape(out, labels[i][1]);
        text_putc(out, '"');
        mark = ',';
    }
    text_puts(out, mark == ',' ? "} " : " ");
}

void scribe_number(const struct scribe *scribe, uint64_t value)
{
    text_printf(scribe->out, "%" PRIu64 "\n", value);
}

static void decimal(const struct scribe *scribe, int64_t value, int64_t unit,
                    int digits)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t whole = size / (uint64_t)unit, rest = size % (uint64_t)unit;
    text_puts(scribe->out, value < 0 ? "-" : "");
    text_printf(scribe->out, "%" PRIu64, whole);
    if (rest)
        text_printf(scribe->out, ".%0*" PRIu64, digits, rest);
    text_putc(scribe->out, '\n');
}

void scribe_seconds_ms(const struct scribe *scribe, int64_t ms)
{
    decimal(scribe, ms, 1000, 3);
}

void scribe_seconds_us(const struct scribe *scribe, int64_t us)
{
    decimal(scribe, us, 1000000, 6);
}

void scribe_single(const struct scribe *scribe, uint64_t value)
{
    scribe_begin(scribe, "", NULL, 0);
    scribe_number(scribe, value);
}

void scribe_instant(const struct scribe *scribe, struct wall at)
{
    if (at.ms == EVER_MS || at.ms == NEVER_MS)
        return;
    scribe_begin(scribe, "", NULL, 0);
    scribe_seconds_ms(scribe, at.ms);
}

/* Trailing zeros are no part of a bound: le="0.5". */
static void bound(int64_t us, struct text *out)
{
    text_printf(out, "%" PRId64, us / 1000000);
    if (us % 1000000 == 0)
        return;
    text_printf(out, ".%06" PRId64, us % 1000000);
    while (out->data[out->len - 1] == '0')
        out->data[--out->len] = '\0';
}

void scribe_histogram(const struct scribe *scribe,
                      const struct histogram *histogram,
                      const struct histogram_scale *scale)
{
    uint64_t sum = 0;
    struct text le;
    text_init(&le, 32);
    for (size_t i = 0; i < HISTOGRAM_BOUNDS && scale->bounds_us[i]; i++) {
        text_clear(&le);
        bound(scale->bounds_us[i], &le);
        sum += histogram->buckets[i];
        SCRIBE(scribe, "_bucket", { "le", le.data });
        scribe_number(scribe, sum);
    }
    text_close(&le);
    SCRIBE(scribe, "_bucket", { "le", "+Inf" });
    scribe_number(scribe, histogram->count);
    scribe_begin(scribe, "_sum", NULL, 0);
    scribe_seconds_us(scribe, (int64_t)histogram->sum_us);
    scribe_begin(scribe, "_count", NULL, 0);
    scribe_number(scribe, histogram->count);
}

void scribe_each(const struct scribe *scribe, const char *label,
                 const char *const *names, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SCRIBE(scribe, "", { label, names[i] });
        scribe_number(scribe, counts[i]);
    }
}
