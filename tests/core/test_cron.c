/* Expressions are read, and printed so that they are read the same again. */
#include "mooncron/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "expression.h"
#include "mooncron/text.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
