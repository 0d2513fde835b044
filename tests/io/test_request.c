/* Raw heads of requests, one line a case, each fed whole and byte by byte. */
#include "../../engine/io/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READY 0
#define MORE  (-1)
#define LINE  "POST /webhook/settings-changed HTTP/1.1\r\n"
#define GET   "GET / HTTP/1.1\r\n"
#define HOST  "Host: a\r\n"

/* What must come of the bytes: READY, MORE, or the status of a refusal. */
static const struct {
    const char *bytes;
    int wanted;
} cases[] = {
    /* good ones */
    { GET HOST "\r\n", READY },
    { "GET / HTTP/1.0\r\n" HOST "\r\n", READY },
    { LINE HOST "Content-Length: 2\r\n\r\n{}", READY },
    { LINE HOST "content-length:2\r\n\r\n{}", READY },
    { LINE HOST "Content-Length: \t 2 \t\r\n\r\n{}", READY },
    { LINE HOST "Content-Length: 0002\r\n\r\n{}", READY },
    { LINE HOST "Content-Length: 65536\r\n\r\n", READY },
    { "GET /a?b=c&d=%20 HTTP/1.1\r\n" HOST "\r\n", READY },
    { GET "Host: [::1]:3001\r\n\r\n", READY },
    { GET "host: example.org:80\r\n\r\n", READY },
    { GET HOST "X-Empty:\r\n\r\n", READY },
    { GET HOST "X-Latin: caf\xe9\r\n\r\n", READY },
    { GET HOST "X-Tab: a\tb\r\n\r\n", READY },
    { GET HOST "Expect: 100-continue\r\n\r\n", READY },
    { GET HOST "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5\r\n\r\n",
      READY },
    { GET HOST "Accept: a\r\nAccept: b\r\n\r\n", READY },
    { GET HOST "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n", READY },
    { "OPTIONS / HTTP/1.1\r\n" HOST "\r\n", READY },
    /* not whole yet */
    { "", MORE },
    { "P", MORE },
    { "POST", MORE },
    { LINE, MORE },
    { LINE HOST, MORE },
    { LINE HOST "\r", MORE },
    { LINE HOST "Content-Length: 2\r\n", MORE },
    /* the request line */
    { "\r\n" GET HOST "\r\n", 400 },
    { " GET / HTTP/1.1\r\n", 400 },
    { "GET  / HTTP/1.1\r\n", 400 },
    { "GET /  HTTP/1.1\r\n", 400 },
    { "GET / HTTP/1.1 \r\n", 400 },
    { "GET\t/\tHTTP/1.1\r\n", 400 },
    { "GET /\r\n", 400 },
    { "GET\r\n", 400 },
    { "GET / HTTP/1.1\n", 400 },
    { "GET / HTTP/1.1\r\r\n", 400 },
    { "GET / http/1.1\r\n", 400 },
    { "GET / HTTP/11\r\n", 400 },
    { "GET / HTTP/1.1.1\r\n", 400 },
    { "GET / HTCPCP/1.0\r\n", 400 },
    { "GET / HTTP/2.0\r\n", 505 },
    { "GET / HTTP/1.2\r\n", 505 },
    { "GET / HTTP/0.9\r\n", 505 },
    { "PRI * HTTP/2.0\r\n", 400 },
    { "GET * HTTP/1.1\r\n", 400 },
    { "GET a HTTP/1.1\r\n", 400 },
    { "GET http://a/ HTTP/1.1\r\n", 400 },
    { "CONNECT a:80 HTTP/1.1\r\n", 400 },
    { "GET /a\x01 HTTP/1.1\r\n", 400 },
    { "GET /a\x7f HTTP/1.1\r\n", 400 },
    { "GET /caf\xc3\xa9 HTTP/1.1\r\n", 400 },
    { "GET /#x HTTP/1.1\r\n", 400 },
    { "BREW / HTTP/1.1\r\n", 501 },
    { "TRACE / HTTP/1.1\r\n", 501 },
    { "get / HTTP/1.1\r\n", 501 },
    { "G(T / HTTP/1.1\r\n", 400 },
    { "\x16\x03\x01\x02", 400 }, /* TLS */
    { "{\"json\":1}", 400 },
    /* Host */
    { GET "\r\n", 400 },
    { GET HOST HOST "\r\n", 400 },
    { GET "Host:\r\n\r\n", 400 },
    { GET "Host: a b\r\n\r\n", 400 },
    { GET "Host: a/b\r\n\r\n", 400 },
    { GET "Host: a,b\r\n\r\n", 400 },
    { GET "Host: a@b\r\n\r\n", 400 },
    /* length */
    { LINE HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400 },
    { LINE HOST "Content-Length: 2\r\ncontent-length: 3\r\n\r\n", 400 },
    { LINE HOST "Content-Length: 2, 2\r\n\r\n", 400 },
    { LINE HOST "Content-Length: +2\r\n\r\n", 400 },
    { LINE HOST "Content-Length: -1\r\n\r\n", 400 },
    { LINE HOST "Content-Length: 0x2\r\n\r\n", 400 },
    { LINE HOST "Content-Length: 2 2\r\n\r\n", 400 },
    { LINE HOST "Content-Length:\r\n\r\n", 400 },
    { LINE HOST "Content-Length: two\r\n\r\n", 400 },
    { LINE HOST "Content-Length: 65537\r\n\r\n", 413 },
    { LINE HOST "Content-Length: 18446744073709551618\r\n\r\n", 413 },
    { LINE HOST "Content-Length: 99999999999999999999999999\r\n\r\n", 413 },
    { LINE HOST "Transfer-Encoding: chunked\r\n\r\n", 501 },
    { LINE HOST "Transfer-Encoding: identity\r\n\r\n", 501 },
    { LINE HOST "Content-Length: 2\r\ntransfer-encoding: x\r\n\r\n", 501 },
    { LINE HOST "Transfer-Encoding : chunked\r\n\r\n", 400 },
    { LINE HOST "Expect: a miracle\r\n\r\n", 417 },
    /* headers */
    { GET HOST "A: b\n\r\n", 400 },
    { GET HOST "A: b\r\n\n", 400 },
    { GET HOST "A: b\rC: d\r\n\r\n", 400 },
    { GET HOST "A: b\r\n c\r\n\r\n", 400 },
    { GET HOST "A: b\r\n\tc\r\n\r\n", 400 },
    { GET " A: b\r\n", 400 },
    { GET HOST "A : b\r\n\r\n", 400 },
    { GET HOST ": b\r\n\r\n", 400 },
    { GET HOST "no colon\r\n\r\n", 400 },
    { GET HOST "A(B): c\r\n\r\n", 400 },
    { GET HOST "A: \x01\r\n\r\n", 400 },
    { GET HOST "A: \x7f\r\n\r\n", 400 },
    { GET HOST "A: \x1b[2J\r\n\r\n", 400 },
    { GET HOST "Content-Type: a\r\nContent-Type: a\r\n\r\n", 400 },
    { GET HOST "Authorization: a\r\nauthorization: b\r\n\r\n", 400 },
    { GET HOST "X-Webhook-Secret: a\r\nX-Webhook-Secret: b\r\n\r\n", 400 },
    { GET HOST "webhook-id: a\r\nwebhook-id: b\r\n\r\n", 400 },
};
#define CASES (sizeof cases / sizeof *cases)
_Static_assert(CASES >= 60, "trust.md asks for sixty");

