/* Webhooks that are signed, in place of or beside the secret in a header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "hook.h"
#include "mooncron/secrets.h"

static void sign(char headers[512], const char *secret, const char *id,
                 int64_t at_s, const char *body)
{
    char content[512], base64[64];
    snprintf(content, sizeof content, "%s.%lld.%s", id, (long long)at_s, body);
    secret_hmac_base64(secret, strlen(secret), content, strlen(content),
                       base64);
    snprintf(headers, 512,
             JSON "webhook-id: %s\r\nwebhook-timestamp: %lld\r\n"
                  "webhook-signature: v1,%s\r\n",
             id, (long long)at_s, base64);
}

static void test_signatures_count_once_and_for_a_while(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.webhook_secret_previous = "0ld";
    config.webhook_signature_only = true;
    struct listening *listening = listening_start(&config);
    char headers[512];
    int64_t now_s = time(NULL);
    sign(headers, "s3cret", "one", now_s, "{}");
    listening_expect_text(listening, HOOK, headers, "{}", 200, "outcome",
                          "done");
    listening_expect_text(listening, HOOK, headers, "{}", 200, "outcome",
                          "replay");
    json_decref(listening_expect(listening, HOOK, headers, "{ }", 401));
    sign(headers, "0ld", "two", now_s, "{}");
    listening_expect_text(listening, HOOK, headers, "{}", 200, "outcome",
                          "done");
    sign(headers, "wrong", "three", now_s, "{}");
    json_decref(listening_expect(listening, HOOK, headers, "{}", 401));
    sign(headers, "s3cret", "four", now_s - 302, "{}");
    json_decref(listening_expect(listening, HOOK, headers, "{}", 401));
    sign(headers, "s3cret", "five", now_s + 302, "{}");
    json_decref(listening_expect(listening, HOOK, headers, "{}", 401));
    json_decref(listening_expect(listening, HOOK, GOOD JSON, "{}", 401));
    assert_int_equal(listening_await(listening, 2), 2);
    listening_stop(listening);
}

/* A sender repeats what failed, under the same id. */
static void test_what_failed_may_be_signed_again(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    char headers[512];
    sign(headers, "s3cret", "one", time(NULL), "{}");
    listening_say(listening,
                  &(struct listening_word){ .outcome = RELOAD_FETCH_FAILED });
    json_decref(listening_expect(listening, HOOK, headers, "{}", 500));
    listening_say(listening, &(struct listening_word){ 0 });
    listening_expect_text(listening, HOOK, headers, "{}", 200, "outcome",
                          "done");
    listening_expect_text(listening, HOOK, headers, "{}", 200, "outcome",
                          "replay");
    listening_stop(listening);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_count_once_and_for_a_while),
        cmocka_unit_test(test_what_failed_may_be_signed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
