/* Cron expressions are read, printed and asked for their days and times, next
 * to a second opinion that knows no bit sets: it holds the expression as it was
 * made up, and looks at each day and each second. */
#include "mooncron/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mooncron/civil.h"
#include "mooncron/text.h"
#include "story.h"

#define DAY_S 86400

static const struct {
    const char *text, *printed;
} good[] = {
    { "* * * * *", "* * * * *" },
    { "  *\t*  * * *\t ", "* * * * *" },
    { "* * * * * *", "* * * * * *" },
    { "0 * * * * *", "0 * * * * *" },
    { "*/5 * * * *", "*/5 * * * *" },
    { "*/1 */1 * */1 *", "* * * * *" },
    { "5/15 * * * *", "5-50/15 * * * *" },
    { "05 007 * * *", "5 7 * * *" },
    { "0,30 9-17 * * 1-5", "0,30 9-17 * * 1-5" },
    { "30,0 * * * *", "*/30 * * * *" },
    { "0-59/15 0-23 * * *", "0-45/15 0-23 * * *" },
    { "10-20/60 1 * * *", "10 1 * * *" },
    { "0 22-23,0-6 * * *", "0 0-6,22,23 * * *" },
    { "*/10,5 1 * * *", "*/10,5 1 * * *" },
    { "5,*/10 1 * * *", "0,5,10,20,30,40,50 1 * * *" },
    { "*/60 4 * * *", "*/60 4 * * *" },
    { "*/60 */24 * * *", "*/60 0 * * *" },
    { "0 0 1 JAN *", "0 0 1 1 *" },
    { "0 0 1 jan,Mar-may *", "0 0 1 1,3-5 *" },
    { "0 0 1 JAN-DEC/3 *", "0 0 1 */3 *" },
    { "0 0 * * MON-FRI", "0 0 * * 1-5" },
    { "0 0 * * FRI-SUN", "0 0 * * 5-7" },
    { "0 0 * * 5-7", "0 0 * * 5-7" },
    { "0 0 * * 6-sun", "0 0 * * 0,6" },
    { "0 0 * * 7", "0 0 * * 0" },
    { "0 0 * * 0-7", "0 0 * * 0-6" },
    { "0 0 * * SUN-SUN", "0 0 * * 0" },
    { "0 0 * * 7-SUN", "0 0 * * 0" },
    { "0 0 * * SUN-TUE", "0 0 * * 0-2" },
    { "0 0 * * 1-7/2", "0 0 * * 0,1,3,5" },
    { "0 0 ? * ?", "0 0 * * *" },
    { "0 0 ? * MON", "0 0 * * 1" },
    { "0 0 1-31 * *", "0 0 1-31 * *" },
    { "0 0 */1 * *", "0 0 1-31 * *" },
    { "0 0 */2 * *", "0 0 */2 * *" },
    { "0 0 */2 * 1", "0 0 */2 * 1" },
    { "0 0 1-31/2 * 1", "0 0 1-31/2 * 1" },
    { "0 0 1 * */2", "0 0 1 * */2" },
    { "0 0 *,5 * */1", "0 0 */1 * 0-6" },
    { "0 0 */31 * 0-6", "0 0 1 * */1" },
    { "0 0 L * *", "0 0 L * *" },
    { "0 0 L-3 * *", "0 0 L-3 * *" },
    { "0 0 L-30 1 *", "0 0 L-30 1 *" },
    { "0 0 LW * *", "0 0 LW * *" },
    { "0 0 lw,l,l-10,31w,15w,1 * *", "0 0 1,15W,31W,LW,L,L-10 * *" },
    { "0 0 * * 5L", "0 0 * * 5L" },
    { "0 0 * * FRIL,fril,7L", "0 0 * * 0L,5L" },
    { "0 0 * * FRI#2,SUN#5,7#1", "0 0 * * 0#1,5#2,0#5" },
    { "0 0 * * 1,2#3,3L", "0 0 * * 1,2#3,3L" },
    { "0 0 29 2 *", "0 0 29 2 *" },
    { "0 0 L-28 2 *", "0 0 L-28 2 *" },
    { "0 0 30 2 MON", "0 0 30 2 1" },
    { "0 0 30 2,3 *", "0 0 30 2,3 *" },
    { "0 0 31 */2 *", "0 0 31 */2 *" },
    { "@yearly", "0 0 1 1 *" },
    { "@annually", "0 0 1 1 *" },
    { "@monthly", "0 0 1 * *" },
    { "@weekly", "0 0 * * 0" },
    { "@daily", "0 0 * * *" },
    { "@midnight", "0 0 * * *" },
    { " @hourly\t", "0 * * * *" },
};

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