static int outcome(const struct request *request, enum request_verdict verdict)
{
    if (verdict == REQUEST_REFUSED) {
        assert_non_null(request->why);
        return request->status;
    }
    return verdict == REQUEST_MORE ? MORE : READY;
}

/* Reads a copy that ends where the bytes end, so that a sanitizer sees who
 * reads too far; `step` bytes come at a time. */
static int read_in_steps(const char *bytes, size_t len, size_t step,
                         struct request *request)
{
    *request = (struct request){ 0 };
    enum request_verdict verdict = REQUEST_MORE;
    for (size_t have = 0; verdict == REQUEST_MORE && have < len;) {
        have = have + step < len ? have + step : len;
        char *copy = malloc(have);
        memcpy(copy, bytes, have);
        verdict = request_read(request, copy, have);
        free(copy);
    }
    return outcome(request, verdict);
}

static void expect(const char *bytes, size_t len, int wanted, size_t step)
{
    struct request request;
    int got = read_in_steps(bytes, len, step, &request);
    if (got != wanted)
        fail_msg("%.60s: wanted %d, found %d %s (%zu at a time)", bytes, wanted,
                 got, request.why ? request.why : "", step);
}

static void test_cases(void **state)
{
    (void)state;
    static const size_t steps[] = { 1, 2, 3, 7, 1000000 };
    for (size_t i = 0; i < CASES; i++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
            expect(cases[i].bytes, strlen(cases[i].bytes), cases[i].wanted,
                   steps[s]);
}

/* A NUL cannot be written into the table. */
static void test_nul(void **state)
{
    (void)state;
    static const char in_value[] = GET "Host: a\0b\r\n\r\n";
    static const char in_line[] = "GET /\0 HTTP/1.1\r\n";
    static const char in_name[] = GET HOST "A\0: b\r\n\r\n";
    expect(in_value, sizeof in_value - 1, 400, 1);
    expect(in_line, sizeof in_line - 1, 400, 1);
    expect(in_name, sizeof in_name - 1, 400, 1);
}

static void expect_text(struct text *text, int wanted)
{
    expect(text->data, text->len, wanted, 1);
    expect(text->data, text->len, wanted, 5);
    expect(text->data, text->len, wanted, text->len);
    text_close(text);
}

static void test_line_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        struct text text;
        text_init(&text, 1 << 20);
        text_puts(&text, "GET /");
        text_fill(&text, 'a',
                  REQUEST_LINE_MAX - strlen("GET / HTTP/1.1") + more);
        text_puts(&text, " HTTP/1.1\r\n" HOST "\r\n");
        expect_text(&text, more ? 414 : READY);
    }
}

