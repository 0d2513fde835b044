/* A text in the format that Prometheus reads (0.0.4), read strictly: stricter
 * than Prometheus itself. */
#ifndef TESTS_EXPOSITION_H
#define TESTS_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

struct exposition;

/* The test fails, with the line, where the text is malformed; where a family
 * has not one HELP and then one TYPE in front of all its samples, or comes
 * twice; where a sample is of no family, or comes twice; where a counter is not
 * called _total; or where a histogram's buckets contradict each other. */
struct exposition *exposition_read(const char *text);
void exposition_free(struct exposition *exposition); /* NULL is fine */

/* `name{labels}` as it stands in the text; false where there is none. */
bool exposition_find(const struct exposition *exposition, const char *sample,
                     double *ret);
/* The same; the test fails where there is none. */
double exposition_value(const struct exposition *exposition,
                        const char *sample);

size_t exposition_families(const struct exposition *exposition);
const char *exposition_family(const struct exposition *exposition, size_t index,
                              const char **ret_type, const char **ret_help);

#endif
