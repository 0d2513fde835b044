/* How SQLite goes about what it is asked. */
#include "../../engine/store/sqlite_store.h"
#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* How SQLite goes about a statement, a line for each step of its plan. */
static void put_plan(sqlite3 *db, enum statement which, struct text *out)
{
    sqlite3_stmt *plan;
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_text(which));
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        text_printf(out, "%s\n", (const char *)sqlite3_column_text(plan, 3));
    sqlite3_finalize(plan);
    sqlite3_free(sql);
}

/* What is asked while jobs wait to be claimed goes by an index, and by as many
 * of its columns as there are: a job with a million rows costs no more. */
static void test_nothing_is_searched_in_vain(void **state)
{
    static const struct {
        enum statement which;
        const char *plan[4]; /* steps, in any order */
    } wanted[] = {
        { ROW_GET,
          { "SEARCH run USING PRIMARY KEY (slot_ms=? AND kind=? AND job=?)" } },
        { ROW_RIVAL, { "SEARCH run USING INDEX run_open (job=?)" } },
        { ROW_REACH,
          { "SEARCH run USING INDEX run_job (job=? AND slot_ms<?)",
            "SEARCH run USING INDEX run_open (job=? AND slot_ms<?)",
            "SEARCH run USING COVERING INDEX run_passed (job=? AND "
            "last_ms>?)" } },
        { ROW_OLD,
          { "SEARCH old USING PRIMARY KEY ((slot_ms,kind,job)>(?,?,?) AND "
            "slot_ms<?)",
            "SEARCH newer USING INDEX run_job (job=? AND "
            "slot_ms>?)",
            "SEARCH newer USING INDEX run_open (job=? AND "
            "slot_ms>?)" } },
        { HISTORY_SLOT,
          { "SEARCH run USING PRIMARY KEY (slot_ms=? AND (kind,job)>(?,?))" } },
        { HISTORY_OLDER,
          { "SEARCH run USING PRIMARY KEY (slot_ms>? AND slot_ms<?)" } },
        { HISTORY_JOB,
          { "MERGE (UNION ALL)",
            "SEARCH run USING INDEX run_job (job=? AND slot_ms>? AND "
            "slot_ms<?)",
            "SEARCH run USING INDEX run_open (job=? AND slot_ms>? AND "
            "slot_ms<?)",
            "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY" } },
        { OFF_EACH, { "SEARCH off USING PRIMARY KEY (job=?)" } },
        { OFF_END, { "SEARCH off USING PRIMARY KEY (job=?)" } },
        { PASSES,
          { "SEARCH run USING COVERING INDEX run_passed (job=? AND "
            "(last_ms,slot_ms)>(?,?))" } },
    };
    struct file *file = *state;
    sqlite3 *db;
    work_some(file);
    file_shut(file, 50);
    assert_int_equal(sqlite3_open(file->path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct text *plan = &file->book.text;
        text_clear(plan);
        put_plan(db, wanted[i].which, plan);
        for (size_t k = 0; k < 4 && wanted[i].plan[k]; k++)
            if (!strstr(plan->data, wanted[i].plan[k]))
                fail_msg("%s\nis no part of\n%sof %s", wanted[i].plan[k],
                         plan->data, statement_text(wanted[i].which));
        if (strstr(plan->data, "SCAN run"))
            fail_msg("%sof %s", plan->data, statement_text(wanted[i].which));
    }
    sqlite3_close(db);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FILE_TEST(test_nothing_is_searched_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