static void test_headers_limit(void **state)
{
    (void)state;
    for (unsigned more = 0; more <= 1; more++) {
        struct text text;
        text_init(&text, 1 << 20);
        text_puts(&text, GET HOST);
        for (unsigned i = 0; i < REQUEST_HEADERS_MAX - 1 + more; i++)
            text_printf(&text, "X-%u: y\r\n", i);
        text_puts(&text, "\r\n");
        expect_text(&text, more ? 431 : READY);
    }
}

static void test_fields_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        struct text text;
        text_init(&text, 1 << 20);
        text_puts(&text, GET HOST "X: ");
        text_fill(&text, 'a',
                  REQUEST_FIELDS_MAX - strlen(HOST "X: \r\n") + more);
        text_puts(&text, "\r\n\r\n");
        expect_text(&text, more ? 431 : READY);
    }
}

static void test_endless_lines(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 1 << 20);
    text_fill(&text, 'G', 3 * REQUEST_LINE_MAX);
    expect_text(&text, 414);
    text_puts(&text, GET HOST "X");
    text_fill(&text, 'a', 2 * REQUEST_FIELDS_MAX);
    expect_text(&text, 431);
}

static void test_what_was_understood(void **state)
{
    (void)state;
    static const char bytes[] =
        "POST /webhook/settings-changed?x=1 HTTP/1.1\r\nHost: h:1\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}";
    struct request request;
    assert_int_equal(
        read_in_steps(bytes, sizeof bytes - 1, sizeof bytes, &request), READY);
    assert_int_equal(request.content_len, 2);
    assert_int_equal(request.head_len, sizeof bytes - 3);
    assert_true(request.wants_continue);
    assert_true(request_is(&request, bytes, "/webhook/settings-changed"));
    assert_false(request_is(&request, bytes, "/webhook/settings-change"));
    assert_false(request_is(&request, bytes, "/webhook/settings-changed?"));
    assert_true(request_method_is(&request, bytes, "POST"));
    assert_false(request_method_is(&request, bytes, "POS"));
}

