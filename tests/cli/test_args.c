/* Arguments: every way to write an option, and an answer for every wrong one.
 *
 * What is said of a wrong one goes to standard error of the real program, which
 * the second half runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/args.h"
#include "proc.h"

static const struct args_option options[] = {
    { "number", 'n', "N", "how many" },
    { "horizon", 0, "TIME", "how far" },
    { "jobs", 0, "on|off", "whether" },
    { "json", 0, NULL, "as JSON" },
};
static const struct args_verb verb = {
    .name = "verb",
    .about = "Does it.\n",
    .operands = "NAME [file]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .operands_min = 1,
    .operands_max = 2,
};

#define WORDS_MAX 8

static bool read_words(struct args *args, const char *const *words, int *code)
{
    char *argv[WORDS_MAX] = { (char *)(uintptr_t) "verb" };
    int argc = 1;
    for (; *words; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    return args_read(args, &verb, argc, argv, code);
}

static void an_option_may_be_written_in_many_ways(void **state)
{
    (void)state;
    static const char *const ways[][WORDS_MAX] = {
        { "-n", "7", "a" },       { "-n7", "a" },
        { "--number", "7", "a" }, { "--number=7", "a" },
        { "a", "--number=7" },    { "--number", "7", "--", "a" },
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct args args;
        int code;
        double number = 0;
        assert_true(read_words(&args, ways[i], &code));
        assert_true(args_number(&args, "number", 1, 9, true, &number));
        assert_true(number == 7);
        assert_int_equal(args.operand_count, 1);
        assert_string_equal(args.operands[0], "a");
        assert_null(args_value(&args, "json"));
    }
}

static void after_two_dashes_all_are_operands(void **state)
{
    (void)state;
    struct args args;
    int code;
    const char *const words[] = { "--json", "--", "--json", "-n", NULL };
    assert_true(read_words(&args, words, &code));
    assert_string_equal(args_value(&args, "json"), "");
    assert_string_equal(args.operands[0], "--json");
    assert_string_equal(args.operands[1], "-n");
}

static void nonsense_is_a_usage_mistake(void **state)
{
    (void)state;
    static const char *const wrong[][WORDS_MAX] = {
        { NULL },
        { "a", "b", "c" },
        { "a", "--jsn" },
        { "a", "--json=yes" },
        { "a", "--number" },
        { "a", "-n" },
        { "a", "-x" },
        { "a", "--number=1", "-n2" },
        { "a", "--color=red" },
        { "a", "--=x" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct args args;
        int code = -1;
        assert_false(read_words(&args, wrong[i], &code));
        assert_int_equal(code, EXIT_USAGE);
    }
}

static void values_have_ranges(void **state)
{
    (void)state;
    static const char *const numbers[] = { "0", "10", "1.5", "x", "", "nan" };
    static const char *const spans[] = { "60", "0s", "2d", "-1h", "", "soon" };
    struct args args;
    double number = 5;
    int64_t ms = 5;
    unsigned choice = 5;
    int code;
    for (size_t i = 0; i < 6; i++) {
        const char *const words[] = { "a",         "--number", numbers[i],
                                      "--horizon", spans[i],   "--jobs=maybe",
                                      NULL };
        assert_true(read_words(&args, words, &code));
        assert_false(args_number(&args, "number", 1, 9, true, &number));
        assert_false(args_duration(&args, "horizon", 1, 86400000, &ms));
        const char *const switches[] = { "off", "on" };
        assert_false(args_choice(&args, "jobs", switches, 2, &choice));
    }
    assert_true(number == 5);
    assert_int_equal(ms, 5);
    assert_int_equal(choice, 5);
}

static void colour_is_asked_in_order(void **state)
{
    (void)state;
    struct args args;
    int code;
    const char *const plain[] = { "a", NULL };
    const char *const always[] = { "a", "--color=always", NULL };
    unsetenv("NO_COLOR");
    setenv("FORCE_COLOR", "1", 1);
    assert_true(read_words(&args, plain, &code));
    assert_true(args_colour(&args, -1));
    setenv("NO_COLOR", "1", 1);
    assert_false(args_colour(&args, -1));
    assert_true(read_words(&args, always, &code));
    assert_true(args_colour(&args, -1));
    unsetenv("NO_COLOR");
    unsetenv("FORCE_COLOR");
    assert_true(read_words(&args, plain, &code));
    assert_false(args_colour(&args, -1)); /* no terminal */
}

