/* The protocol of a batch: a line in, a line out, whatever the line is. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/batch.h"
#include "mooncron/memory.h"
#include "mooncron/text.h"

static const struct wall now = { INT64_C(1767225600000) }; /* 2026-01-01 */

/* What a batch answers to these bytes; the caller frees it. */
static char *ask(const char *bytes, size_t len)
{
    struct error error = { "" };
    struct zones *zones = zones_new(NULL);
    FILE *in = tmpfile(), *out = tmpfile();
    assert_int_equal(fwrite(bytes, 1, len, in), len);
    rewind(in);
    if (!batch_answer(fileno(in), fileno(out), zones, now, &error))
        fail_msg("%s", error.text);
    fseek(out, 0, SEEK_END);
    long size = ftell(out);
    char *answer = memory_new((size_t)size + 1);
    rewind(out);
    assert_int_equal(fread(answer, 1, (size_t)size, out), size);
    fclose(in);
    fclose(out);
    zones_free(zones);
    return answer;
}

static void assert_answer(const char *line, const char *wanted)
{
    char *answer = ask(line, strlen(line));
    assert_string_equal(answer, wanted);
    free(answer);
}

/* ---- lines ---- */

#define BAD_FROM                                                               \
    "{\"id\":1,\"error\":\"from: wants a time such as "                        \
    "\\\"2026-01-01T00:00:00Z\\\", not "

