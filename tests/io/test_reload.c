/* A reload that the command line asks for: by its token, from this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../engine/io/api.h"
#include "hook.h"

static void test_a_token_lets_the_command_line_in(void **state)
{
    (void)state;
    struct listening *listening = listening_start(NULL);
    json_decref(listening_expect(listening, API, TOKEN, "", 200));
    assert_int_equal(listening_last(listening).cause, ASK_COMMAND);
    assert_false(listening_last(listening).force);
    json_decref(listening_expect(listening, API,
                                 "Authorization: bearer t0ken\r\n",
                                 "{\"force\":true}", 200));
    assert_true(listening_last(listening).force);
    assert_false(listening_last(listening).claim.has_enable_jobs);
    listening_stop(listening);
}

static void test_what_was_forwarded_is_not_of_this_machine(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.admin_loopback_only = true;
    struct listening *listening = listening_start(&config);
    json_decref(listening_expect(listening, API, TOKEN, "", 200));
    json_decref(listening_expect(
        listening, API, TOKEN "X-Forwarded-For: 1.2.3.4\r\n", "", 403));
    json_decref(listening_expect(listening, API,
                                 TOKEN "Forwarded: for=1.2.3.4\r\n", "", 403));
    listening_stop(listening);
}

static const char *right_token(const struct web_request *request,
                               const char *name)
{
    (void)request;
    return strcmp(name, "Authorization") == 0 ? "Bearer t0ken" : NULL;
}

/* Tests come from loopback; one from elsewhere is made by hand. */
static void test_another_machine_is_refused(void **state)
{
    (void)state;
    struct server_config config = listening_config();
    config.admin_loopback_only = true;
    struct clock clock;
    clock_init(&clock, 1, (struct wall){ 0 });
    struct desk desk = { .config = &config,
                         .clock = &clock,
                         .rates = rates_new() };
    struct web_request request = {
        .peer = "10.0.0.1", .net = "10.0.0.1", .body = "", .header = right_token
    };
    struct web_answer answer = { 0 };
    api_reload(&desk, &request, &answer);
    assert_int_equal(answer.status, 403);
    json_decref(answer.body);
    rates_free(desk.rates);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_lets_the_command_line_in),
        cmocka_unit_test(test_what_was_forwarded_is_not_of_this_machine),
        cmocka_unit_test(test_another_machine_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
