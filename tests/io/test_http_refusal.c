/* What is refused before a byte leaves: requests, and settings. */
#include "caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_bad_requests_are_faults(void **state)
{
    static const struct {
        const char *url, *header, *sentence;
    } rows[] = {
        { "", NULL, "no URL" },
        { "ok", NULL, "no URL" },
        { "ftp://127.0.0.1/ok", NULL, "only http" },
        { "file:///etc/passwd", NULL, "no URL" },
        { "http://127.0.0.1:1/ok", NULL, "neither BACKEND_URL's origin" },
        { "http://user:pass@127.0.0.1/ok", NULL, "no place in a URL" },
        { "//127.0.0.1:1/ok", NULL, NULL }, /* a path, below the backend */
        { "/a b", NULL, "space or a control" },
        { "/a\r\nX: 1", NULL, "space or a control" },
        { "/ok", "a", "malformed" },
        { "/ok", "", "malformed" },
        { "/ok", ": b", "malformed" },
        { "/ok", "a b: c", "malformed" },
        { "/ok", "a: b\r\nX: 1", "malformed" },
        { "/ok", "a: b\x01", "malformed" },
        { "/ok", "a: b\tc", "malformed" },
        { "/ok", "a: b\x7f", "malformed" },
        { "/ok", "X-Secret: " KEY "\n", "malformed" },
    };
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        caller_ask(caller, &(struct http_request){
                               .url = rows[i].url,
                               .headers = &rows[i].header,
                               .header_count = rows[i].header != NULL });
        if (!rows[i].sentence) {
            assert_int_equal(heard->status, 404);
            continue;
        }
        assert_int_equal(heard->fault, HTTP_BAD_URL);
        assert_false(heard->sent);
        assert_int_equal(heard->status, 0);
        if (!strstr(heard->sentence, rows[i].sentence))
            fail_msg("\"%s\" says: %s", rows[i].url, heard->sentence);
    }
}

static void test_long_requests_are_refused(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    char url[HTTP_URL_MAX + 2];
    memset(url, 'a', sizeof url - 1);
    url[0] = '/';
    url[sizeof url - 1] = '\0';
    caller_get(caller, url);
    assert_int_equal(heard->fault, HTTP_BAD_URL);
    const char *headers[HTTP_HEADERS_MAX + 1];
    for (size_t i = 0; i <= HTTP_HEADERS_MAX; i++)
        headers[i] = "X-Many: 1";
    caller_ask(caller,
               &(struct http_request){ .url = "/ok",
                                       .headers = headers,
                                       .header_count = HTTP_HEADERS_MAX + 1 });
    assert_int_equal(heard->fault, HTTP_BAD_URL);
    caller_ask(caller,
               &(struct http_request){ .url = "/ok",
                                       .headers = headers,
                                       .header_count = HTTP_HEADERS_MAX });
    assert_int_equal(heard->status, 200);
}

static void test_link_local_is_refused(void **state)
{
    static const char *const urls[] = { "http://169.254.169.254",
                                        "http://[fe80::1]",
                                        "http://[::ffff:169.254.169.254]" };
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const struct http_config config = { .backend_url = urls[i] };
        caller_become(caller, &config);
        caller_send(caller, &(struct http_request){ .url = "/" });
        caller_become(caller, &config); /* it ends by itself or cancelled */
        assert_int_equal(heard->calls, 1);
        caller_get(caller, "/");
        assert_int_equal(heard->fault, HTTP_BAD_URL);
        assert_non_null(strstr(heard->sentence, "link-local"));
    }
}

