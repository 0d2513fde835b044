/* A folder for the time of a test. */
#include "scratch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mooncron/text.h"

void scratch_make(struct scratch *scratch)
{
    strcpy(scratch->path, "/tmp/mooncron-test-XXXXXX");
    assert_non_null(mkdtemp(scratch->path));
}

static int remove_one(const char *path, const struct stat *stat, int type,
                      struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    if (*scratch->path)
        nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *scratch->path = '\0';
}

char *scratch_path(const struct scratch *scratch, const char *name)
{
    struct text text;
    text_init(&text, 4096);
    text_printf(&text, "%s/%s", scratch->path, name);
    return text_take(&text);
}

void scratch_write(const struct scratch *scratch, const char *name,
                   const char *content)
{
    char *path = scratch_path(scratch, name);
    char *aside = scratch_path(scratch, "aside.tmp");
    FILE *file = fopen(aside, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(aside, path), 0);
    free(aside);
    free(path);
}

char *scratch_read(const struct scratch *scratch, const char *name)
{
    char *path = scratch_path(scratch, name);
    FILE *file = fopen(path, "r");
    free(path);
    if (!file)
        return NULL;
    struct text text;
    text_init(&text, 16 << 20);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        text_add(&text, chunk, got);
    fclose(file);
    return text_take(&text);
}
