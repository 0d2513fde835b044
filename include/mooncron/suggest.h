/* "Did you mean": the nearest of a list of known words. */
#ifndef MOONCRON_SUGGEST_H
#define MOONCRON_SUGGEST_H

#include <stddef.h>

/* The word of `words` nearest to `word`, or NULL where none is near enough.
 *
 * Distance is optimal string alignment (insert, delete, replace, swap of
 * neighbours), ignoring case, `-` and `_`; it may be at most min(3, len/3) and
 * at least 1 is always allowed. Of equals the first wins.
 * A word of over 64 bytes is near to nothing. `words` ends after `count`. */
const char *suggest(const char *word, const char *const *words, size_t count);

/* The same, and where nothing is near, the only word that begins with `word`
 * (three letters or more): "prod" -> "production". */
const char *suggest_or_prefix(const char *word, const char *const *words,
                              size_t count);

#endif
