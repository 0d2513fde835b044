/* The nearest word is found, and a far one is not pretended to be near. */
#include "mooncron/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {
    "every", "overlap", "timeout", "enabled", "environment", "on", "post",
};
#define WORD_COUNT (sizeof words / sizeof *words)

static const struct {
    const char *word, *near; /* NULL: none */
} cases[] = {
    { "evry", "every" },
    { "overlp", "overlap" },
    { "OVERLAP", "overlap" },
    { "over_lap", "overlap" },
    { "time-out", "timeout" },
    { "tiemout", "timeout" }, /* neighbours swapped: one edit */
    { "enviroment", "environment" },
    { "pots", "post" },
    { "xyzzy", NULL },
    { "e", NULL },
    { "ab", NULL },
    { "", NULL },
    { "-_-", NULL },
    { "environmentenvironmentenvironmentenvironmentenvironmentenvironment",
      NULL },
};

static void test_near(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = suggest(cases[i].word, words, WORD_COUNT);
        if (!found != !cases[i].near ||
            (found && strcmp(found, cases[i].near) != 0))
            fail_msg("%s: %s", cases[i].word, found ? found : "none");
    }
    assert_null(suggest("every", words, 0));
}

/* Of equals the first wins. */
static void test_first(void **state)
{
    (void)state;
    static const char *const equal[] = { "cart", "card", "care" };
    assert_ptr_equal(suggest("carx", equal, 3), equal[0]);
    assert_ptr_equal(suggest("care", equal, 3), equal[2]);
}

static void test_prefix(void **state)
{
    (void)state;
    static const char *const all[] = { "production", "staging", "stable" };
    assert_ptr_equal(suggest_or_prefix("prod", all, 3), all[0]);
    assert_null(suggest_or_prefix("sta", all, 3)); /* two begin so */
    assert_null(suggest_or_prefix("pr", all, 3));
    assert_null(suggest_or_prefix("xyz", all, 3));
    assert_ptr_equal(suggest_or_prefix("stagin", all, 3), all[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