/* ---- the real program ---- */

static const struct {
    const char *words[5];
    int code;
    const char *out, *err; /* what must be there */
} runs[] = {
    { { "help" }, 0, "Look before you leap", "" },
    { { "--help" }, 0, "mooncron plan --env staging", "" },
    { { "help", "--env" }, 0, "WORKER_API_KEY (_FILE)", "" },
    { { "help", "plan" }, 0, "--detailed-exitcode", "" },
    { { "help", "paln" }, 64, "", "did you mean \"plan\"" },
    { { "version" }, 0, "libcurl", "" },
    { { "version" }, 0, ", SQLite 3.", "" },
    { { "version", "--json" }, 0, "\"SQLite\": \"3.", "" },
    { { "--version" }, 0, "mooncron 0.", "" },
    { { "explain", "E110" }, 0, "E110: ", "" },
    { { "explain", "e110" }, 0, "E110: ", "" },
    { { "explain", "E999" }, 64, "", "E999" },
    { { "explain" }, 64, "", "CODE" },
    { { "plam" }, 64, "", "did you mean \"plan\"" },
    { { "--dry-run", "--evn", "x" }, 64, "", "mooncron plan: unknown" },
    { { "plan", "--env", "a b" }, 64, "", "--env" },
    { { "plan", "--env", "" }, 64, "", "--env" },
    { { "plan", "--env", "x", "--now", "noon" }, 64, "", "noon" },
    { { "plan", "--horizon", "24" }, 64, "", "with its unit" },
    { { "plan", "--json", "--plain" }, 64, "", "exclude" },
    { { "plan", "--offline", "--settings", "x" }, 64, "", "exclude" },
    { { "plan", "--settings", "/nonexistent/s" }, 78, "", "/nonexistent/s" },
    { { "plan", "--offline" }, 69, "", "no Settings are kept" },
    { { "plan" }, 69, "", "try --env production" },
    { { "next" }, 64, "", "JOB" },
    { { "next", "x", "-n", "0" }, 64, "", "whole number" },
    { { "check", "/nonexistent/f.lua" }, 78, "", "/nonexistent/f.lua" },
    { { "reload" }, 69, "", "no daemon answers at http://127.0.0.1:1" },
};

/* Nobody listens on port 1. */
static const char *const env[] = { "BACKEND_URL=http://127.0.0.1:1",
                                   "MOONCRON_URL=http://127.0.0.1:1",
                                   "STATE_DIRECTORY=/nonexistent",
                                   "PATH=/usr/bin:/bin", NULL };

static void the_program_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        const char *argv[8] = { BUILD_DIR "/mooncron" };
        for (int w = 0; w < 5 && runs[i].words[w]; w++)
            argv[w + 1] = runs[i].words[w];
        char *out, *err;
        int code = proc_run(argv, env, &out, &err);
        if (code != runs[i].code || !strstr(out, runs[i].out) ||
            !strstr(err, runs[i].err))
            fail_msg("%s %s: exit code %d, said:\n%s%s", runs[i].words[0],
                     runs[i].words[1] ? runs[i].words[1] : "", code, out, err);
        free(out);
        free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_may_be_written_in_many_ways),
        cmocka_unit_test(after_two_dashes_all_are_operands),
        cmocka_unit_test(nonsense_is_a_usage_mistake),
        cmocka_unit_test(values_have_ranges),
        cmocka_unit_test(colour_is_asked_in_order),
        cmocka_unit_test(the_program_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