static struct cron parsed(const char *text)
{
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse(text, strlen(text), &cron, &fault))
        fail_msg("\"%s\": %s", text, fault.message);
    return cron;
}

static bool same(const struct cron *a, const struct cron *b)
{
    return a->seconds == b->seconds && a->minutes == b->minutes &&
           a->hours == b->hours && a->days == b->days &&
           a->days_last == b->days_last && a->days_near == b->days_near &&
           a->months == b->months && a->weekdays == b->weekdays &&
           a->weekdays_last == b->weekdays_last &&
           !memcmp(a->weekdays_nth, b->weekdays_nth, sizeof a->weekdays_nth) &&
           a->days_restricted == b->days_restricted &&
           a->weekdays_restricted == b->weekdays_restricted &&
           a->has_seconds == b->has_seconds && a->wildcard == b->wildcard &&
           a->starred == b->starred;
}

/* Prints, and reads what was printed: it is the same, and stays as it is. */
static void check_round_trip(const struct cron *cron, const char *text,
                             struct text *printed)
{
    text_clear(printed);
    cron_print(cron, printed);
    struct cron again = parsed(printed->data);
    if (printed->cut || !same(cron, &again))
        fail_msg("\"%s\" became \"%s\"", text, printed->data);
}

static void test_good(void **state)
{
    (void)state;
    struct text printed;
    text_init(&printed, CRON_TEXT_MAX);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct cron cron = parsed(good[i].text);
        check_round_trip(&cron, good[i].text, &printed);
        if (strcmp(printed.data, good[i].printed) != 0)
            fail_msg("\"%s\": \"%s\"", good[i].text, printed.data);
    }
    text_close(&printed);
}

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

