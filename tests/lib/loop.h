/* A loop of libuv, turned until something has come about. */
#ifndef TESTS_LOOP_H
#define TESTS_LOOP_H

#include <uv.h>

/* Until `*count` is `wanted`; the test fails where it is not in time, which is
 * far more than anything takes. */
void loop_until(uv_loop_t *loop, const unsigned *count, unsigned wanted);
/* The same where somebody has to be asked, as another thread. */
void loop_until_says(uv_loop_t *loop, unsigned (*count)(void *data), void *data,
                     unsigned wanted);

/* Closes it; the test fails, and names it, where a handle is left open. */
void loop_end(uv_loop_t *loop);

#endif
