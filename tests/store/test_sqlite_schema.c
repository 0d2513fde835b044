/* A file of an older version is brought to this one, step by step. */
#include "../../engine/store/sqlite_store.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* tests/store/versions/N.sql is a journal of version N, with what write_some()
 * writes: made when the version was the newest, by this program with a path for
 * its argument and then `sqlite3 PATH .dump`. */
static void test_every_version_is_brought_to_this_one(void **state)
{
    (void)state;
    for (int version = 1; version <= schema_journal.version; version++) {
        struct file file;
        char name[200], pragmas[100], want[700];
        const struct scratch source = { SOURCE_DIR "/tests/store/versions" };
        file_begin(&file);
        snprintf(name, sizeof name, "%d.sql", version);
        char *sql = scratch_read(&source, name);
        if (!sql)
            fail_msg("there is no %s of the journal: a step wants one", name);
        by_sql(&file, sql);
        free(sql);
        snprintf(pragmas, sizeof pragmas,
                 "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 schema_journal.application_id, version);
        by_sql(&file, pragmas);
        file_open_as(&file, "second", 100);
        want[0] = '\0';
        if (version < schema_journal.version)
            snprintf(want, sizeof want,
                     "journal %s was brought from version %d to %d", file.path,
                     version, schema_journal.version);
        assert_string_equal(file.note.text, want);
        assert_some(&file, "life first began 0 seen 50 ended\n");
        WRITE(&file.book, claim("fresh", 200, 1, 200));
        file_shut(&file, 5000);
        assert_whole(file.path);
        file_end(&file);
    }
}

static const char *const growing[] = {
    "CREATE TABLE thing(name TEXT); INSERT INTO thing VALUES ('lamp');",
    "ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 3;",
    "INSERT INTO thing(name) VALUES ('oak'); ALTER TABLE thing ADD COLUMN n;",
};
static const char *const broken[] = {
    "CREATE TABLE thing(name TEXT); INSERT INTO thing VALUES ('lamp');",
    "ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 3;",
    "INSERT INTO thing(name) VALUES ('oak'); INSERT INTO nowhere VALUES (1);",
};

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

static void bring(sqlite3 *db, const char *const *steps, int version,
                  int want_was)
{
    const struct schema schema = { 4711, version, steps };
    struct error error = { "" };
    int was;
    assert_int_equal(schema_look(db, &schema, &was, &error), OPENED);
    assert_int_equal(was, want_was);
    if (schema_bring(db, &schema, was, &error) != OPENED)
        fail_msg("%s", error.text);
    assert_int_equal(ask(db, "PRAGMA user_version"), version);
}

static void test_steps_from_each_version(void **state)
{
    (void)state;
    for (int from = 0; from <= 3; from++) {
        sqlite3 *db;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        bring(db, growing, from, 0);
        bring(db, growing, 3, from);
        assert_int_equal(ask(db, "SELECT sum(weight) FROM thing"), 6);
        assert_int_equal(ask(db, "SELECT count(n) FROM thing"), 0);
        sqlite3_close(db);
    }
}

static void test_a_step_that_fails_leaves_those_before_it(void **state)
{
    const struct schema schema = { 4711, 3, broken };
    struct error error = { "" };
    sqlite3 *db;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    bring(db, broken, 1, 0);
    assert_int_equal(schema_bring(db, &schema, 1, &error), OPENED_REFUSED);
    assert_string_equal(error.text,
                        "bringing it to version 3: no such table: nowhere");
    /* the step before it stands, nothing of it does, and it may go on */
    assert_int_equal(ask(db, "PRAGMA user_version"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM thing"), 1);
    bring(db, growing, 3, 2);
    sqlite3_close(db);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_version_is_brought_to_this_one),
        cmocka_unit_test(test_steps_from_each_version),
        cmocka_unit_test(test_a_step_that_fails_leaves_those_before_it),
    };
    if (argc == 2) { /* makes the journal for tests/store/versions */
        struct file file = { .path = argv[1] };
        text_init(&file.book.text, 1 << 20);
        work_some(&file);
        file_shut(&file, 50);
        text_close(&file.book.text);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