/* Sets, flags and what a fault leaves alone. */
static void test_flags(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool wildcard, starred, days, weekdays;
    } cases[] = {
        { "* * * * *", true, false, false, false },
        { "0 0 * * *", false, false, false, false },
        { "0-59 0-23 * * *", false, false, false, false },
        { "0,*/2 0 * * *", false, false, false, false },
        { "*/2 0 * * *", true, false, false, false },
        { "0 */2 * * *", true, false, false, false },
        { "* 0 0 * * *", true, false, false, false },
        { "0 0 0 * * *", false, false, false, false },
        { "0 0 ? * 1", false, false, false, true },
        { "0 0 1 * ?", false, false, true, false },
        { "0 0 */2 * *", false, false, true, false },
        { "0 0 */2 * 1", false, true, true, true },
        { "0 0 1 * */2", false, true, true, true },
        { "0 0 *,1 * 1", false, true, true, true },
        { "0 0 1,*/2 * 1", false, false, true, true },
        { "0 0 1 * 1", false, false, true, true },
        { "0 0 L * *", false, false, true, false },
        { "0 0 * * 1#1", false, false, false, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cron cron = parsed(cases[i].text);
        if (cron.wildcard != cases[i].wildcard ||
            cron.starred != cases[i].starred ||
            cron.days_restricted != cases[i].days ||
            cron.weekdays_restricted != cases[i].weekdays)
            fail_msg("\"%s\"", cases[i].text);
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

/* The second opinion. An expression is made up as a story of parts, from which
 * its text is written and each day and second is judged. */

enum kind {
    STAR,
    STEPS, /* of a star */
    VALUE,
    RANGE,     /* with steps, where there is more than one */
    OPEN,      /* a/s */
    LAST,      /* L-n, of the month; nL, of the week */
    LAST_WORK, /* LW */
    NEAR,      /* nW */
    NTH,       /* n#k */
};

enum { SECOND_FIELD, MINUTE_FIELD, HOUR_FIELD, DAY_FIELD, MONTH_FIELD, WEEK };

#define PARTS_MAX 4

struct made_part {
    enum kind kind;
    int64_t a, b, step;
};

struct made_field {
    struct made_part parts[PARTS_MAX];
    int count;
};

struct made {
    struct made_field fields[6];
    bool has_seconds;
};

static const int64_t mins[6] = { 0, 0, 0, 1, 1, 0 };
static const int64_t maxs[6] = { 59, 59, 23, 31, 12, 6 };

static struct made_part make_part(uint64_t *seed, int field)
{
    static const enum kind kinds[6][6] = {
        [SECOND_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [MINUTE_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [HOUR_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [DAY_FIELD] = { STEPS, VALUE, RANGE, LAST, LAST_WORK, NEAR },
        [MONTH_FIELD] = { STEPS, VALUE, VALUE, RANGE, RANGE, OPEN },
        [WEEK] = { STEPS, VALUE, VALUE, RANGE, LAST, NTH },
    };
    int64_t top = maxs[field] + (field == WEEK);
    int64_t a = story_between(seed, mins[field], top);
    int64_t size = maxs[field] - mins[field] + 1;
    struct made_part part = {
        .kind = kinds[field][story_between(seed, 0, 5)],
        .a = a,
        .b = story_between(seed, a, top),
        .step = story_between(seed, 1, story_between(seed, 1, size)),
    };
    if (part.kind == LAST && field == DAY_FIELD)
        part.a = a - 1;
    if (part.kind == NTH)
        part.b = story_between(seed, 1, 5);
    return part;
}

static struct made_field make_field(uint64_t *seed, int field)
{
    struct made_field made = { .count = (int)story_between(seed, 1, 4) };
    if (story_between(seed, 1, 3) == 1)
        return (struct made_field){ .parts = { { .kind = STAR } }, .count = 1 };
    if (story_between(seed, 1, 2) == 1)
        made.count = 1;
    for (int i = 0; i < made.count; i++)
        made.parts[i] = make_part(seed, field);
    return made;
}

static struct made make(uint64_t *seed)
{
    struct made made = { .has_seconds = story_between(seed, 1, 2) == 1 };
    for (int i = 0; i < 6; i++)
        made.fields[i] = make_field(seed, i);
    return made;
}

/* A number, or now and then its name. */
static void write_value(struct text *out, int field, int64_t n, int64_t coin)
{
    if (field == MONTH_FIELD && coin == 1)
        text_puts(out, cron_month_names[n - 1]);
    else if (field == WEEK && coin == 1 && n < 7)
        text_puts(out, cron_weekday_names[n]);
    else
        text_printf(out, "%lld", (long long)n);
}

static void write_part(struct text *out, int field, const struct made_part *p,
                       int64_t coin)
{
    if (p->kind == STAR || p->kind == STEPS)
        text_putc(out, '*');
    else if (p->kind == LAST && field == DAY_FIELD)
        text_putc(out, 'L');
    else if (p->kind == LAST_WORK)
        text_puts(out, "LW");
    else
        write_value(out, field, p->a, coin);

    if (p->kind == RANGE)
        text_putc(out, '-'), write_value(out, field, p->b, p->b != 0 && coin);
    if (p->kind == LAST && field == WEEK)
        text_putc(out, 'L');
    if (p->kind == LAST && field == DAY_FIELD && p->a)
        text_printf(out, "-%lld", (long long)p->a);
    if (p->kind == NEAR)
        text_putc(out, 'W');
    if (p->kind == NTH)
        text_printf(out, "#%lld", (long long)p->b);
    if (p->kind == STEPS || p->kind == OPEN ||
        (p->kind == RANGE && p->step > 1))
        text_printf(out, "/%lld", (long long)p->step);
}

static void write_made(struct text *out, const struct made *made,
                       uint64_t *seed)
{
    text_clear(out);
    for (int i = made->has_seconds ? 0 : 1; i < 6; i++) {
        for (int k = 0; k < made->fields[i].count; k++) {
            if (k)
                text_putc(out, ',');
            write_part(out, i, &made->fields[i].parts[k],
                       story_between(seed, 0, 1));
        }
        if (i < WEEK)
            text_putc(out, ' ');
    }
}

static bool between(int64_t n, int64_t from, int64_t to, int64_t step)
{
    return n >= from && n <= to && (n - from) % step == 0;
}

/* Is the number in the field, what is special of days aside? */
static bool has_number(const struct made *made, int field, int64_t n)
{
    for (int i = 0; i < made->fields[field].count; i++) {
        const struct made_part *p = &made->fields[field].parts[i];
        if ((p->kind == STAR) ||
            (p->kind == STEPS &&
             between(n, mins[field], maxs[field], p->step)) ||
            (p->kind == VALUE && n == p->a) ||
            (p->kind == RANGE && between(n, p->a, p->b, p->step)) ||
            (p->kind == OPEN && between(n, p->a, maxs[field], p->step)))
            return true;
    }
    return false;
}

struct date {
    int32_t year;
    unsigned month;
    int64_t day, length;
};

static int64_t weekday_of(const struct date *date, int64_t day)
{
    int64_t days = civil_days(date->year, date->month, 1) + day - 1;
    return ((days + 4) % 7 + 7) % 7;
}

static bool is_workday(const struct date *date, int64_t day)
{
    int64_t weekday = weekday_of(date, day);
    return day >= 1 && day <= date->length && weekday >= 1 && weekday <= 5;
}

/* The workday next to a day, which nobody is as near to as a Friday or a
 * Monday: there are no ties. */
static int64_t nearest_workday(const struct date *date, int64_t day)
{
    for (int64_t away = 0;; away++) {
        if (is_workday(date, day - away))
            return day - away;
        if (is_workday(date, day + away))
            return day + away;
    }
}

static bool is_special_day(const struct made_part *p, const struct date *date)
{
    switch (p->kind) {
    case LAST:
        return date->day == date->length - p->a;
    case LAST_WORK:
        return date->day == nearest_workday(date, date->length);
    case NEAR:
        return p->a <= date->length && date->day == nearest_workday(date, p->a);
    default:
        return false;
    }
}

static bool is_special_weekday(const struct made_part *p,
                               const struct date *date)
{
    if (weekday_of(date, date->day) != p->a % 7)
        return false;
    if (p->kind == LAST)
        return date->day + 7 > date->length;
    return p->kind == NTH && (date->day + 6) / 7 == p->b;
}

static bool matches_day(const struct made *made, const struct date *date)
{
    const struct made_field *field = &made->fields[DAY_FIELD];
    bool matches = has_number(made, DAY_FIELD, date->day);
    for (int i = 0; i < field->count; i++)
        matches |= is_special_day(&field->parts[i], date);
    return matches;
}

static bool matches_weekday(const struct made *made, const struct date *date)
{
    const struct made_field *field = &made->fields[WEEK];
    int64_t weekday = weekday_of(date, date->day);
    bool matches = has_number(made, WEEK, weekday) ||
                   (weekday == 0 && has_number(made, WEEK, 7));
    for (int i = 0; i < field->count; i++)
        matches |= is_special_weekday(&field->parts[i], date);
    return matches;
}

static bool is_bare(const struct made_field *field)
{
    return field->count == 1 && field->parts[0].kind == STAR;
}

static bool matches_date(const struct made *made, const struct date *date)
{
    bool any_day = is_bare(&made->fields[DAY_FIELD]);
    bool any_weekday = is_bare(&made->fields[WEEK]);
    if (!has_number(made, MONTH_FIELD, date->month))
        return false;
    if (any_day)
        return any_weekday || matches_weekday(made, date);
    return matches_day(made, date) ||
           (!any_weekday && matches_weekday(made, date));
}

static uint32_t slow_days(const struct made *made, int32_t year, unsigned month)
{
    struct date date = { .year = year, .month = month };
    uint32_t days = 0;
    date.length = (month == 12 ? civil_days(year + 1, 1, 1)
                               : civil_days(year, month + 1, 1)) -
                  civil_days(year, month, 1);
    for (date.day = 1; date.day <= date.length; date.day++)
        if (matches_date(made, &date))
            days |= 1u << date.day;
    return days;
}

static void check_days(const struct made *made, const struct cron *cron,
                       const char *text, int32_t year)
{
    for (unsigned month = 1; month <= 12; month++) {
        uint32_t days = cron_days(cron, year, month);
        uint32_t slow = slow_days(made, year, month);
        if (days != slow)
            fail_msg("\"%s\" in %d-%02u: %08x, but it is %08x", text, (int)year,
                     month, days, slow);
    }
}

/* What is refused as never firing does not fire in years of each kind. */
static void check_never(const struct made *made, const struct cron_fault *fault,
                        const char *text)
{
    if (!strstr(fault->message, "never fires"))
        fail_msg("\"%s\": %s", text, fault->message);
    for (int32_t year = 2000; year < 2028; year++)
        for (unsigned month = 1; month <= 12; month++)
            if (slow_days(made, year, month))
                fail_msg("\"%s\" fires in %d-%02u", text, (int)year, month);
}

/* Leap years, centuries, the edges, and years of each weekday by the seed. */
static void test_chance(void **state)
{
    (void)state;
    static const int32_t years[] = { 1,    4,    100,  400,  1600, 1900,
                                     1970, 2000, 2023, 2024, 2026, 2100,
                                     2400, 4000, 9996, 9999, 0,    -4 };
    struct text text, printed;
    text_init(&text, CRON_TEXT_MAX);
    text_init(&printed, CRON_TEXT_MAX);
    uint64_t seed = 17;
    for (int i = 0; i < 25000; i++) {
        struct made made = make(&seed);
        struct cron cron;
        struct cron_fault fault;
        write_made(&text, &made, &seed);
        if (!cron_parse(text.data, text.len, &cron, &fault)) {
            check_never(&made, &fault, text.data);
            continue;
        }
        check_round_trip(&cron, text.data, &printed);
        check_days(&made, &cron, text.data, years[i % 18]);
        check_days(&made, &cron, text.data,
                   (int32_t)story_between(&seed, 1, 9999));
    }
    text_close(&text);
    text_close(&printed);
}

static bool matches_second(const struct made *made, int32_t second)
{
    bool this_second = made->has_seconds
                           ? has_number(made, SECOND_FIELD, second % 60)
                           : second % 60 == 0;
    return this_second && has_number(made, MINUTE_FIELD, second / 60 % 60) &&
           has_number(made, HOUR_FIELD, second / 3600);
}

/* Second by second, from the first to the last and back. */
static void check_times(const struct made *made, const struct cron *cron,
                        const char *text)
{
    static bool is_time[DAY_S];
    int32_t last = -1, next = -1;
    uint32_t before = 0;
    for (int32_t s = 0; s < DAY_S; s++) {
        is_time[s] = matches_second(made, s);
        last = is_time[s] ? s : last;
        if (cron_time_last(cron, s) != last ||
            cron_times_before(cron, s) != before)
            fail_msg("\"%s\": last or count at %d", text, (int)s);
        before += is_time[s];
    }
    if (cron_times(cron) != before || cron_times_before(cron, DAY_S) != before)
        fail_msg("\"%s\": %u times, but there are %u", text, cron_times(cron),
                 before);
    for (int32_t s = DAY_S - 1; s >= 0; s--) {
        next = is_time[s] ? s : next;
        if (cron_time_next(cron, s) != next)
            fail_msg("\"%s\": next at %d", text, (int)s);
    }
}

static void test_times(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, CRON_TEXT_MAX);
    uint64_t seed = 23;
    for (int i = 0; i < 60; i++) {
        struct made made = make(&seed);
        made.fields[DAY_FIELD] = made.fields[MONTH_FIELD] =
            (struct made_field){ .parts = { { .kind = STAR } }, .count = 1 };
        write_made(&text, &made, &seed);
        struct cron cron = parsed(text.data);
        check_times(&made, &cron, text.data);
    }
    text_close(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
        cmocka_unit_test(test_flags),  cmocka_unit_test(test_length),
        cmocka_unit_test(test_chance), cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