static void test_the_own_listener_is_not_called(void **state)
{
    struct caller *caller = *state;
    const struct heard *heard = &caller->heard;
    struct sockaddr_storage listener = { 0 };
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(testserver_port(caller->server)),
    };
    memcpy(&listener, &address, sizeof address); /* on any address */
    http_avoid(caller->http, &listener);
    caller_get(caller, "/ok");
    assert_int_equal(heard->fault, HTTP_BAD_URL);
    assert_false(heard->sent);
    assert_non_null(strstr(heard->sentence, "the worker's own listener"));
    char url[120];
    snprintf(url, sizeof url, "%s/ok", caller->foreign); /* another port */
    caller_get(caller, url);
    assert_int_equal(heard->status, 200);
}

static void test_config_is_checked(void **state)
{
    static const struct {
        const char *backend, *allow, *sentence;
    } rows[] = {
        { NULL, NULL, "BACKEND_URL" },
        { "", NULL, "BACKEND_URL" },
        { "localhost:4000", NULL, "BACKEND_URL" },
        { "ftp://localhost", NULL, "BACKEND_URL" },
        { "http://", NULL, "BACKEND_URL" },
        { "http://a:b@localhost", NULL, "BACKEND_URL" },
        { "http://localhost/?x=1", NULL, "BACKEND_URL" },
        { "http://local host", NULL, "BACKEND_URL" },
        { "http://localhost:99999", NULL, "BACKEND_URL" },
        { "http://localhost", "ftp://x", "MOONCRON_ALLOW_HOSTS" },
    };
    struct caller *caller = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_config config = { .backend_url = rows[i].backend,
                                            .allow_hosts = rows[i].allow };
        struct error err = { "" };
        assert_null(http_new(&caller->loop, &config, &err));
        if (strncmp(err.text, rows[i].sentence, strlen(rows[i].sentence)))
            fail_msg("%s: %s", rows[i].backend, err.text);
        assert_null(strstr(err.text, "a:b"));
    }
}

/* What a place that trusts nobody sets. */
static void test_strict_config_is_checked(void **state)
{
    static const struct {
        struct http_config config;
        const char *sentence;
    } rows[] = {
        { { .backend_url = "http://a", .https_only = true },
          "only https:// is spoken here (MOONCRON_HTTPS_ONLY)" },
        { { .backend_url = "https://a",
            .allow_hosts = "http://b",
            .https_only = true },
          "only https:// is spoken here (MOONCRON_HTTPS_ONLY)" },
        { { .backend_url = "https://a", .ca_file = "/no/file" },
          "MOONCRON_CA_FILE: /no/file: No such" },
        { { .backend_url = "https://a", .client_cert = "/no/file" },
          "MOONCRON_CLIENT_CERT: /no/file: No such" },
        { { .backend_url = "https://a",
            .client_cert = "/dev/null",
            .client_key = "/no/file" },
          "MOONCRON_CLIENT_KEY: /no/file: No such" },
        { { .backend_url = "https://a", .client_key = "/dev/null" },
          "MOONCRON_CLIENT_KEY is set, and MOONCRON_CLIENT_CERT is not" },
    };
    struct caller *caller = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = { "" };
        assert_null(http_new(&caller->loop, &rows[i].config, &err));
        if (!strstr(err.text, rows[i].sentence))
            fail_msg("%zu: %s", i, err.text);
    }
}

/* Where the list allows https alone, a script's http:// is no URL. */
static void test_https_only_holds_for_each_call(void **state)
{
    struct caller *caller = *state;
    const struct http_config config = { .backend_url = "https://localhost",
                                        .https_only = true };
    caller_become(caller, &config);
    caller_get(caller, "http://localhost/");
    assert_int_equal(caller->heard.fault, HTTP_BAD_URL);
    assert_non_null(strstr(caller->heard.sentence, "MOONCRON_HTTPS_ONLY"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CALLER_TEST(test_bad_requests_are_faults),
        CALLER_TEST(test_long_requests_are_refused),
        CALLER_TEST(test_link_local_is_refused),
        CALLER_TEST(test_the_own_listener_is_not_called),
        CALLER_TEST(test_config_is_checked),
        CALLER_TEST(test_strict_config_is_checked),
        CALLER_TEST(test_https_only_holds_for_each_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
