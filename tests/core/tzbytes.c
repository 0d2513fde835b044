/* A file is written number by number, as RFC 8536 has it. */
#include "tzbytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"

int64_t seconds(const char *text)
{
    if (!text)
        return INT64_MIN;
    if (!*text)
        return INT64_MAX;
    struct wall at;
    assert_true(rfc3339_parse(text, strlen(text), &at));
    return at.ms / 1000 - (at.ms % 1000 < 0);
}

static void put(struct file *file, const void *bytes, size_t len)
{
    assert_true(file->len + len <= sizeof file->bytes);
    memcpy(file->bytes + file->len, bytes, len);
    file->len += len;
}

static void put_number(struct file *file, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        put(file, &(unsigned char){ (unsigned char)(value >> 8 * bytes) }, 1);
}

static void put_header(struct file *file, const uint32_t counts[6])
{
    put(file, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    for (int i = 0; i < 6; i++)
        put_number(file, counts[i], 4);
}

struct file make(const int64_t *times_s, uint32_t count, const char *footer)
{
    struct file file = { .len = 0 };
    put_header(&file, (const uint32_t[6]){ 0 });
    put_header(&file, (const uint32_t[6]){ 2, 2, 0, count, 2, 9 });
    for (uint32_t i = 0; i < count; i++)
        put_number(&file, (uint64_t)times_s[i], 8);
    for (uint32_t i = 0; i < count; i++)
        put_number(&file, (i + 1) % 2, 1);
    put_number(&file, 7200, 4);
    put(&file, "\0\0", 2);
    put_number(&file, 10800, 4);
    put(&file, "\1\4", 2);
    put(&file, "EET\0EEST", 9);
    put(&file, "\1\0\1\0", 4);
    put(&file, "\n", 1);
    put(&file, footer, strlen(footer));
    put(&file, "\n", 1);
    return file;
}

struct file system_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    struct file file = { .len = 0 };
    FILE *in = fopen(path, "rb");
    if (in) {
        file.len = fread(file.bytes, 1, sizeof file.bytes, in);
        fclose(in);
    }
    return file;
}

const int64_t summer_2025[] = { 1743296400, 1761440400 };
const char eastern[] = "EET-2EEST,M3.5.0/3,M10.5.0/4";

struct zone *read_good(const struct file *file)
{
    struct error error = { "" };
    struct zone *zone = zone_read("Test/Zone", file->bytes, file->len, &error);
    if (!zone)
        fail_msg("%s", error.text);
    return zone;
}

void expect_refused(const struct file *file, const char *clause)
{
    struct error error = { "" };
    struct zone *zone = zone_read("Test/Zone", file->bytes, file->len, &error);
    if (zone)
        fail_msg("accepted, but wanted \"%s\"", clause);
    if (!strstr(error.text, clause))
        fail_msg("wanted \"%s\" in \"%s\"", clause, error.text);
    assert_non_null(strstr(error.text, "zone Test/Zone: "));
}

void walk(const struct zone *zone, int64_t from_s, int spans)
{
    struct zone_span span, next, change;
    zone_span(zone, from_s, &span);
    while (spans-- > 0 && span.to_s != INT64_MAX) {
        assert_true(span.from_s < span.to_s);
        zone_span(zone, span.to_s, &next);
        assert_int_equal(next.from_s, span.to_s);
        assert_int_equal(next.before_s, span.offset_s);
        assert_int_equal(next.offset_s, span.after_s);
        if (span.offset_s != span.after_s) {
            assert_true(zone_change(zone, span.to_s - 1, &change));
            assert_int_equal(change.from_s, span.to_s);
        }
        span = next;
    }
}
