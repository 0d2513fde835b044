/* A fuzz target looks at bytes, whatever they are, and stops the program where
 * something does not hold; it also knows real inputs to begin with.
 *
 * The same target is linked twice: to libFuzzer (fuzz_NAME, by ./dev fuzz) and
 * to a driver of ours that needs no clang (smoke_NAME, by ctest). */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* ---- what a target gives ---- */

void fuzz_bytes(const uint8_t *bytes, size_t len);

/* No input may take more CPU than this, sanitizers included. */
extern const unsigned fuzz_limit_ms;

typedef void fuzz_take(void *context, const void *bytes, size_t len);
void fuzz_seeds(fuzz_take *take, void *context);

/* ---- what it may use ---- */

#define FUZZ_ZONES "/usr/share/zoneinfo"

/* The whole of a file, to be freed; NULL where there is none. */
uint8_t *fuzz_file(const char *path, size_t *ret_len);

/* Each string literal of a source file of ours ("tests/core/test_cron.c"). */
void fuzz_literals(const char *path, fuzz_take *take, void *context);

/* ---- clock.c ---- */

/* fuzz_bytes() on a watch: stops the program where it takes too long. */
void fuzz_clocked(const uint8_t *bytes, size_t len);
double fuzz_slowest_ms(void);

#endif
