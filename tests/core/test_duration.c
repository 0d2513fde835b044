/* Durations are read, written and guessed by a table. */
#include "mooncron/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct {
    const char *text;
    enum duration_fault fault;
    int64_t ms;
} read_cases[] = {
    { "90s", DURATION_OK, 90000 },
    { "1h30m", DURATION_OK, 90 * MINUTE },
    { "30m1h", DURATION_OK, 90 * MINUTE },
    { "24h", DURATION_OK, DAY },
    { "2w", DURATION_OK, 14 * DAY },
    { "1ms", DURATION_OK, 1 },
    { "1m1ms", DURATION_OK, MINUTE + 1 },
    { "0s", DURATION_OK, 0 },
    { "007s", DURATION_OK, 7000 },
    { "3660d", DURATION_OK, DURATION_MS_MAX },
    { "3660d1ms", DURATION_TOO_LONG, 0 },
    { "3661d", DURATION_TOO_LONG, 0 },
    { "99999999999999999999999999s", DURATION_TOO_LONG, 0 },
    { "", DURATION_EMPTY, 0 },
    { "20", DURATION_NO_UNIT, 0 },
    { "1h20", DURATION_MALFORMED, 0 },
    { "20 min", DURATION_MALFORMED, 0 },
    { "20min", DURATION_MALFORMED, 0 },
    { "1.5h", DURATION_MALFORMED, 0 },
    { "-5s", DURATION_MALFORMED, 0 },
    { "+5s", DURATION_MALFORMED, 0 },
    { "5s5s", DURATION_MALFORMED, 0 },
    { "5S", DURATION_MALFORMED, 0 },
    { "s", DURATION_MALFORMED, 0 },
    { " 5s", DURATION_MALFORMED, 0 },
    { "5s ", DURATION_MALFORMED, 0 },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
        const char *text = read_cases[i].text;
        int64_t ms = 0;
        enum duration_fault fault = duration_parse(text, strlen(text), &ms);
        if (fault != read_cases[i].fault || ms != read_cases[i].ms)
            fail_msg("\"%s\": fault %d, %lld ms", text, (int)fault,
                     (long long)ms);
    }
}

/* The length counts, not a NUL: what is behind it is not read. */
static void test_length(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_int_equal(duration_parse("5sxx", 2, &ms), DURATION_OK);
    assert_int_equal(ms, 5000);
    assert_int_equal(duration_parse("5s\0", 3, &ms), DURATION_MALFORMED);
}

static const struct {
    int64_t ms;
    const char *text;
} written[] = {
    { 0, "0s" },
    { 1, "1ms" },
    { 90000, "1m30s" },
    { 1440, "1s440ms" },
    { DAY, "1d" },
    { 7 * DAY, "7d" },
    { 25 * HOUR + 61001, "1d1h1m1s1ms" },
    { DURATION_MS_MAX, "3660d" },
};

static void test_format(void **state)
{
    (void)state;
    char buffer[DURATION_TEXT_MAX];
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        assert_string_equal(duration_format(written[i].ms, buffer),
                            written[i].text);
}

static void test_round_trip(void **state)
{
    (void)state;
    char buffer[DURATION_TEXT_MAX];
    int64_t ms = 1;
    for (int i = 0; i < 10000; i++) {
        ms = (ms * 48271 + i) % DURATION_MS_MAX;
        int64_t again = -1;
        duration_format(ms, buffer);
        assert_int_equal(duration_parse(buffer, strlen(buffer), &again),
                         DURATION_OK);
        assert_int_equal(again, ms);
    }
}

static const struct {
    const char *text, *guess; /* NULL: none is good */
} guesses[] = {
    { "20 min", "20m" },     { "1.5h", "1h30m" }, { "2 Hours", "2h" },
    { "1h, 5min", "1h5m" },  { "1 week", "7d" },  { "0.25s", "250ms" },
    { "20", NULL },          { "soon", NULL },    { "-5s", NULL },
    { "0 min", NULL },       { "", NULL },        { "5 fortnights", NULL },
    { "9999999999d", NULL }, { "10:30", NULL },
};

static void test_guess(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        char buffer[DURATION_TEXT_MAX];
        const char *text = guesses[i].text;
        const char *guess = duration_guess(text, strlen(text), buffer);
        if (!guess != !guesses[i].guess ||
            (guess && strcmp(guess, guesses[i].guess) != 0))
            fail_msg("\"%s\": %s", text, guess ? guess : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),  cmocka_unit_test(test_length),
        cmocka_unit_test(test_format), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
