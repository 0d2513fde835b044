/* A reading turns the text of one setting into its value. */
#ifndef MOONCRON_CLI_READING_H
#define MOONCRON_CLI_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"
#include "mooncron/instant.h"

/* Each says false with a sentence that continues "NAME ": what was wanted and
 * what was found. The value of a setting that is no secret may be shown. */
bool reading_bool(const char *text, bool *ret, struct error *reterr);
bool reading_choice(const char *text, const char *const *words, unsigned *ret,
                    struct error *reterr);
bool reading_duration(const char *text, int64_t min_ms, int64_t max_ms,
                      uint32_t *ret_ms, struct error *reterr);
bool reading_count(const char *text, int64_t min, int64_t max, uint32_t *ret,
                   struct error *reterr);
bool reading_scale(const char *text, double *ret, struct error *reterr);
bool reading_instant(const char *text, struct wall *ret, struct error *reterr);

/* http(s)://host[:port][/path], without user, query and fragment. */
bool reading_url(const char *text, struct error *reterr);

/* "HOST:PORT", an IPv6 address in brackets; `host` gets it without them. */
bool reading_listen(const char *text, char *host, size_t size,
                    uint16_t *ret_port, struct error *reterr);
bool reading_port(const char *text, uint16_t *ret_port, struct error *reterr);

/* One word of letters, digits, '-' and '_', which goes out in a header. */
bool reading_word(const char *text, struct error *reterr);

/* Names of variables, separated by spaces or commas. */
bool reading_names(const char *text, struct error *reterr);

#endif
