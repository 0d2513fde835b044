/* What every driver of the store promises: a list for each subject, the last
 * row of which has no name. */
#ifndef TESTS_STORE_PROMISES_H
#define TESTS_STORE_PROMISES_H

#include "book.h"

struct promise {
    const char *name;
    void (*keep)(struct book *book); /* an empty one */
};

/* clang-format off */
#define PROMISE(name) { #name, name }
/* clang-format on */

extern const struct promise promises_of_claims[], promises_of_batches[],
    promises_of_epochs[], promises_of_backfills[], promises_of_recall[],
    promises_of_offs[], promises_of_lives[], promises_of_history[],
    promises_of_walks[], promises_of_values[], promises_of_retention[];

#endif
