/* Expressions in words, as other dialects spell them, and as a schedule file
 * would: one line a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/cli/cron_words.h"
#include "../../engine/cli/dialects.h"
#include "../../engine/cli/rewrite.h"
#include "mooncron/zones.h"

static struct cron parse(const char *expr)
{
    struct cron cron;
    struct cron_fault fault = { .message = "" };
    if (!cron_parse(expr, strlen(expr), &cron, &fault))
        fail_msg("%s: %s", expr, fault.message);
    return cron;
}

/* ---- words ---- */

static const struct {
    const char *expr, *words;
} phrases[] = {
    /* a few times are listed */
    { "30 2 * * *", "At 02:30 every day" },
    { "30 0 0 * * *", "At 00:00:30 every day" },
    { "0 0,12 * * *", "At 00:00 and 12:00 every day" },
    { "0 8,12,20 * * *", "At 08:00, 12:00 and 20:00 every day" },
    { "*/30 5,7,9 * * *",
      "At 05:00, 05:30, 07:00, 07:30, 09:00 and 09:30 every day" },
    /* even steps, around the clock and not */
    { "* * * * * *", "Every second" },
    { "* * * * *", "Every minute" },
    { "@hourly", "Every hour" },
    { "*/15 * * * *", "Every 15 minutes" },
    { "*/10 * * * * *", "Every 10 seconds" },
    { "0 */6 * * *", "Every 6 hours" },
    { "5 * * * *", "At 5 minutes past every hour" },
    { "30 5 * * * *", "At 5 minutes 30 seconds past every hour" },
    { "1-59/2 * * * *", "Every 2 minutes from 00:01 to 23:59" },
    { "* 2 * * *", "Every minute from 02:00 to 02:59 every day" },
    { "30 9-17 * * *", "Every hour from 09:30 to 17:30 every day" },
    { "*/15 9-17 * * MON-FRI",
      "Every 15 minutes from 09:00 to 17:45, Monday to Friday" },
    { "0 8-14/2 * * *", "Every 2 hours from 08:00 to 14:00 every day" },
    /* anything else, field by field */
    { "*/7 * * * *",
      "At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour" },
    { "0 9-12,14-18 * * *",
      "At minute 0 of hours 9 to 12 and 14 to 18 every day" },
    { "*/5 9-11,14-16 * * 1",
      "Every 5 minutes of hours 9 to 11 and 14 to 16 on every Monday" },
    { "*/30 1,3,8,9 * * *",
      "Every 30 minutes of hours 1, 3, 8 and 9 every day" },
    { "* 1,3,8,9 * * *", "Every minute of hours 1, 3, 8 and 9 every day" },
    { "0,1,5 0-9 1,4 * * *",
      "At seconds 0, 1 and 5 of minutes 0 to 9 of hours 1 and 4 every day" },
    { "* 5 1-3,7 * * *",
      "At every second of minute 5 of hours 1 to 3 and 7 every day" },
    /* days of the month */
    { "0 0 1 * *", "At 00:00 on the 1st of the month" },
    { "0 0 1,2,3,11,12,13 * *",
      "At 00:00 on the 1st to the 3rd and the 11th to the 13th of the month" },
    { "0 0 21,22,23,31 1 *",
      "At 00:00 on the 21st to the 23rd and the 31st of January" },
    { "0 0 L * *", "At 00:00 on the last day of the month" },
    { "0 0 L-1 * *", "At 00:00 on 1 day before the last day of the month" },
    { "0 0 15,L-3 * *",
      "At 00:00 on the 15th and 3 days before the last day of the month" },
    { "0 8 LW * *", "At 08:00 on the last weekday of the month" },
    { "0 8 15W * *", "At 08:00 on the weekday nearest the 15th of the month" },
    { "@yearly", "At 00:00 on the 1st of January" },
    { "0 0 1-31 * *", "At 00:00 every day" },
    /* days of the week */
    { "0 8 * * 1", "At 08:00 on every Monday" },
    { "0 8 * * 0,6", "At 08:00 on every Saturday and Sunday" },
    { "0 8 * * 5-7", "At 08:00, Friday to Sunday" },
    { "0 8 * * 1-3,6", "At 08:00, Monday to Wednesday and Saturday" },
    { "0 8 * * 0-6", "At 08:00 every day" },
    { "0 8 * * 5L", "At 08:00 on the last Friday of the month" },
    { "0 8 * * 1#2,3#5",
      "At 08:00 on the second Monday and the fifth Wednesday of the month" },
    { "0 8 * * 1,5L",
      "At 08:00 on every Monday and on the last Friday of the month" },
    { "*/15 * * * 1", "Every 15 minutes on every Monday" },
    /* months */
    { "0 8 * 6-8 *", "At 08:00 every day in June to August" },
    { "0 8 * 1,7 1", "At 08:00 on every Monday in January and July" },
    { "0 8 * 6 5L", "At 08:00 on the last Friday of June" },
    { "0 8 * 6 1,5L",
      "At 08:00 on every Monday in June and on the last Friday of June" },
    /* either of both */
    { "0 0 1 * 1", "At 00:00 on the 1st of the month and on every Monday "
                   "(either one)" },
    { "0 0 1 * 1-5", "At 00:00 on the 1st of the month and on Monday to "
                     "Friday (either one)" },
    { "0 0 13 6 5", "At 00:00 on the 13th of June and on every Friday in June "
                    "(either one)" },
    { "0 0 1-31 * 1", "At 00:00 every day" },
};

