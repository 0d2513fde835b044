/* A frame is read as it was written, and one that is cut, stretched or lied
 * about anywhere is broken, never trusted. */
#include "mooncron/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put_one(struct text *out)
{
    size_t start = out->len;
    wire_begin(out, 5);
    wire_u8(out, 200);
    wire_u32(out, UINT32_MAX);
    wire_u64(out, UINT64_MAX - 1);
    wire_f64(out, -0.5);
    wire_string(out, "a\0b", 3);
    wire_cstring(out, "");
    wire_cstring(out, "end");
    assert_true(wire_end(out, start));
}

static void read_one(char *frame, size_t len)
{
    struct wire_reader in;
    wire_open(&in, frame, len);
    assert_int_equal(in.type, 5);
    assert_int_equal(wire_read_u8(&in), 200);
    assert_int_equal(wire_read_u32(&in), UINT32_MAX);
    assert_true(wire_read_u64(&in) == UINT64_MAX - 1);
    assert_true(wire_read_f64(&in) == -0.5);
    struct slice slice = wire_read_string(&in);
    assert_int_equal(slice.len, 3);
    assert_memory_equal(slice.bytes, "a\0b", 4);
    const char *empty = wire_read_cstring(&in);
    assert_false(wire_done(&in));
    assert_string_equal(wire_read_cstring(&in), "end");
    assert_string_equal(empty, "");
    assert_true(wire_done(&in));
}

/* Two in a row: nothing of the first touches the second. */
static void test_round_trip(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 4096);
    put_one(&out);
    size_t len = out.len;
    put_one(&out);
    assert_int_equal(wire_frame(out.data, out.len), len);
    read_one(out.data, len);
    assert_int_equal(wire_frame(out.data + len, out.len - len), len);
    read_one(out.data + len, len);
    text_close(&out);
}

/* Cut anywhere it is not whole; read all the same it is broken. */
static void test_cut(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 4096);
    put_one(&out);
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(wire_frame(out.data, len), 0);
    for (size_t len = 5; len < out.len; len++) {
        char *frame = malloc(len); /* of this size: a sanitizer watches */
        memcpy(frame, out.data, len);
        struct wire_reader in;
        wire_open(&in, frame, len);
        wire_read_u8(&in);
        wire_read_u32(&in);
        wire_read_u64(&in);
        wire_read_f64(&in);
        wire_read_string(&in);
        wire_read_cstring(&in);
        assert_string_equal(wire_read_cstring(&in), "");
        assert_true(in.broken);
        assert_false(wire_done(&in));
        assert_int_equal(wire_read_u64(&in), 0);
        free(frame);
    }
    text_close(&out);
}

static void test_length(void **state)
{
    (void)state;
    static const struct {
        uint32_t follows;
        int64_t want;
    } cases[] = {
        { 0, -1 },
        { 1, 5 },
        { 2, 0 },
        { WIRE_FRAME_MAX, 0 },
        { WIRE_FRAME_MAX + 1, -1 },
        { UINT32_MAX, -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char bytes[5] = { 0 };
        memcpy(bytes, &cases[i].follows, 4);
        assert_int_equal(wire_frame(bytes, 5), cases[i].want);
    }
}

static void test_too_long(void **state)
{
    (void)state;
    struct text out;
    char *bytes = calloc(1, WIRE_FRAME_MAX);
    for (size_t max = 64; max <= 2 * WIRE_FRAME_MAX; max *= 2) {
        text_init(&out, max);
        wire_begin(&out, 1);
        wire_string(&out, bytes, WIRE_FRAME_MAX);
        assert_false(wire_end(&out, 0));
        text_close(&out);
    }
    text_init(&out, 2 * WIRE_FRAME_MAX);
    wire_begin(&out, 1);
    wire_string(&out, bytes, WIRE_FRAME_MAX - 5);
    assert_true(wire_end(&out, 0));
    assert_int_equal(wire_frame(out.data, out.len), WIRE_FRAME_MAX + 4);
    text_close(&out);
    free(bytes);
}

/* A name with a NUL in it would be two names to whoever compares it. */
static void test_nul_in_name(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 64);
    wire_begin(&out, 1);
    wire_string(&out, "a\0b", 3);
    assert_true(wire_end(&out, 0));
    struct wire_reader in;
    wire_open(&in, out.data, out.len);
    assert_string_equal(wire_read_cstring(&in), "");
    assert_false(wire_done(&in));
    text_close(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_cut),
        cmocka_unit_test(test_length),      cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_nul_in_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
