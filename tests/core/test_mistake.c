/* Every mistake looks the way the product promises, to the letter. */
#include "mooncron/mistake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOWHERE .source = "", .opener = "", .label = "", .help = "", .note = ""

static const struct {
    const char *name;
    struct mistake mistake;
    const char *want;
} shown[] = {
    { "the line above is shown, without dots",
      { .code = "E110",
        .message = "`every = 1440` has no unit in job \"feed-flush\"",
        .file = "scripts/broken.lua",
        .line = 6,
        .column = 11,
        .width = 4,
        .opener_line = 5,
        .source = "  every = 1440,",
        .opener = "job \"feed-flush\" {",
        .label = "1440 what?",
        .help = "write \"1440m\" (= 1d) for minutes",
        .note = "" },
      "error[E110]: `every = 1440` has no unit in job \"feed-flush\"\n"
      "  --> scripts/broken.lua:6:11\n"
      "  |\n"
      "5 | job \"feed-flush\" {\n"
      "6 |   every = 1440,\n"
      "  |           ^^^^ 1440 what?\n"
      "  = help: write \"1440m\" (= 1d) for minutes\n" },
    { "dots where lines are left out, and a gutter of two",
      { .code = "E131",
        .message = "group \"hubs\" is not declared",
        .file = "scripts/broken.lua",
        .line = 22,
        .column = 11,
        .width = 6,
        .opener_line = 17,
        .source = "  group = \"hubs\",",
        .opener = "job \"hub-snapshot-locations\" {",
        .label = "did you mean \"hub\"?",
        .help = "declare it:  group \"hubs\" { limit = 1 }",
        .note = "" },
      "error[E131]: group \"hubs\" is not declared\n"
      "  --> scripts/broken.lua:22:11\n"
      "   |\n"
      "17 | job \"hub-snapshot-locations\" {\n"
      "   ...\n"
      "22 |   group = \"hubs\",\n"
      "   |           ^^^^^^ did you mean \"hub\"?\n"
      "   = help: declare it:  group \"hubs\" { limit = 1 }\n" },
    { "a whole line and a note",
      { .code = "E130",
        .message = "job \"feed-flush\" is declared twice",
        .file = "a.lua",
        .line = 27,
        .width = 3,
        .source = "job",
        .opener = "",
        .label = "second declaration",
        .help = "",
        .note = "first declared at a.lua:5\nand once more" },
      "error[E130]: job \"feed-flush\" is declared twice\n"
      "  --> a.lua:27\n"
      "   |\n"
      "27 | job\n"
      "   | ^^^ second declaration\n"
      "   = note: first declared at a.lua:5\n"
      "   = note: and once more\n" },
    { "no caret line where nothing is known to be under it",
      { .code = "E140",
        .message = "http.get() cannot be called while the file is loading",
        .file = "b.lua",
        .line = 1,
        .source = "local ok = 1",
        .opener = "",
        .label = "",
        .help = "",
        .note = "" },
      "error[E140]: http.get() cannot be called while the file is loading\n"
      "  --> b.lua:1\n"
      "  |\n"
      "1 | local ok = 1\n" },
    { "tabs stay tabs, and a letter of two bytes is one column",
      { .code = "W209",
        .message = "m",
        .file = "c.lua",
        .line = 1,
        .column = 5,
        .width = 1,
        .source = "\t\xc3\xa9 x",
        .opener = "",
        .label = "",
        .help = "",
        .note = "" },
      "warning[W209]: m\n"
      "  --> c.lua:1:5\n"
      "  |\n"
      "1 | \t\xc3\xa9 x\n"
      "  | \t  ^\n" },
    { "no file and no place",
      { .code = "E151", .message = "too much memory", .file = "", NOWHERE },
      "error[E151]: too much memory\n" },
    { "a column past the end of its line stays within it",
      { .code = "E100",
        .message = "m",
        .file = "d.lua",
        .line = 1,
        .column = 4000000000u,
        .width = 1,
        .source = "ab",
        .opener = "",
        .label = "",
        .help = "",
        .note = "" },
      "error[E100]: m\n"
      "  --> d.lua:1:4000000000\n"
      "  |\n"
      "1 | ab\n"
      "  |   ^\n" },
};

static void test_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct text text;
        text_init(&text, 4096);
        mistake_render(&shown[i].mistake, false, &text);
        if (strcmp(text.data, shown[i].want) != 0)
            fail_msg("%s:\n%s", shown[i].name, text.data);
        text_close(&text);
    }
}

/* Without its escapes the coloured page is the plain one. */
static void test_colour(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct text text;
        text_init(&text, 4096);
        mistake_render(&shown[i].mistake, true, &text);
        assert_non_null(strchr(text.data, '\033'));
        char *to = text.data;
        for (const char *at = text.data; *at; at++)
            if (*at == '\033')
                at += strcspn(at, "m");
            else
                *to++ = *at;
        *to = '\0';
        assert_string_equal(text.data, shown[i].want);
        text_close(&text);
    }
}

static void test_line(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 4096);
    mistake_line(&shown[0].mistake, &text);
    assert_string_equal(text.data,
                        "E110 scripts/broken.lua:6:11: `every = 1440` has no "
                        "unit in job \"feed-flush\" (1440 what?)");
    text_close(&text);
}

static struct mistake at(const char *file, uint32_t line, uint32_t column,
                         const char *message)
{
    return (struct mistake){ .code = "E100",
                             .message = message,
                             .file = file,
                             .line = line,
                             .column = column,
                             NOWHERE };
}

/* By place, and equal places in the order in which they came. */
static void test_sort(void **state)
{
    (void)state;
    const struct mistake given[] = {
        at("b", 1, 1, "5"), at("a", 9, 2, "3"), at("a", 9, 2, "4"),
        at("a", 2, 7, "2"), at("a", 2, 0, "1"),
    };
    struct mistakes list = { 0 };
    for (size_t i = 0; i < 5; i++)
        mistakes_add(&list, &given[i]);
    mistakes_sort(&list);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(list.items[i].message[0], '1' + i);
    mistakes_clear(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.total, 0);
}

/* Copies live on; what is past the maximum is only counted. */
static void test_copies(void **state)
{
    (void)state;
    char message[] = "before";
    struct mistake mistake = at("a", 1, 1, message);
    struct mistakes list = { 0 };
    mistakes_add(&list, &mistake);
    memcpy(message, "after!", 6);
    assert_string_equal(list.items[0].message, "before");
    for (int i = 0; i < MISTAKES_MAX + 4; i++)
        mistakes_add(&list, &mistake);
    assert_int_equal(list.count, MISTAKES_MAX);
    assert_int_equal(list.total, MISTAKES_MAX + 5);
    mistakes_clear(&list);
}

static void test_explain(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "E100", "E101", "E102", "E104", "E105", "E106", "E107", "E108",
        "E110", "E111", "E112", "E114", "E115", "E120", "E121", "E122",
        "E123", "E130", "E131", "E132", "E133", "E140", "E150", "E151",
        "E152", "E160", "W202", "W207", "W208", "W209", "W210", "R302",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const char *title = NULL;
        const char *text = mistake_explain(codes[i], &title);
        if (!text || !title || strlen(text) < 40 || !*title)
            fail_msg("%s is not explained", codes[i]);
    }
    static const char *const unknown[] = { "", "E1", "E999", "E1100", "e110" };
    const char *title = NULL;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_null(mistake_explain(unknown[i], &title));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown),  cmocka_unit_test(test_colour),
        cmocka_unit_test(test_line),   cmocka_unit_test(test_sort),
        cmocka_unit_test(test_copies), cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
