/* Headers that SQLite made, and what may have become of them. */
#include "../../engine/store/wal_header.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL))
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static void read_header(const struct file *file, unsigned char *ret)
{
    size_t size;
    char *path = scratch_path(&file->book.scratch, "journal.db-wal");
    char *bytes = read_bytes(path, &size);
    assert_true(size > WAL_HEADER_BYTES);
    memcpy(ret, bytes, WAL_HEADER_BYTES);
    free(bytes), free(path);
}

/* Of a WAL that was begun, and then begun anew. */
static void two_headers(const struct file *file, unsigned char *ret_first,
                        unsigned char *ret_second)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file->path, &db), SQLITE_OK);
    sql(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
    read_header(file, ret_first);
    sql(db, "PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES (1)");
    read_header(file, ret_second);
    sqlite3_close(db);
    assert_memory_not_equal(ret_first, ret_second, WAL_HEADER_BYTES);
}

static void test_those_of_sqlite_are_whole(void **state)
{
    unsigned char first[WAL_HEADER_BYTES], second[WAL_HEADER_BYTES];
    two_headers(*state, first, second);
    assert_int_equal(wal_header_look(first), WAL_HEADER_WHOLE);
    assert_int_equal(wal_header_look(second), WAL_HEADER_WHOLE);
}

/* As a machine with the highest byte first writes it. */
static const unsigned char big[WAL_HEADER_BYTES] = {
    0x37, 0x7f, 0x06, 0x83, 0x00, 0x2d, 0xe2, 0x18, 0x00, 0x00, 0x10,
    0x00, 0x00, 0x00, 0x00, 0x07, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc,
    0xde, 0xf0, 0x28, 0x39, 0x3d, 0x56, 0x69, 0xcf, 0x04, 0x06
};

static void test_numbers_may_be_of_either_order(void **state)
{
    (void)state;
    unsigned char turned[WAL_HEADER_BYTES];
    assert_int_equal(wal_header_look(big), WAL_HEADER_WHOLE);
    memcpy(turned, big, sizeof turned);
    turned[3] = 0x82;
    assert_int_equal(wal_header_look(turned), WAL_HEADER_DAMAGED);
}

/* Any other value of any byte. One alone passes for torn: a sequence that is
 * higher by one. */
static void each_byte(const unsigned char *whole)
{
    for (size_t at = 0; at < WAL_HEADER_BYTES; at++)
        for (unsigned more = 1; more < 256; more++) {
            unsigned char bad[WAL_HEADER_BYTES];
            memcpy(bad, whole, sizeof bad);
            bad[at] = (unsigned char)(bad[at] + more);
            enum wal_header want =
                at == 15 && more == 1 ? WAL_HEADER_TORN : WAL_HEADER_DAMAGED;
            if (wal_header_look(bad) != want)
                fail_msg("byte %zu, %u instead of %u", at, bad[at], whole[at]);
        }
}

static void test_each_byte_that_is_spoilt_is_seen(void **state)
{
    unsigned char first[WAL_HEADER_BYTES], second[WAL_HEADER_BYTES];
    two_headers(*state, first, second);
    each_byte(first);
    each_byte(second);
    each_byte(big);
}

static void test_one_that_was_half_written_is_torn(void **state)
{
    unsigned char first[WAL_HEADER_BYTES], second[WAL_HEADER_BYTES],
        torn[WAL_HEADER_BYTES];
    two_headers(*state, first, second);
    memcpy(torn, second, 16);
    memcpy(torn + 16, first + 16, 16);
    assert_int_equal(wal_header_look(torn), WAL_HEADER_TORN);
    wal_header_restore(torn);
    assert_memory_equal(torn, first, sizeof torn);
}

static void test_what_is_no_header_is_damaged(void **state)
{
    (void)state;
    unsigned char none[WAL_HEADER_BYTES] = { 0 };
    assert_int_equal(wal_header_look(none), WAL_HEADER_DAMAGED);
    memset(none, 0xff, sizeof none);
    assert_int_equal(wal_header_look(none), WAL_HEADER_DAMAGED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FILE_TEST(test_those_of_sqlite_are_whole),
        cmocka_unit_test(test_numbers_may_be_of_either_order),
        FILE_TEST(test_each_byte_that_is_spoilt_is_seen),
        FILE_TEST(test_one_that_was_half_written_is_torn),
        cmocka_unit_test(test_what_is_no_header_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