static void words_of_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        struct cron cron = parse(phrases[i].expr);
        struct text text;
        text_init(&text, 4096);
        cron_words(&cron, &text);
        if (strcmp(text.data, phrases[i].words) != 0)
            fail_msg("%s: \"%s\", wanted \"%s\"", phrases[i].expr, text.data,
                     phrases[i].words);
        text_close(&text);
    }
}

/* ---- dialects ---- */

/* Of crontab, croner, Quartz, systemd (in UTC) and Kubernetes; "-": none. The
 * spellings of systemd were confirmed by systemd-analyze, those of croner by
 * croner, over hundreds of random expressions. */
static const struct {
    const char *expr, *spellings[5];
} translations[] = {
    { "30 2 * * *",
      { "30 2 * * *", "30 2 * * *", "0 30 2 * * ?", "*-*-* 02:30:00 UTC",
        "30 2 * * *" } },
    { "*/15 9-17 * * MON-FRI",
      { "*/15 9-17 * * 1-5", "*/15 9-17 * * 1-5", "0 */15 9-17 ? * MON-FRI",
        "Mon..Fri *-*-* 09..17:00/15:00 UTC", "*/15 9-17 * * MON-FRI" } },
    { "*/10 * * * * *",
      { "-", "*/10 * * * * *", "*/10 * * * * ?", "*-*-* *:*:00/10 UTC", "-" } },
    /* a week that ends with Sunday */
    { "0 0 * * 5-7",
      { "0 0 * * 5-7", "0 0 * * 5-7", "0 0 0 ? * SUN,FRI,SAT",
        "Fri..Sun *-*-* 00:00:00 UTC", "0 0 * * SUN,FRI,SAT" } },
    /* both day fields: one line each where only one may be said */
    { "0 0 1 * 1",
      { "0 0 1 * 1", "0 0 1 * 1", "0 0 0 1 * ?\n0 0 0 ? * MON",
        "*-*-01 00:00:00 UTC\nMon *-*-* 00:00:00 UTC", "0 0 1 * MON" } },
    /* a star there would mean both days */
    { "0 0 */10 * 1",
      { "0 0 1-31/10 * 1", "0 0 1-31/10 * 1", "0 0 0 */10 * ?\n0 0 0 ? * MON",
        "*-*-01/10 00:00:00 UTC\nMon *-*-* 00:00:00 UTC",
        "0 0 1-31/10 * MON" } },
    { "0 0 1-31 * 1",
      { "0 0 * * *", "0 0 * * *", "0 0 0 * * ?", "*-*-* 00:00:00 UTC",
        "0 0 * * *" } },
    { "0 8 L-3 * *",
      { "-", "-", "0 0 8 L-3 * ?", "*-*~04 08:00:00 UTC", "-" } },
    { "0 8 L * *",
      { "-", "0 8 L * *", "0 0 8 L * ?", "*-*~01 08:00:00 UTC", "-" } },
    { "0 8 LW * *", { "-", "-", "0 0 8 LW * ?", "-", "-" } },
    { "0 8 * 3,9 5L",
      { "-", "0 8 * 3,9 5#L", "0 0 8 ? 3,9 6L", "Fri *-03,09~07/1 08:00:00 UTC",
        "-" } },
    { "0 8 * * 1#2,0#5",
      { "-", "0 8 * * 1#2,0#5", "0 0 8 ? * 2#2\n0 0 8 ? * 1#5",
        "Mon *-*-08..14 08:00:00 UTC\nSun *-*-29..31 08:00:00 UTC", "-" } },
    /* a star that only the seconds have, where there are none */
    { "*/60 5 3 * * *",
      { "5 3 * * *", "5 3 * * *", "0 5 3 * * ?", "*-*-* 03:05:00 UTC",
        "5 3 * * *" } },
    { "0 0 8 * * 1L,2L,3L,4L,5L,6L,1#1,2#1,3#1",
      { "-", "0 8 * * 1#1,2#1,3#1,1#L,2#L,3#L,4#L,5#L,6#L", "-", "-", "-" } },
};

