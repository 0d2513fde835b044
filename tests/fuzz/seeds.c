/* Real inputs to begin with: files, and the strings of our own tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mooncron/memory.h"

#define FILE_BYTES_MAX (1u << 20)
#define PATH_BYTES_MAX 512

uint8_t *fuzz_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    uint8_t *bytes = memory_new(FILE_BYTES_MAX);
    *ret_len = fread(bytes, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return bytes;
}

/* Escapes stay as they are written: nonsense is welcome. */
void fuzz_literals(const char *path, fuzz_take *take, void *context)
{
    char full[PATH_BYTES_MAX];
    size_t len;
    snprintf(full, sizeof full, "%s/%s", SOURCE_DIR, path);
    char *bytes = (char *)fuzz_file(full, &len);
    for (char *at = bytes, *end = bytes + len; at && at < end;) {
        char *open = memchr(at, '"', (size_t)(end - at));
        char *line = memchr(at, '\n', (size_t)(end - at));
        if (!open || !line)
            break;
        at = line + 1;
        char *close =
            open < line ? memchr(open + 1, '"', (size_t)(line - open)) : NULL;
        if (!close)
            continue;
        take(context, open + 1, (size_t)(close - open - 1));
        at = close + 1;
    }
    free(bytes);
}
