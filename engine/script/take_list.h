/* Options that take a list, or one thing for a list of one. */
#ifndef SCRIPT_TAKE_LIST_H
#define SCRIPT_TAKE_LIST_H

#include "take.h"

/* Reads one element, which is on top of the stack; false: it was blamed. */
typedef bool read_element(struct taker *taker, const char *key,
                          uint32_t element, void *data);

struct list_kind {
    const char *wanted; /* what the option takes */
    const char *items;  /* what its list has */
    uint32_t min, max;
    read_element *read;
};

/* Reads the value on top of the stack until an element is blamed. */
void take_list(struct taker *taker, const char *key,
               const struct list_kind *kind, void *data);

/* False, and it was blamed, unless the element is a text; `wanted` is what the
 * list has. */
bool element_is_text(struct taker *taker, const char *key, uint32_t element,
                     const char *wanted);

#endif
