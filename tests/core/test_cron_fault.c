/* What is no expression, or is too long, is refused with the place, the reason
 * and a hint. */
#include "mooncron/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FIELDS_ARE "the fields are: minute hour day month weekday"

/* A string and its length: there may be a NUL in it. */
#define TEXT(string) string, sizeof(string) - 1

static const struct {
    const char *text;
    size_t len;
    uint32_t column, width;
    const char *message, *hint;
} bad[] = {
    { TEXT(""), 0, 0, "an empty expression", FIELDS_ARE },
    { TEXT("  \t"), 0, 3, "an empty expression", FIELDS_ARE },
    { TEXT("1"), 0, 1, "1 field, but 5 or 6 are needed", FIELDS_ARE },
    { TEXT("15m"), 0, 3, "1 field, but 5 or 6 are needed",
      "an interval is written every = \"15m\"" },
    { TEXT("08:00"), 0, 5, "1 field, but 5 or 6 are needed",
      "a time of day is written at = \"08:00\"" },
    { TEXT("* * * *"), 0, 7, "4 fields, but 5 or 6 are needed", FIELDS_ARE },
    { TEXT(" 5 4 *"), 1, 5, "3 fields, but 5 or 6 are needed", FIELDS_ARE },
    { TEXT("* * * * * * 2026"), 12, 4, "7 fields, but there is no year field",
      "the fields are: [second] minute hour day month weekday" },
    { TEXT("0 0 12 * * ? 2026 x"), 13, 6, "8 fields, but 5 or 6 are needed",
      "" },
    { TEXT("1 2 3 4 5 6 7 8"), 12, 3, "8 fields, but 5 or 6 are needed", "" },
    { TEXT("@Daily"), 0, 6, "`@Daily` is not a macro",
      "did you mean `@daily`?" },
    { TEXT("@DAILY"), 0, 6, "`@DAILY` is not a macro",
      "did you mean `@daily`?" },
    { TEXT("@dayly"), 0, 6, "`@dayly` is not a macro",
      "did you mean `@daily`?" },
    { TEXT("@every 5m"), 0, 6, "`@every` is not a macro",
      "an interval is written every = \"5m\"" },
    { TEXT("@reboot"), 0, 7, "`@reboot` is not a macro",
      "a job runs when it is due, not when the worker starts" },
    { TEXT("@x"), 0, 2, "`@x` is not a macro",
      "there are @yearly, @monthly, @weekly, @daily, @hourly" },
    { TEXT("@daily 5"), 7, 1, "`@daily` stands alone", "" },
    { TEXT("@daily @daily"), 7, 6, "`@daily` stands alone", "" },
    { TEXT("0 @daily * * *"), 2, 1, "hour field: unexpected `@`",
      "a macro stands alone" },
    { TEXT("60 * * * *"), 0, 2, "minute field: 60 is out of range 0-59", "" },
    { TEXT("* 25 * * *"), 2, 2, "hour field: 25 is out of range 0-23", "" },
    { TEXT("60 * * * * *"), 0, 2, "second field: 60 is out of range 0-59", "" },
    { TEXT("* * 0 * *"), 4, 1, "day field: 0 is out of range 1-31", "" },
    { TEXT("* * 32 * *"), 4, 2, "day field: 32 is out of range 1-31", "" },
    { TEXT("* * * 0 *"), 6, 1, "month field: 0 is out of range 1-12", "" },
    { TEXT("* * * 13 *"), 6, 2, "month field: 13 is out of range 1-12", "" },
    { TEXT("* * * * 8"), 8, 1, "weekday field: 8 is out of range 0-7", "" },
    { TEXT("99999999999999999999 * * * *"), 0, 20,
      "minute field: 99999999999999999999 is out of range 0-59", "" },
    { TEXT("1234567890123456789012345 * * * *"), 0, 25,
      "minute field: 123456789012345678901234... is out of range 0-59", "" },
    { TEXT("-1 * * * *"), 0, 1, "minute field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("+1 * * * *"), 0, 1, "minute field: unexpected `+`", "" },
    { TEXT("1- * * * *"), 1, 1, "minute field: nothing follows `-`", "" },
    { TEXT("1-,2 * * * *"), 1, 1, "minute field: nothing follows `-`", "" },
    { TEXT("1-2-3 * * * *"), 3, 1, "minute field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("1--2 * * * *"), 2, 1, "minute field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("1,,2 * * * *"), 2, 1, "minute field: a part of the list is empty",
      "a list has no blanks: `1,2`" },
    { TEXT(",1 * * * *"), 0, 1, "minute field: a part of the list is empty",
      "a list has no blanks: `1,2`" },
    { TEXT("1, * * * *"), 1, 1, "minute field: a part of the list is empty",
      "a list has no blanks: `1,2`" },
    { TEXT(", * * * *"), 0, 1, "minute field: a part of the list is empty",
      "a list has no blanks: `1,2`" },
    { TEXT("1, 2 * * * *"), 1, 1, "second field: a part of the list is empty",
      "a list has no blanks: `1,2`" },
    { TEXT("1//2 * * * *"), 2, 1, "minute field: unexpected `/`",
      "a step follows `*`, a range or a number: `*/5`" },
    { TEXT("1/ * * * *"), 1, 1, "minute field: nothing follows `/`", "" },
    { TEXT("*/ * * * *"), 1, 1, "minute field: nothing follows `/`", "" },
    { TEXT("/5 * * * *"), 0, 1, "minute field: unexpected `/`",
      "a step follows `*`, a range or a number: `*/5`" },
    { TEXT("*/5/5 * * * *"), 3, 1, "minute field: unexpected `/`",
      "a step follows `*`, a range or a number: `*/5`" },
    { TEXT("*/0 * * * *"), 2, 1, "minute field: step 0 is out of range 1-60",
      "" },
    { TEXT("*/61 * * * *"), 2, 2, "minute field: step 61 is out of range 1-60",
      "" },
    { TEXT("* */25 * * *"), 4, 2, "hour field: step 25 is out of range 1-24",
      "" },
    { TEXT("* * * * */8"), 10, 1, "weekday field: step 8 is out of range 1-7",
      "" },
    { TEXT("*/-5 * * * *"), 2, 1, "minute field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("*/x * * * *"), 2, 1, "minute field: unexpected `x`", "" },
    { TEXT("** * * * *"), 1, 1, "minute field: unexpected `*`", "" },
    { TEXT("*5 * * * *"), 1, 1, "minute field: unexpected `5`", "" },
    { TEXT("*-5 * * * *"), 1, 1, "minute field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("1.5 * * * *"), 1, 1, "minute field: unexpected `.`",
      "fields hold whole numbers" },
    { TEXT("1;2 * * * *"), 1, 1, "minute field: unexpected `;`",
      "a list is separated by commas" },
    { TEXT("0x5 * * * *"), 1, 1, "minute field: unexpected `x`", "" },
    { TEXT("1e3 * * * *"), 1, 1, "minute field: unexpected `e`", "" },
    { TEXT("5% * * * *"), 1, 1, "minute field: unexpected `%`", "" },
    { TEXT("50-10 * * * *"), 0, 5,
      "minute field: the range 50-10 runs backwards",
      "write it as two parts: `50-59,0-10`" },
    { TEXT("* 22-6 * * *"), 2, 4, "hour field: the range 22-6 runs backwards",
      "write it as two parts: `22-23,0-6`" },
    { TEXT("* 23-6/2 * * *"), 2, 4, "hour field: the range 23-6 runs backwards",
      "write it as two parts: `23,0-6`" },
    { TEXT("* * * NOV-FEB *"), 6, 7,
      "month field: the range NOV-FEB runs backwards",
      "write it as two parts: `11-12,1-2`" },
    { TEXT("* * * * FRI-MON"), 8, 7,
      "weekday field: the range FRI-MON runs backwards",
      "write it as two parts: `5-6,0-1`" },
    { TEXT("* * * * SAT-MON"), 8, 7,
      "weekday field: the range SAT-MON runs backwards",
      "write it as two parts: `6,0-1`" },
    { TEXT("* * * * 5-0"), 8, 3, "weekday field: the range 5-0 runs backwards",
      "write it as two parts: `5-6,0`" },
    { TEXT("* * * * 7-3"), 8, 3, "weekday field: the range 7-3 runs backwards",
      "write `0-3`" },
    { TEXT("* * * * 1/2"), 8, 3,
      "weekday field: steps from one day on have no end",
      "write the range out: `1-6/2`" },
    { TEXT("* * * * FRI/3"), 8, 5,
      "weekday field: steps from one day on have no end",
      "write the range out: `5-6/3`" },
    { TEXT("* * * * 7/2"), 8, 3,
      "weekday field: steps from one day on have no end",
      "write the range out: `0-6/2`" },
    { TEXT("MON * * * *"), 0, 3, "minute field: `MON` is not a number",
      "`MON` belongs in the weekday field" },
    { TEXT("XYZ * * * *"), 0, 3, "minute field: `XYZ` is not a number", "" },
    { TEXT("* * * MON *"), 6, 3, "month field: `MON` is not a month",
      "`MON` belongs in the weekday field" },
    { TEXT("* * * SUN *"), 6, 3, "month field: `SUN` is not a month",
      "`SUN` belongs in the weekday field" },
    { TEXT("* * * * MAR"), 8, 3, "weekday field: `MAR` is not a weekday",
      "`MAR` belongs in the month field" },
    { TEXT("* * * * MNO"), 8, 3, "weekday field: `MNO` is not a weekday",
      "did you mean `MON`?" },
    { TEXT("* * * JNA *"), 6, 3, "month field: `JNA` is not a month",
      "did you mean `JAN`?" },
    { TEXT("* * * * MONDAY"), 8, 6, "weekday field: `MONDAY` is not a weekday",
      "did you mean `MON`?" },
    { TEXT("* * * September *"), 6, 9,
      "month field: `September` is not a month", "did you mean `SEP`?" },
    { TEXT("* * * * thur"), 8, 4, "weekday field: `thur` is not a weekday",
      "did you mean `THU`?" },
    { TEXT("* * * * MO"), 8, 2, "weekday field: `MO` is not a weekday",
      "did you mean `MON`?" },
    { TEXT("* * * * MON-FRY"), 12, 3, "weekday field: `FRY` is not a weekday",
      "did you mean `FRI`?" },
    { TEXT("* * * * weekdays"), 8, 8,
      "weekday field: `weekdays` is not a weekday", "" },
    { TEXT("H * * * *"), 0, 1, "minute field: unexpected `H`",
      "`phase` and `jitter` spread jobs over time" },
    { TEXT("H(0-29)/5 * * * *"), 0, 1, "minute field: unexpected `H`",
      "`phase` and `jitter` spread jobs over time" },
    { TEXT("* * * * h"), 8, 1, "weekday field: unexpected `h`",
      "`phase` and `jitter` spread jobs over time" },
    { TEXT("0~30 * * * *"), 1, 1, "minute field: unexpected `~`",
      "`phase` and `jitter` spread jobs over time" },
    { TEXT("* * ?,1 * *"), 4, 1, "day field: unexpected `?`",
      "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { TEXT("* * 1,? * *"), 6, 1, "day field: unexpected `?`",
      "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { TEXT("? * * * *"), 0, 1, "minute field: unexpected `?`",
      "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { TEXT("* * * ? *"), 6, 1, "month field: unexpected `?`",
      "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { TEXT("* * ?/2 * *"), 4, 1, "day field: unexpected `?`",
      "`?` is a whole field, for days or weekdays; elsewhere write `*`" },
    { TEXT("* * L-0 * *"), 6, 1, "day field: 0 is out of range 1-30", "" },
    { TEXT("* * L-31 * *"), 6, 2, "day field: 31 is out of range 1-30", "" },
    { TEXT("* * L- * *"), 5, 1, "day field: nothing follows `-`", "" },
    { TEXT("* * L/2 * *"), 5, 1, "day field: unexpected `/`",
      "a step follows `*`, a range or a number: `*/5`" },
    { TEXT("* * LW-1 * *"), 6, 1, "day field: unexpected `-`",
      "a range is two numbers or names: `1-5`" },
    { TEXT("* * LL * *"), 5, 1, "day field: unexpected `L`",
      "`L` is a day field's last day; of weekdays it is `5L` or `FRIL`" },
    { TEXT("* * W * *"), 4, 1, "day field: unexpected `W`",
      "`15W` in the day field is the weekday nearest to the 15th" },
    { TEXT("* * 0W * *"), 4, 1, "day field: 0 is out of range 1-31", "" },
    { TEXT("* * 1-5W * *"), 7, 1, "day field: unexpected `W`",
      "`15W` in the day field is the weekday nearest to the 15th" },
    { TEXT("* * 15W/2 * *"), 7, 1, "day field: unexpected `/`",
      "a step follows `*`, a range or a number: `*/5`" },
    { TEXT("* * 5L * *"), 5, 1, "day field: unexpected `L`",
      "`L` is a day field's last day; of weekdays it is `5L` or `FRIL`" },
    { TEXT("* * 5#1 * *"), 5, 1, "day field: unexpected `#`",
      "`5#2` in the weekday field is the second Friday" },
    { TEXT("L * * * *"), 0, 1, "minute field: unexpected `L`",
      "`L` is a day field's last day; of weekdays it is `5L` or `FRIL`" },
    { TEXT("* * * * L"), 8, 1, "weekday field: unexpected `L`",
      "`L` is a day field's last day; of weekdays it is `5L` or `FRIL`" },
    { TEXT("* * * * 5W"), 9, 1, "weekday field: unexpected `W`",
      "`15W` in the day field is the weekday nearest to the 15th" },
    { TEXT("* * * * 5#"), 9, 1, "weekday field: nothing follows `#`", "" },
    { TEXT("* * * * 5#0"), 10, 1, "weekday field: 0 is out of range 1-5", "" },
    { TEXT("* * * * 5#6"), 10, 1, "weekday field: 6 is out of range 1-5", "" },
    { TEXT("* * * * #1"), 8, 1, "weekday field: unexpected `#`",
      "`5#2` in the weekday field is the second Friday" },
    { TEXT("* * * * FRI#FRI"), 12, 1, "weekday field: unexpected `F`", "" },
    { TEXT("* * * * 8L"), 8, 1, "weekday field: 8 is out of range 0-7", "" },
    { TEXT("0 0 30 2 *"), 4, 2, "day field: never fires, FEB has only 29 days",
      "`L` is the last day of a month" },
    { TEXT("0 0 30,31 FEB ?"), 4, 5,
      "day field: never fires, FEB has only 29 days",
      "`L` is the last day of a month" },
    { TEXT("0 0 0 31 4,6,9,11 *"), 6, 2,
      "day field: never fires, even APR has only 30 days",
      "`L` is the last day of a month" },
    { TEXT("0 0 31W 2,4 *"), 4, 3,
      "day field: never fires, even APR has only 30 days",
      "`L` is the last day of a month" },
    { TEXT("0 0 L-30 2,4 *"), 4, 4,
      "day field: never fires, even APR has only 30 days",
      "`L` is the last day of a month" },
    { TEXT("0 0 L-29 2 *"), 4, 4,
      "day field: never fires, FEB has only 29 days",
      "`L` is the last day of a month" },
    { TEXT("* * * * *\n"), 9, 1, "a line break (U+000A)",
      "an expression is one line" },
    { TEXT("* * * * *\0"), 9, 1, "a NUL byte (U+0000)", "leave it out" },
    { TEXT("\0"), 0, 1, "a NUL byte (U+0000)", "leave it out" },
    { TEXT("* * * * 1\x7f"), 9, 1, "U+007F has no meaning here", "" },
    { TEXT("* * * * 1\x80"), 9, 1, "byte 0x80 is not ASCII", "" },
    { TEXT("* * * * \xe2\x80"), 8, 1, "byte 0xE2 is not ASCII", "" },
    { TEXT("\xef\xbb\xbf* * * * *"), 0, 3, "a byte order mark (U+FEFF)",
      "leave it out" },
    { TEXT("*\xc2\xa0* * * *"), 1, 2, "a no-break space (U+00A0)",
      "write a plain space" },
    { TEXT("* * * * 1\xe2\x80\x93"
           "5"),
      9, 3, "a dash, but no plain one (U+2013)", "write `-`" },
    { TEXT("* * * * 1\xe2\x88\x92"
           "5"),
      9, 3, "a minus sign, but no plain one (U+2212)", "write `-`" },
    { TEXT("\xd9\xa3 * * * *"), 0, 2, "an Arabic digit (U+0663)",
      "write it as one of 0-9" },
    { TEXT("\xef\xbc\x95 * * * *"), 0, 3, "a wide digit (U+FF15)",
      "write it as one of 0-9" },
    { TEXT("* * * * \xf0\x9f\x8c\x99"), 8, 4, "U+1F319 has no meaning here",
      "" },
    { TEXT("* * * * 1\xc3("), 9, 1, "byte 0xC3 is not ASCII", "" },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cron cron;
        struct cron_fault f;
        if (cron_parse(bad[i].text, bad[i].len, &cron, &f))
            fail_msg("\"%s\" was taken", bad[i].text);
        if (f.column != bad[i].column || f.width != bad[i].width ||
            strcmp(f.message, bad[i].message) != 0 ||
            strcmp(f.hint, bad[i].hint) != 0)
            fail_msg("\"%s\": %u, %u, \"%s\", \"%s\"", bad[i].text, f.column,
                     f.width, f.message, f.hint);
    }
}

/* The length counts, and it has a limit. */
static void test_length(void **state)
{
    (void)state;
    static char text[5000];
    struct cron cron;
    struct cron_fault fault;
    assert_true(cron_parse("1 2 3 4 55", 9, &cron, &fault));
    assert_int_equal(cron.weekdays, 1 << 5);

    memset(text, ' ', sizeof text);
    memcpy(text + CRON_TEXT_MAX - 9, "* * * * *", 9);
    assert_true(cron_parse(text, CRON_TEXT_MAX, &cron, &fault));
    assert_false(cron_parse(text, sizeof text, &cron, &fault));
    assert_int_equal(fault.column, CRON_TEXT_MAX);
    assert_int_equal(fault.width, sizeof text - CRON_TEXT_MAX);
    assert_string_equal(fault.message, "an expression has at most 4096 bytes");

    memset(text, ',', CRON_TEXT_MAX);
    assert_false(cron_parse(text, CRON_TEXT_MAX, &cron, &fault));
    memcpy(text + CRON_TEXT_MAX - 8, " * * * *", 8);
    assert_false(cron_parse(text, CRON_TEXT_MAX, &cron, &fault));
    assert_string_equal(fault.message,
                        "minute field: a part of the list is empty");
    memset(text, '9', CRON_TEXT_MAX - 8);
    assert_false(cron_parse(text, CRON_TEXT_MAX, &cron, &fault));
    assert_int_equal(fault.width, CRON_TEXT_MAX - 8);
    assert_string_equal(fault.message,
                        "minute field: 999999999999999999999999... is out of "
                        "range 0-59");
    memset(text, '0', CRON_TEXT_MAX - 8);
    assert_true(cron_parse(text, CRON_TEXT_MAX, &cron, &fault));
    assert_int_equal(cron.minutes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