static const struct {
    const char *line, *answer;
} lines[] = {
    { "{\"id\": 1, \"expr\": \"30 2 * * *\", \"tz\": \"Europe/Bucharest\", "
      "\"from\": \"2026-01-01T00:00:00Z\", \"n\": 2}",
      "{\"id\":1,\"next\":[\"2026-01-01T00:30:00Z\",\"2026-01-02T00:30:00Z\"]}"
      "\n" },
    /* defaults: UTC, now, one */
    { "{\"expr\":\"@daily\"}",
      "{\"id\":null,\"next\":[\"2026-01-02T00:00:00Z\"]}\n" },
    { "{\"id\":1,\"expr\":\"0 3 * * *\",\"previous\":true,\"n\":2}",
      "{\"id\":1,\"previous\":[\"2025-12-31T03:00:00Z\","
      "\"2025-12-30T03:00:00Z\"]}\n" },
    /* strictly after, strictly before */
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"previous\":true}",
      "{\"id\":1,\"previous\":[\"2025-12-31T00:00:00Z\"]}\n" },
    /* any id comes back */
    { "{\"id\":{\"a\":[1,2.5,true,null,\"\\u0000\\n\xc3\xa9\"]},"
      "\"expr\":\"0 0 * * *\"}",
      "{\"id\":{\"a\":[1,2.5,true,null,\"\\u0000\\n\xc3\xa9\"]},"
      "\"next\":[\"2026-01-02T00:00:00Z\"]}\n" },
    /* the ends of time */
    { "{\"id\":1,\"expr\":\"0 5 * * *\",\"from\":\"0001-01-01T00:00:00Z\"}",
      "{\"id\":1,\"next\":[\"0001-01-01T05:00:00Z\"]}\n" },
    { "{\"id\":1,\"expr\":\"0 5 * * *\",\"from\":\"0001-01-01T00:00:00Z\","
      "\"previous\":true}",
      "{\"id\":1,\"previous\":[]}\n" },
    { "{\"id\":1,\"expr\":\"0 5 * * *\",\"from\":\"9999-12-30T05:00:00Z\","
      "\"n\":3}",
      "{\"id\":1,\"next\":[\"9999-12-31T05:00:00Z\"]}\n" },
    { "{\"id\":1,\"expr\":\"* * * * *\",\"from\":\"2016-12-31T23:59:60Z\"}",
      "{\"id\":1,\"next\":[\"2017-01-01T00:01:00Z\"]}\n" },
    { "{\"id\":1,\"expr\":\"* * * * *\",\"from\":1000000000000000000}",
      BAD_FROM "a value that is no text\"}\n" },
    { "{\"id\":1,\"expr\":\"* * * * *\",\"from\":\"1000000000000000000\"}",
      BAD_FROM "\\\"1000000000000000000\\\"\"}\n" },
    { "{\"id\":1,\"expr\":\"* * * * *\",\"from\":\"-0001-01-01T00:00:00Z\"}",
      BAD_FROM "\\\"-0001-01-01T00:00:00Z\\\"\"}\n" },
    /* expressions */
    { "{\"id\":1,\"expr\":\"0 25 * * *\"}",
      "{\"id\":1,\"error\":\"expr, column 3: hour field: 25 is out of range "
      "0-23\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\\u0000\"}",
      "{\"id\":1,\"error\":\"expr, column 10: a NUL byte (U+0000); leave it "
      "out\"}\n" },
    { "{\"id\":1,\"expr\":7}", "{\"id\":1,\"error\":\"expr: wants a text such "
                               "as \\\"30 2 * * *\\\"\"}\n" },
    { "{\"id\":1}", "{\"id\":1,\"error\":\"expr: it is missing\"}\n" },
    /* zones */
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"tz\":\"Europe/Bukarest\"}",
      "{\"id\":1,\"error\":\"tz: zone Europe/Bukarest: there is no such zone; "
      "did you mean \\\"Europe/Bucharest\\\"?\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"tz\":\"../../etc/passwd\"}",
      "{\"id\":1,\"error\":\"tz: zone \\\"../../etc/passwd\\\" is a path: "
      "write "
      "the name only, as in `Europe/Bucharest`\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"tz\":\"UTC\\u0000\"}",
      "{\"id\":1,\"error\":\"tz: wants a name such as "
      "\\\"Europe/Bucharest\\\"\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"tz\":null}",
      "{\"id\":1,\"error\":\"tz: wants a name such as "
      "\\\"Europe/Bucharest\\\"\"}\n" },
    /* the rest */
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"n\":0}",
      "{\"id\":1,\"error\":\"n: wants a whole number from 1 to 1000\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"n\":1001}",
      "{\"id\":1,\"error\":\"n: wants a whole number from 1 to 1000\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"n\":4294967297}",
      "{\"id\":1,\"error\":\"n: wants a whole number from 1 to 1000\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"n\":1.5}",
      "{\"id\":1,\"error\":\"n: wants a whole number from 1 to 1000\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"previous\":1}",
      "{\"id\":1,\"error\":\"previous: wants true or false\"}\n" },
    { "{\"id\":1,\"expr\":\"0 0 * * *\",\"zo\\u00e9\\n\":1}",
      "{\"id\":1,\"error\":\"unknown field \\\"zo???\\\"; there are id, expr, "
      "tz, from, n, previous\"}\n" },
    /* what is no request */
    { "[1]", "{\"id\":null,\"error\":\"line 1 is no JSON object\"}\n" },
    { "{\"id\":1,\"id\":2}", "{\"id\":null,\"error\":\"line 1 is no JSON "
                             "object: duplicate object key near "
                             "'\\\"id\\\"'\"}\n" },
    { "", "" },
    { "\n \t\r\n", "" },
};

static void each_line_has_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_answer(lines[i].line, lines[i].answer);
}

static void a_bad_line_does_not_end_it(void **state)
{
    (void)state;
    assert_answer("nonsense\n\n{\"id\":2,\"expr\":\"0 0 * * *\"}\r\n{\"id\":3",
                  "{\"id\":null,\"error\":\"line 1 is no JSON object: '[' or "
                  "'{' expected near 'nonsense'\"}\n"
                  "{\"id\":2,\"next\":[\"2026-01-02T00:00:00Z\"]}\n"
                  "{\"id\":null,\"error\":\"line 4 is no JSON object: '}' "
                  "expected near end of file\"}\n");
}

static void add_request(struct text *text, const char *expr)
{
    text_printf(text, "{\"id\":1,\"expr\":\"%s\"}\n", expr);
}