/* A client can neither speak as the gate nor send what nobody reads. */
static void test_rewriting(void **state)
{
    (void)state;
    static const char bytes[] =
        "POST /a?b HTTP/1.0\r\nx-mooncron-gate: forged\r\nHOST: h\r\n"
        "X-Mooncron-Peer: 127.0.0.1 loopback L\r\nCookie: a=b\r\n"
        "Connection: keep-alive\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\n"
        "x-webhook-secret: s\r\nX-Forwarded-For: 1\r\nX-Forwarded-For: 2\r\n"
        "Content-Length: 002\r\n\r\n{}";
    struct request request;
    assert_int_equal(
        read_in_steps(bytes, sizeof bytes - 1, sizeof bytes, &request), READY);
    struct peer peer = { .text = "10.0.0.9", .net = "10.0.0.9" };
    struct text out;
    text_init(&out, 4096);
    request_write(&request, bytes, "token", &peer, 77, &out);
    assert_string_equal(out.data, "POST /a?b HTTP/1.1\r\n"
                                  "X-Mooncron-Gate: token\r\n"
                                  "X-Mooncron-Peer: 10.0.0.9 10.0.0.9 -\r\n"
                                  "X-Mooncron-Arrived: 77\r\n"
                                  "Host: h\r\n"
                                  "X-Webhook-Secret: s\r\n"
                                  "X-Forwarded-For: 1\r\n"
                                  "Content-Length: 2\r\n"
                                  "Connection: close\r\n\r\n");
    text_close(&out);
}

/* Good requests with bytes changed at random: whatever comes of one must not
 * depend on how it was cut, and what is rewritten reads as itself. */
static void test_mutants(void **state)
{
    (void)state;
    static const char seed_bytes[] =
        LINE HOST "Content-Type: application/json\r\nX-Webhook-Secret: s\r\n"
                  "Content-Length: 2\r\n\r\n";
    static const char alphabet[] = "\r\n\t :0aA/?\x01\x7f\xff%,";
    uint32_t random = 1;
    for (int i = 0; i < 20000; i++) {
        char bytes[sizeof seed_bytes];
        memcpy(bytes, seed_bytes, sizeof bytes);
        for (int change = 0; change < 1 + i % 3; change++) {
            random = random * 1664525u + 1013904223u;
            bytes[(random >> 8) % (sizeof bytes - 1)] =
                alphabet[(random >> 24) % (sizeof alphabet - 1)];
        }
        struct request whole, cut, again;
        int one = read_in_steps(bytes, sizeof bytes - 1, sizeof bytes, &whole);
        int two = read_in_steps(bytes, sizeof bytes - 1, 1, &cut);
        assert_int_equal(one, two);
        if (one != READY)
            continue;
        struct text out;
        text_init(&out, 4096);
        request_write(&whole, bytes, "t", &(struct peer){ "p", "n", true }, 1,
                      &out);
        assert_int_equal(read_in_steps(out.data, out.len, 3, &again), READY);
        assert_int_equal(again.content_len, whole.content_len);
        text_close(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_line_limit),
        cmocka_unit_test(test_headers_limit),
        cmocka_unit_test(test_fields_limit),
        cmocka_unit_test(test_endless_lines),
        cmocka_unit_test(test_what_was_understood),
        cmocka_unit_test(test_rewriting),
        cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
