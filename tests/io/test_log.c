/* A line of the log is what machines and people expect, and holds no secret. */
#include "mooncron/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "mooncron/clock.h"

#define SECRET "s3cret-value"

struct stand {
    struct clock clock;
    struct log *log;
    int fd;
    char read[1 << 20];
};

static struct stand *stand_new(bool json, enum log_level level)
{
    struct stand *stand = calloc(1, sizeof *stand);
    /* 2026-11-23T12:07:31.250Z, and it goes on from there */
    clock_init(&stand->clock, 1, (struct wall){ INT64_C(1795435651250) });
    stand->fd = memfd_create("log", MFD_CLOEXEC);
    const struct log_config config = { level, json, false, stand->fd };
    stand->log = log_new(&config, &stand->clock);
    log_redact(stand->log, SECRET);
    return stand;
}

static void stand_free(struct stand *stand)
{
    log_free(stand->log);
    close(stand->fd);
    free(stand);
}

/* What has been written so far, without a flush. */
static const char *written(struct stand *stand)
{
    ssize_t len = pread(stand->fd, stand->read, sizeof stand->read - 1, 0);
    assert_true(len >= 0);
    stand->read[len] = '\0';
    return stand->read;
}

/* One event, and the only line of it, without its time and newline. */
static const char *text_of(struct stand *stand)
{
    log_flush(stand->log);
    const char *line = written(stand);
    assert_int_equal(strncmp(line, "12:07:3", 7), 0);
    assert_int_equal(line[8], '.');
    assert_int_equal(line[strlen(line) - 1], '\n');
    stand->read[strlen(line) - 1] = '\0';
    return line + strlen("12:07:31.250 ");
}

static json_t *json_of(struct stand *stand)
{
    log_flush(stand->log);
    const char *line = written(stand);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *object = json_loads(line, 0, NULL);
    assert_true(json_is_object(object));
    return object;
}

static const char *field(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    assert_non_null(value);
    return value;
}

static const char *const pairs[] = { "job", "feed \"rank\"", "#status", "503",
                                     "key", SECRET,          NULL };

static void test_text(void **state)
{
    (void)state;
    struct stand *stand = stand_new(false, LOG_INFO);
    log_fields(stand->log, LOG_INFO, "core", "it ran", pairs);
    assert_string_equal(text_of(stand),
                        "INFO  core      it ran  job=feed \"rank\"  "
                        "status=503  key=[redacted]");
    stand_free(stand);
}

static void test_json(void **state)
{
    (void)state;
    struct stand *stand = stand_new(true, LOG_INFO);
    log_fields(stand->log, LOG_ERROR, "core", "it \\ ran", pairs);
    json_t *object = json_of(stand);
    const char *time = field(object, "time");
    assert_int_equal(strlen(time), strlen("2026-11-23T12:07:31.250Z"));
    assert_int_equal(strncmp(time, "2026-11-23T12:07:3", 18), 0);
    assert_string_equal(field(object, "level"), "error");
    assert_string_equal(field(object, "component"), "core");
    assert_string_equal(field(object, "message"), "it \\ ran");
    assert_string_equal(field(object, "job"), "feed \"rank\"");
    assert_string_equal(field(object, "key"), "[redacted]");
    assert_int_equal(json_integer_value(json_object_get(object, "status")),
                     503);
    json_decref(object);
    stand_free(stand);
}

/* Whatever comes from outside stays in its line, and in its field. */
static const struct {
    const char *given, *text, *json;
} hostile[] = {
    { "a\nb", "a\\nb", "a\nb" },
    { "a\033[31mb", "a\\x1b[31mb", "a\033[31mb" },
    { "a\x7f", "a\\x7f", "a\x7f" },
    { "caf\xc3\xa9", "caf\xc3\xa9", "caf\xc3\xa9" },
    { "bad\xff", "bad\xef\xbf\xbd", "bad\xef\xbf\xbd" },
    { "cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd",
      "cut\xef\xbf\xbd\xef\xbf\xbd" },
    { "x" SECRET "y" SECRET, "x[redacted]y[redacted]",
      "x[redacted]y[redacted]" },
    { "s3cret-valu", "s3cret-valu", "s3cret-valu" },
};

static void test_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct stand *stand = stand_new(false, LOG_INFO);
        log_write(stand->log, LOG_INFO, "io", "%s", hostile[i].given);
        assert_string_equal(text_of(stand) + strlen("INFO  io        "),
                            hostile[i].text);
        stand_free(stand);
        stand = stand_new(true, LOG_INFO);
        log_write(stand->log, LOG_INFO, "io", "%s", hostile[i].given);
        json_t *object = json_of(stand);
        assert_string_equal(field(object, "message"), hostile[i].json);
        json_decref(object);
        stand_free(stand);
    }
}

static void test_block(void **state)
{
    (void)state;
    struct stand *stand = stand_new(false, LOG_INFO);
    log_block(stand->log, LOG_INFO, "load", "kept", "one\n" SECRET "\ntwo");
    assert_string_equal(text_of(stand),
                        "INFO  load      kept\none\n[redacted]\ntwo");
    stand_free(stand);
    stand = stand_new(true, LOG_INFO);
    log_block(stand->log, LOG_INFO, "load", "kept", "one\n" SECRET "\ntwo");
    json_t *object = json_of(stand);
    assert_string_equal(field(object, "block"), "one\n[redacted]\ntwo");
    json_decref(object);
    stand_free(stand);
}

static void test_buffered(void **state)
{
    (void)state;
    struct stand *stand = stand_new(false, LOG_INFO);
    log_write(stand->log, LOG_INFO, "core", "first");
    assert_string_equal(written(stand), "");
    log_write(stand->log, LOG_WARN, "core", "second");
    const char *lines = written(stand);
    assert_non_null(strstr(lines, "first\n"));
    assert_true(strstr(lines, "second\n") > strstr(lines, "first\n"));
    stand_free(stand);
}

static void test_level(void **state)
{
    (void)state;
    struct stand *stand = stand_new(false, LOG_WARN);
    assert_false(log_wants(stand->log, LOG_INFO));
    assert_true(log_wants(stand->log, LOG_ERROR));
    log_write(stand->log, LOG_INFO, "core", "unwanted");
    log_flush(stand->log);
    assert_string_equal(written(stand), "");
    stand_free(stand);
}

/* A line past every measure leaves a whole object behind. */
static void test_too_long(void **state)
{
    (void)state;
    struct stand *stand = stand_new(true, LOG_INFO);
    char *block = malloc(1 << 20);
    memset(block, 'x', (1 << 20) - 1);
    block[(1 << 20) - 1] = '\0';
    log_block(stand->log, LOG_ERROR, "load", "kept", block);
    json_t *object = json_of(stand);
    assert_non_null(strstr(field(object, "message"), "too long"));
    json_decref(object);
    free(block);
    stand_free(stand);
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *data)
{
    for (int i = 0; i < LINES; i++)
        log_write(data, i % 50 ? LOG_INFO : LOG_WARN, "web", "0123456789");
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct stand *stand = stand_new(false, LOG_INFO);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_lines, stand->log);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_flush(stand->log);
    int count = 0;
    const char *line = written(stand);
    for (const char *end; (end = strchr(line, '\n')); line = end + 1, count++)
        assert_int_equal(strncmp(end - 10, "0123456789", 10), 0);
    assert_int_equal(count, THREADS * LINES);
    stand_free(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_json),
        cmocka_unit_test(test_hostile),  cmocka_unit_test(test_block),
        cmocka_unit_test(test_buffered), cmocka_unit_test(test_level),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
