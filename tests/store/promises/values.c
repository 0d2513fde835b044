/* Numbers and strings are told as they were written, the odd ones too. */
#include "promises.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool copy_row(void *data, const struct history_row *row)
{
    struct history_row *copy = data;
    *copy = *row;
    return false;
}

/* Numbers alone: its strings are gone. */
static struct history_row only_row(struct book *book)
{
    struct history_row row = { 0 };
    assert_true(
        store_history(book->store, &everything, copy_row, &row, &book->error));
    assert_non_null(row.job);
    return row;
}

/* Of a store that a newer version wrote: words that are not known yet. */
static void words_of_a_newer_version_are_unknown(struct book *book)
{
    struct entry begun = claim("a", 10, 1, 10);
    begun.trigger = 200;
    struct entry end = finish("a", 10, 1, (enum verdict)201, 11);
    end.why = 202;
    end.cause = 203;
    end.status = 65535;
    WRITE(book, begun, end);
    struct history_row row = only_row(book);
    assert_int_equal(row.trigger, TRIGGER_SCHEDULE);
    assert_int_equal(row.verdict, VERDICT_UNKNOWN);
    assert_int_equal(row.why, WHY_NONE);
    assert_int_equal(row.cause, CAUSE_NONE);
    assert_int_equal(row.status, 65535);
    struct history_query query = everything;
    query.verdicts = UINT32_MAX;
    assert_string_equal(history_as(book, &query), "");
}

static void numbers_are_kept_whole(struct book *book)
{
    struct entry begun = claim("a", 0, UINT32_MAX, 0);
    begun.slot.ms = begun.cursor.ms = -1;
    begun.generation = UINT32_MAX;
    begun.attempt = UINT32_MAX;
    begun.digest = UINT64_MAX;
    struct entry end = finish("a", 0, UINT32_MAX, VERDICT_OK, 10);
    end.slot.ms = -1;
    end.attempt = UINT32_MAX;
    end.took_ms = INT64_MAX;
    end.fails = UINT32_MAX;
    WRITE(book, begun, end);
    struct history_row row = only_row(book);
    assert_int_equal(row.slot.ms, -1);
    assert_true(row.epoch == UINT32_MAX && row.generation == UINT32_MAX);
    assert_true(row.attempt == UINT32_MAX && row.settings == UINT64_MAX);
    assert_true(row.took_ms == INT64_MAX);
    struct recall recall;
    assert_true(store_recall(book->store, seconds(1), &recall, &book->error));
    assert_true(recall.lanes[0].fails == UINT32_MAX);
    assert_int_equal(recall.lanes[0].cursor.ms, -1);
    recall_close(&recall);
}

static bool copy_error(void *data, const struct history_row *row)
{
    snprintf(data, STORE_ERROR_MAX + 2, "%s", row->error);
    return false;
}

static void expect_error(struct book *book, const char *written,
                         const char *kept)
{
    static const char job[] = "j'ob \"x\"; --";
    struct history_query query = everything;
    char told[STORE_ERROR_MAX + 2] = "";
    struct entry end = finish(job, 10, 1, VERDICT_FAILED, 11);
    end.error = written;
    query.job = job;
    WRITE(book, claim(job, 10, 1, 10), end);
    assert_true(
        store_history(book->store, &query, copy_error, told, &book->error));
    assert_string_equal(told, kept);
}

static void strings_are_kept(struct book *book)
{
    static const char odd[] = "l'eșec: \"țară\" \x01\t%s; DROP TABLE run";
    expect_error(book, odd, odd);
}

static void long_strings_are_cut_between_characters(struct book *book)
{
    char written[STORE_ERROR_MAX + 10], kept[STORE_ERROR_MAX + 1];
    memset(written, 'x', sizeof written);
    written[sizeof written - 1] = '\0';
    memcpy(written + STORE_ERROR_MAX - 1, "ț", 2); /* half of it would fit */
    memset(kept, 'x', sizeof kept);
    kept[STORE_ERROR_MAX - 1] = '\0';
    expect_error(book, written, kept);
}

static void bytes_that_are_no_text_are_cut(struct book *book)
{
    char written[STORE_ERROR_MAX + 10], kept[STORE_ERROR_MAX + 1];
    memset(written, 'x', sizeof written);
    memset(written + STORE_ERROR_MAX - 8, 0x80, 18);
    written[sizeof written - 1] = '\0';
    memcpy(kept, written, sizeof kept);
    kept[STORE_ERROR_MAX - 4] = '\0';
    expect_error(book, written, kept);
}

static void string_of_the_most_bytes_is_kept(struct book *book)
{
    char kept[STORE_ERROR_MAX + 1];
    memset(kept, 'x', sizeof kept);
    kept[STORE_ERROR_MAX] = '\0';
    expect_error(book, kept, kept);
}

const struct promise promises_of_values[] = {
    PROMISE(words_of_a_newer_version_are_unknown),
    PROMISE(numbers_are_kept_whole),
    PROMISE(strings_are_kept),
    PROMISE(long_strings_are_cut_between_characters),
    PROMISE(bytes_that_are_no_text_are_cut),
    PROMISE(string_of_the_most_bytes_is_kept),
    { NULL, NULL },
};
