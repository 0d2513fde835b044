/* The breaker is told a story a line, in seconds, and asked after each. */
#include "../../engine/core/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A story: one letter for each thing that happens, all at one moment, with
 * "+n" for n seconds that pass.
 *
 *   F fails   G good   A admitted   N not admitted   R released
 *   O opened by the letter before   S shut by it
 *
 * A cool-down of d seconds is over after d, and never before d / 2. */
static const struct {
    const char *what, *story;
} stories[] = {
    { "new", "A A A" },
    { "four failures are chance", "FFFF A" },
    { "five are not", "FFFFFO N" },
    { "only in a row", "FFFFG FFFFA" },
    { "one probe after ten seconds", "FFFFFO N +4 N +6 A N N" },
    { "the probe is answered", "FFFFFO +10 A GS A A" },
    { "and five are needed again", "FFFFFO +10 A GS FFFF A FO N" },
    { "and the cool-down is short again",
      "FFFFFO +10 A F +9 N +11 A GS FFFFFO +4 N +6 A" },
    { "the probe fails: twice as long",
      "FFFFFO +10 A F N +9 N +11 A F N +19 N +21 A" },
    { "five minutes are the longest",
      "FFFFFO +10 A F +20 A F +40 A F +80 A F +160 A F +149 N +151 A "
      "F +149 N +151 A F +149 N +151 A" },
    { "a probe that was never sent", "FFFFFO +10 A N R A N" },
    { "only a probe is released", "R A FFFFFO R N" },
    { "late failures are no news", "FFFFFO FFF +10 A" },
    { "a late answer is", "FFFFFO N GS A" },
    { "a late answer while it is half open", "FFFFFO +10 A GS A G A" },
    { "a late failure while it is half open", "FFFFFO +10 A F N F N +20 A" },
    { "nobody calls for a year", "FFFFFO +31622400 A N" },
};

static void step(struct breaker *breaker, char letter, struct mono now,
                 uint64_t *random, enum breaker_turn *turn, const char *what)
{
    bool open = breaker_open(breaker, now);
    switch (letter) {
    case 'F':
    case 'G':
        *turn = breaker_tell(breaker, letter == 'G', now, random);
        return;
    case 'O':
    case 'S':
        if (*turn != (letter == 'O' ? BREAKER_OPENED : BREAKER_SHUT))
            fail_msg("%s: no %c", what, letter);
        *turn = BREAKER_STAYS;
        return;
    case 'A':
    case 'N':
        if (breaker_admits(breaker, now) != (letter == 'A') ||
            open != (letter == 'N'))
            fail_msg("%s: no %c at %lld", what, letter, (long long)now.ms);
        return;
    case 'R':
        breaker_release(breaker);
        return;
    default:
        fail_msg("%s: what is %c?", what, letter);
    }
}

static void tell(const char *what, const char *story, uint64_t seed)
{
    struct breaker breaker = { 0 };
    struct mono now = { 1000 };
    enum breaker_turn turn = BREAKER_STAYS;
    for (const char *at = story; *at; at++) {
        if (*at == ' ')
            continue;
        if (*at != 'O' && *at != 'S' && turn != BREAKER_STAYS)
            fail_msg("%s: it turned before %s", what, at);
        if (*at == '+') {
            char *end;
            now.ms += strtol(at + 1, &end, 10) * 1000;
            at = end - 1;
            continue;
        }
        step(&breaker, *at, now, &seed, &turn, what);
    }
}

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        for (uint64_t seed = 0; seed < 100; seed++)
            tell(stories[i].what, stories[i].story, seed);
}

/* A thousand workers do not probe at one moment. */
static void test_chance(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    uint64_t random = 1;
    for (int i = 0; i < 1000; i++) {
        struct breaker breaker = { 0 };
        for (int fail = 0; fail < BREAKER_FAILS; fail++)
            breaker_tell(&breaker, false, (struct mono){ 0 }, &random);
        int64_t cools_ms = breaker_cools_ms(&breaker, (struct mono){ 0 });
        least = cools_ms < least ? cools_ms : least;
        most = cools_ms > most ? cools_ms : most;
    }
    assert_in_range(least, BREAKER_COOL_MS / 2, BREAKER_COOL_MS * 6 / 10);
    assert_in_range(most, BREAKER_COOL_MS * 9 / 10, BREAKER_COOL_MS);
}

static void test_cools(void **state)
{
    (void)state;
    struct breaker breaker = { 0 };
    uint64_t random = 7;
    struct mono now = { 500 };
    assert_int_equal(breaker_cools_ms(&breaker, now), 0);
    for (int fail = 0; fail < BREAKER_FAILS; fail++)
        breaker_tell(&breaker, false, now, &random);
    int64_t cools_ms = breaker_cools_ms(&breaker, now);
    now.ms += cools_ms - 1;
    assert_int_equal(breaker_cools_ms(&breaker, now), 1);
    assert_false(breaker_admits(&breaker, now));
    now.ms++;
    assert_int_equal(breaker_cools_ms(&breaker, now), 0);
    assert_true(breaker_admits(&breaker, now));
    assert_int_equal(breaker_cools_ms(&breaker, now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_cools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
