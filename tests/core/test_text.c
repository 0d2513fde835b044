/* A text grows up to its maximum, says what was cut, and always ends. */
#include "mooncron/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every way to add, at every maximum that cuts it somewhere. */
static void add_all(struct text *text)
{
    text_add(text, "ab", 2);
    text_puts(text, "cde");
    text_putc(text, 'f');
    text_fill(text, 'g', 3);
    text_printf(text, "%s-%d", "hij", 42);
}
#define ALL "abcdefggghij-42"

static void test_maximum(void **state)
{
    (void)state;
    for (size_t max = 1; max <= strlen(ALL) + 3; max++) {
        struct text text;
        text_init(&text, max);
        add_all(&text);
        size_t want = max < strlen(ALL) ? max : strlen(ALL);
        assert_int_equal(text.len, want);
        assert_int_equal(strlen(text.data), want);
        assert_memory_equal(text.data, ALL, want);
        assert_int_equal(text.cut, max < strlen(ALL));
        text_close(&text);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 8);
    assert_string_equal(text.data, "");
    text_clear(&text);
    text_add(&text, NULL, 0);
    text_printf(&text, "%s", "");
    assert_string_equal(text.data, "");
    assert_false(text.cut);
    text_close(&text);
    text_close(&text);
}

/* Cleared it is as new, with its memory; taken it is as new, without. */
static void test_again(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 4);
    text_puts(&text, "too long");
    assert_true(text.cut);
    text_clear(&text);
    assert_false(text.cut);
    assert_string_equal(text.data, "");
    text_puts(&text, "fits");
    char *taken = text_take(&text);
    assert_string_equal(taken, "fits");
    assert_string_equal(text.data, "");
    free(taken);
    taken = text_take(&text);
    assert_string_equal(taken, "");
    free(taken);
    text_puts(&text, "new");
    assert_string_equal(text.data, "new");
    text_close(&text);
}

static void test_large(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 1 << 20);
    for (int i = 0; i < 100000; i++)
        text_printf(&text, "%05d", i);
    assert_int_equal(text.len, 500000);
    assert_memory_equal(text.data + 5 * 77777, "77777", 5);
    text_close(&text);
}

static void test_columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns("", 0), 0);
    assert_int_equal(text_columns("abc", 3), 3);
    assert_int_equal(text_columns("caf\xc3\xa9", 5), 4);
    assert_int_equal(text_columns("\xe2\x82\xac\xf0\x9f\x8c\x99", 7), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maximum), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_again),   cmocka_unit_test(test_large),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
