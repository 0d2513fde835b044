/* A suggestion is the known word that a mistyped one was probably meant to be.
 */
#include "mooncron/suggest.h"

#include <string.h>

#define WORD_MAX 64 /* longer words are not typing mistakes of ours */

/* Lower case, without `-` and `_`; 0 where the word is too long. */
static size_t fold(const char *word, char folded[WORD_MAX])
{
    size_t len = 0;
    for (; *word; word++) {
        if (*word == '-' || *word == '_')
            continue;
        if (len == WORD_MAX)
            return 0;
        folded[len++] =
            (char)(*word >= 'A' && *word <= 'Z' ? *word | 0x20 : *word);
    }
    return len;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment, with the three last rows of the table. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = min3(last[j] + 1, row[j - 1] + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

const char *suggest(const char *word, const char *const *words, size_t count)
{
    char wanted[WORD_MAX], known[WORD_MAX];
    size_t wanted_len = fold(word, wanted);
    if (wanted_len == 0)
        return NULL;
    size_t limit = wanted_len / 3 < 3 ? wanted_len / 3 : 3;
    size_t best = (limit ? limit : 1) + 1;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t known_len = fold(words[i], known);
        size_t d = distance(wanted, wanted_len, known, known_len);
        /* A word of two letters is one edit from every other. */
        if (d < best && d < wanted_len && known_len) {
            best = d;
            found = words[i];
        }
    }
    return found;
}

const char *suggest_or_prefix(const char *word, const char *const *words,
                              size_t count)
{
    const char *found = suggest(word, words, count);
    size_t len = strlen(word);
    if (found || len < 3)
        return found;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(words[i], word, len) != 0)
            continue;
        if (found && strcmp(found, words[i]) != 0)
            return NULL;
        found = words[i];
    }
    return found;
}