static void other_dialects(void **state)
{
    (void)state;
    assert_int_equal(dialect_count, 5);
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++) {
        struct cron cron = parse(translations[i].expr);
        for (size_t d = 0; d < dialect_count; d++) {
            struct text text;
            text_init(&text, 4096);
            bool can = dialects[d].spell(&cron, "UTC", &text);
            const char *spelling = can ? text.data : "-";
            if (strcmp(spelling, translations[i].spellings[d]) != 0 ||
                (!can && text.len))
                fail_msg("%s for %s: \"%s\", wanted \"%s\"",
                         translations[i].expr, dialects[d].name, spelling,
                         translations[i].spellings[d]);
            text_close(&text);
        }
    }
}

/* ---- Lua ---- */

static const struct {
    const char *expr, *zone, *lua;
} declarations[] = {
    { "30 2 * * *", "Europe/Bucharest",
      "at = \"02:30\", timezone = \"Europe/Bucharest\"" },
    { "0 8,20 * * *", "UTC", "every = \"12h\", phase = \"8h\"" },
    { "0 8,20 * * *", "Europe/Bucharest",
      "at = { \"08:00\", \"20:00\" }, timezone = \"Europe/Bucharest\"" },
    { "15 0 7 * * *", "UTC", "at = \"07:00:15\"" },
    /* a lattice, where all offsets fit; else the wall clock is followed */
    { "*/15 * * * *", "Europe/Bucharest", "every = \"15m\"" },
    { "5-59/30 * * * *", "Asia/Kolkata", "every = \"30m\", phase = \"5m\"" },
    { "0 * * * *", "Europe/Bucharest", "every = \"1h\"" },
    { "0 * * * *", "Australia/Lord_Howe",
      "cron = \"0 * * * *\", timezone = \"Australia/Lord_Howe\"" },
    { "0 */2 * * *", "Europe/Bucharest",
      "cron = \"0 */2 * * *\", timezone = \"Europe/Bucharest\"" },
    /* even steps of fixed times do not go on through a fold */
    { "0 0-23 * * *", "Europe/Bucharest",
      "cron = \"0 0-23 * * *\", timezone = \"Europe/Bucharest\"" },
    { "0 0 * * MON", "UTC", "cron = \"0 0 * * 1\"" },
    { "0 0 * 6 *", "UTC", "cron = \"0 0 * 6 *\"" },
};

static void declarations_in_lua(void **state)
{
    (void)state;
    struct zones *zones = zones_new(NULL);
    for (size_t i = 0; i < sizeof declarations / sizeof declarations[0]; i++) {
        struct error error = { "" };
        struct zone *zone = zones_get(zones, declarations[i].zone, &error);
        const struct term term = { .kind = TERM_CRON,
                                   .text = declarations[i].expr };
        const struct rules_spec spec = { .terms = &term,
                                         .term_count = 1,
                                         .from = { EVER_MS },
                                         .until = { NEVER_MS } };
        assert_non_null(zone);
        struct rules *rules = rules_new(&spec, "", zone, &error);
        struct text text;
        text_init(&text, 4096);
        rewrite_lua(rules, (struct wall){ INT64_C(1795435651000) }, &text);
        assert_string_equal(text.data, declarations[i].lua);
        text_close(&text);
        rules_free(rules);
        zone_unref(zone);
    }
    zones_free(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_expressions),
        cmocka_unit_test(other_dialects),
        cmocka_unit_test(declarations_in_lua),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
