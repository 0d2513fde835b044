/* Signatures: the standard's own vector, everything near it, and replays. */
#include "../../engine/io/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../engine/io/replays.h"
#include "mooncron/secrets.h"

static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char timestamp[] = "1614265330";
static const char body[] = "{\"test\": 2432232314}";
static const char good[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
#define NOW_S 1614265330

static bool check(const char *the_id, const char *time, const char *list,
                  const char *with, const char *text, int64_t now_s)
{
    struct signature signature = { the_id, time, list };
    return signature_good(&signature, with, text, strlen(text), now_s);
}

static void test_vector(void **state)
{
    (void)state;
    assert_true(check(id, timestamp, good, secret, body, NOW_S));
}

/* Changes one byte after the other; none of them may pass. */
static unsigned refuse_mutations(const char *field)
{
    unsigned count = 0;
    char copy[128];
    size_t len = strlen(field);
    for (size_t i = 0; i < 2 * len; i++) {
        memcpy(copy, field, len + 1);
        copy[i / 2] = (char)(copy[i / 2] ^ (i % 2 ? 1 : 4));
        bool passed = check(
            field == id ? copy : id, field == timestamp ? copy : timestamp,
            field == good ? copy : good, field == secret ? copy : secret,
            field == body ? copy : body, NOW_S);
        if (passed)
            fail_msg("byte %zu of %s was changed, and it passed", i / 2, field);
        count++;
    }
    for (size_t keep = 0; keep < len; keep++, count++) {
        memcpy(copy, field, keep);
        copy[keep] = '\0';
        assert_false(check(
            field == id ? copy : id, field == timestamp ? copy : timestamp,
            field == good ? copy : good, field == secret ? copy : secret,
            field == body ? copy : body, NOW_S));
    }
    return count;
}

static void test_mutations(void **state)
{
    (void)state;
    unsigned count = refuse_mutations(id) + refuse_mutations(timestamp) +
                     refuse_mutations(good) + refuse_mutations(secret) +
                     refuse_mutations(body);
    assert_true(count >= 200);
}

static void test_window(void **state)
{
    (void)state;
    assert_true(check(id, timestamp, good, secret, body, NOW_S + 300));
    assert_true(check(id, timestamp, good, secret, body, NOW_S - 300));
    assert_false(check(id, timestamp, good, secret, body, NOW_S + 301));
    assert_false(check(id, timestamp, good, secret, body, NOW_S - 301));
}

static void test_lists(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        bool passes;
    } cases[] = {
        { "", "", true },         { "v1,AAAA ", "", true },
        { "", " v1,AAAA", true }, { "v1a,AAAA v2,BBBB  ", "", true },
        { "v2,", "", false },     { "x", "", false },
        { "v1,", "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char list[160];
        snprintf(list, sizeof list, "%s%s%s", cases[i].before, good,
                 cases[i].after);
        assert_int_equal(check(id, timestamp, list, secret, body, NOW_S),
                         cases[i].passes);
    }
    assert_false(check(id, timestamp, "", secret, body, NOW_S));
    assert_false(check("", timestamp, good, secret, body, NOW_S));
}

static void test_nonsense_times(void **state)
{
    (void)state;
    static const char *const times[] = {
        "",     " 1614265330",          "+1614265330", "-1", "1614265330.0",
        "0x60", "99999999999999999999", "now"
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_false(check(id, times[i], good, secret, body, NOW_S));
}

static void test_long_id(void **state)
{
    (void)state;
    char content[SIGNATURE_ID_MAX + 64], long_id[SIGNATURE_ID_MAX + 2];
    for (size_t len = SIGNATURE_ID_MAX; len <= SIGNATURE_ID_MAX + 1; len++) {
        memset(long_id, 'i', len);
        long_id[len] = '\0';
        snprintf(content, sizeof content, "%s.%s.{}", long_id, timestamp);
        char base64[64], list[80];
        secret_hmac_base64("raw key", 7, content, strlen(content), base64);
        snprintf(list, sizeof list, "v1,%s", base64);
        assert_int_equal(
            check(long_id, timestamp, list, "raw key", "{}", NOW_S),
            len == SIGNATURE_ID_MAX);
    }
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        size_t len; /* 0: refused */
    } cases[] = {
        { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24 },
        { "whsec_QQ==", 1 },
        { "whsec_QUI=", 2 },
        { "whsec_", 0 },
        { "whsec_Q", 0 },
        { "whsec_QQ=", 0 },
        { "whsec_QQ==QQ==", 0 },
        { "whsec_Q*==", 0 },
        { "whsec_====", 0 },
        { "plain", 5 },
        { "WHSEC_QQ==", 10 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char key[SECRET_MAX];
        size_t len = 0;
        struct error error = { "" };
        bool done = signature_key(cases[i].secret, key, &len, &error);
        if (done != (cases[i].len > 0) || (done && len != cases[i].len))
            fail_msg("%s: %d, %zu bytes", cases[i].secret, done, len);
        assert_int_equal(done, error.text[0] == '\0');
    }
}

static void test_replays(void **state)
{
    (void)state;
    struct replays *replays = replays_new();
    assert_true(replays_add(replays, "a", 1000));
    assert_false(replays_add(replays, "a", 1000));
    assert_false(replays_add(replays, "a", 1600));
    assert_true(replays_add(replays, "a", 1601)); /* forgotten by now */
    assert_true(replays_add(replays, "b", 1601));
    replays_forget(replays, "b");
    replays_forget(replays, "never heard");
    assert_true(replays_add(replays, "b", 1601));
    assert_false(replays_add(replays, "b", 1601));
    replays_free(replays);
    replays_free(NULL);
}

static void add_many(struct replays *replays, int from, int to)
{
    for (int i = from; i < to; i++) {
        char name[16];
        snprintf(name, sizeof name, "id%d", i);
        assert_true(replays_add(replays, name, 1000));
    }
}

/* Each look goes over all of them, so the test stays below the maximum while
 * it checks and passes it once. */
static void test_replays_full(void **state)
{
    (void)state;
    struct replays *replays = replays_new();
    add_many(replays, 0, REPLAYS_MAX);
    assert_false(replays_add(replays, "id0", 1000));
    assert_true(replays_add(replays, "one more", 1000));
    assert_false(replays_add(replays, "id1", 1000));
    assert_true(replays_add(replays, "id0", 1000)); /* gave way */
    replays_free(replays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),         cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_window),         cmocka_unit_test(test_lists),
        cmocka_unit_test(test_nonsense_times), cmocka_unit_test(test_long_id),
        cmocka_unit_test(test_keys),           cmocka_unit_test(test_replays),
        cmocka_unit_test(test_replays_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
