/* Whatever the bytes are, they are an expression that survives being printed,
 * or a fault that points at some of them. */
#include "mooncron/cron.h"

#include <assert.h>
#include <string.h>

#include "../core/cron_same.h"
#include "fuzz.h"
#include "mooncron/text.h"

#define DAY_S 86400

static void check_fault(const struct cron_fault *fault, size_t size)
{
    assert(fault->message[0]);
    assert(memchr(fault->message, '\0', sizeof fault->message));
    assert(memchr(fault->hint, '\0', sizeof fault->hint));
    assert(fault->width >= 1 || size == 0);
    assert((size_t)fault->column + fault->width <= size);
}

static void check_round_trip(const struct cron *cron)
{
    struct text text;
    struct cron again;
    struct cron_fault fault;
    text_init(&text, CRON_TEXT_MAX);
    cron_print(cron, &text);
    assert(!text.cut);
    assert(cron_parse(text.data, text.len, &again, &fault));
    assert(cron_same(cron, &again));
    text_close(&text);
}

/* An expression that was taken fires some day: in 28 years at the latest. */
static void check_days(const struct cron *cron)
{
    uint32_t any = 0;
    for (int32_t year = 1996; year < 2025; year++)
        for (unsigned month = 1; month <= 12; month++) {
            uint32_t days = cron_days(cron, year, month);
            assert(!(days & 1));
            assert(!days || cron->months >> month & 1);
            any |= days;
        }
    assert(any);
}

/* Walking from time to time meets as many as there are. */
static void check_times(const struct cron *cron)
{
    uint32_t count = 0;
    for (int32_t s = cron_time_next(cron, 0); s >= 0;) {
        assert(cron_time_next(cron, s) == s && cron_time_last(cron, s) == s);
        assert(cron_times_before(cron, s) == count);
        assert(cron_time_at(cron, count) == s);
        count++;
        s = s + 1 < DAY_S ? cron_time_next(cron, s + 1) : -1;
    }
    assert(count > 0 && cron_times(cron) == count);
}

const unsigned fuzz_limit_ms = 10;

void fuzz_bytes(const uint8_t *bytes, size_t len)
{
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse((const char *)bytes, len, &cron, &fault)) {
        check_fault(&fault, len);
        return;
    }
    check_round_trip(&cron);
    check_days(&cron);
    if (cron_times(&cron) <= 3600) /* walked for its own sake, not for hours */
        check_times(&cron);
}

void fuzz_seeds(fuzz_take *take, void *context)
{
    char commas[CRON_TEXT_MAX + 1];
    memset(commas, ',', sizeof commas);
    take(context, commas, sizeof commas);
    take(context, commas, CRON_TEXT_MAX);
    fuzz_literals("tests/core/test_cron.c", take, context);
    fuzz_literals("tests/core/test_cron_fault.c", take, context);
}