/* A line of a megabyte is refused, and the next one is read. */
static void a_long_line_is_refused(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 4 << 20);
    text_puts(&text, "{\"id\":0,\"expr\":\"");
    text_fill(&text, ',', 1 << 20);
    text_puts(&text, "\"}\n");
    add_request(&text, "0 0 * * *");
    char *answer = ask(text.data, text.len);
    assert_string_equal(answer,
                        "{\"id\":null,\"error\":\"line 1 is longer than 65536 "
                        "bytes\"}\n"
                        "{\"id\":1,\"next\":[\"2026-01-02T00:00:00Z\"]}\n");
    free(answer);
    text_close(&text);
}

static void commas_are_refused(void **state)
{
    (void)state;
    struct text text;
    char commas[4097];
    memset(commas, ',', 4096);
    commas[4096] = '\0';
    text_init(&text, 1 << 16);
    add_request(&text, commas);
    char *answer = ask(text.data, text.len);
    assert_non_null(strstr(answer, "\"error\":\"expr, column 1: 1 field"));
    free(answer);
    text_close(&text);
}

/* More than fits in any buffer, both ways, and all of it is there. */
static void many_requests(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct text text;
    text_init(&text, 8 << 20);
    for (int i = 0; i < MANY; i++)
        text_printf(&text, "{\"id\":%d,\"expr\":\"*/5 * * * *\",\"n\":20}\n",
                    i);
    char *answers = ask(text.data, text.len), *rest = answers;
    for (int i = 0; i < MANY; i++) {
        char begin[64];
        const char *line = strsep(&rest, "\n");
        int len = snprintf(begin, sizeof begin, "{\"id\":%d,\"next\":[", i);
        assert_memory_equal(line, begin, (size_t)len);
        assert_string_equal(line + strlen(line) - 24,
                            "\"2026-01-01T01:40:00Z\"]}");
    }
    assert_string_equal(rest, "");
    free(answers);
    text_close(&text);
}

/* ---- conversation ---- */

/* Another process that answers a batch; the ends of two pipes to it. */
struct partner {
    pid_t pid;
    int to, from;
};

static struct partner partner_start(void)
{
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct error error;
        struct zones *zones = zones_new(NULL);
        close(to[1]);
        close(from[0]);
        signal(SIGPIPE, SIG_IGN);
        bool good = batch_answer(to[0], from[1], zones, now, &error);
        zones_free(zones);
        _exit(good ? 0 : 1);
    }
    close(to[0]);
    close(from[1]);
    return (struct partner){ pid, to[1], from[0] };
}

static int partner_end(const struct partner *partner)
{
    int status;
    close(partner->to);
    assert_int_equal(waitpid(partner->pid, &status, 0), partner->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whoever waits for an answer before asking on gets it; else this is killed
 * before long. */
static void answers_do_not_wait_for_the_end(void **state)
{
    (void)state;
    alarm(30);
    struct partner partner = partner_start();
    const char request[] = "{\"id\":1,\"expr\":\"0 0 * * *\"}\n";
    for (int i = 0; i < 3; i++) {
        char answer[64] = "";
        assert_int_equal(write(partner.to, request, 10), 10);
        assert_int_equal(write(partner.to, request + 10, sizeof request - 11),
                         sizeof request - 11);
        assert_true(read(partner.from, answer, sizeof answer - 1) > 0);
        assert_string_equal(answer,
                            "{\"id\":1,\"next\":[\"2026-01-02T00:00:00Z\"]}\n");
    }
    assert_int_equal(partner_end(&partner), 0);
    close(partner.from);
    alarm(0);
}

static void nobody_reads_the_answers(void **state)
{
    (void)state;
    struct partner partner = partner_start();
    close(partner.from);
    const char request[] = "{\"id\":1,\"expr\":\"0 0 * * *\"}\n";
    assert_true(write(partner.to, request, sizeof request - 1) > 0);
    assert_int_equal(partner_end(&partner), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_has_its_answer),
        cmocka_unit_test(a_bad_line_does_not_end_it),
        cmocka_unit_test(a_long_line_is_refused),
        cmocka_unit_test(commas_are_refused),
        cmocka_unit_test(many_requests),
        cmocka_unit_test(answers_do_not_wait_for_the_end),
        cmocka_unit_test(nobody_reads_the_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
