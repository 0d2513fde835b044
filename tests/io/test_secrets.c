/* Secrets come whole or with a sentence, and never in it. */
#include "mooncron/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Writes a file in a folder of its own and reads it as a secret. */
static char *read_from(const char *bytes, size_t len, struct error *reterr)
{
    char path[] = "/tmp/mooncron-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    char *secret = secret_read(path, reterr);
    if (!secret)
        assert_non_null(strstr(reterr->text, path));
    unlink(path);
    return secret;
}

static void expect_secret(const char *file, const char *secret)
{
    struct error error = { "" };
    char *got = read_from(file, strlen(file), &error);
    assert_string_equal(error.text, "");
    assert_string_equal(got, secret);
    secret_free(got);
}

static void expect_refused(const char *bytes, size_t len, const char *why)
{
    struct error error = { "" };
    assert_null(read_from(bytes, len, &error));
    if (!strstr(error.text, why))
        fail_msg("wanted \"%s\" in \"%s\"", why, error.text);
    assert_null(strstr(error.text, "hunter2"));
}

static void test_read(void **state)
{
    (void)state;
    expect_secret("hunter2", "hunter2");
    expect_secret("hunter2\n", "hunter2");
    expect_secret(" spaces stay \n", " spaces stay ");
    expect_refused("", 0, "empty");
    expect_refused("\n", 1, "empty");
    expect_refused("hunter2\n\n", 9, "control character 0x0a at byte 8");
    expect_refused("hunter2\r\n", 9, "0x0d");
    expect_refused("hunter2\0x", 9, "0x00");
    expect_refused("hunter2\x7f", 8, "0x7f");
}

static void test_read_length(void **state)
{
    (void)state;
    char bytes[SECRET_MAX + 3];
    memset(bytes, 'a', sizeof bytes);
    bytes[SECRET_MAX] = '\n';
    struct error error = { "" };
    char *most = read_from(bytes, SECRET_MAX + 1, &error);
    assert_non_null(most);
    assert_int_equal(strlen(most), SECRET_MAX);
    secret_free(most);
    bytes[SECRET_MAX] = 'a';
    expect_refused(bytes, SECRET_MAX + 1, "at most 4096");
    expect_refused(bytes, sizeof bytes, "at most 4096");
}

static void test_read_what_is_no_file(void **state)
{
    (void)state;
    struct error error = { "" };
    assert_null(secret_read("/nowhere/at-all", &error));
    assert_string_equal(error.text, "read the secret in /nowhere/at-all: "
                                    "No such file or directory");
    assert_null(secret_read("/tmp", &error));
    assert_non_null(strstr(error.text, "wanted a plain file"));
    char path[] = "/tmp/mooncron-fifo-XXXXXX";
    assert_non_null(mkdtemp(path));
    char fifo[64];
    snprintf(fifo, sizeof fifo, "%s/fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(secret_read(fifo, &error)); /* and does not wait for a writer */
    assert_non_null(strstr(error.text, "wanted a plain file"));
    unlink(fifo);
    rmdir(path);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(secret_equal("abc", 3, "abc", 3));
    assert_true(secret_equal("", 0, "", 0));
    assert_false(secret_equal("abc", 3, "abd", 3));
    assert_false(secret_equal("abc", 3, "abcd", 4));
    assert_false(secret_equal("", 0, "a", 1));
    assert_false(secret_equal("a\0b", 3, "a\0c", 3));
}

static void test_make(void **state)
{
    (void)state;
    char one[65], two[65], small[3];
    secret_make(one, 64);
    secret_make(two, 64);
    secret_make(small, 2);
    assert_int_equal(strspn(one, "0123456789abcdef"), 64);
    assert_int_equal(strlen(one), 64);
    assert_int_equal(strlen(small), 2);
    assert_string_not_equal(one, two);
}

static void test_digests(void **state)
{
    (void)state;
    char hex[65], base64[64];
    secret_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
    /* RFC 4231, test case 2. */
    secret_hmac_base64("Jefe", 4, "what do ya want for nothing?", 28, base64);
    assert_string_equal(base64, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

static void test_protect(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        secrets_protect_process();
        struct rlimit core;
        bool good = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
#ifndef MOONCRON_SANITIZED
        good = good && prctl(PR_GET_DUMPABLE) == 0;
#endif
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_length),
        cmocka_unit_test(test_read_what_is_no_file),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_protect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
