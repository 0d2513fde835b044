/* Waiting with an end, and the stand-in's own reading of the clocks. */
#ifndef DEMO_PATIENCE_H
#define DEMO_PATIENCE_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Longest that any request waits for anything: no thread is lost for good. */
#define PATIENCE_MS_MAX 120000

/* A condition that is waited for on the monotonic clock. */
void patience_init(pthread_cond_t *condition);
/* That clock, `ms` from now; cut to 0 .. PATIENCE_MS_MAX. */
struct timespec patience_until(int64_t ms);

int64_t patience_wall_ns(void); /* since 1970 */
int64_t patience_mono_ms(void);

#endif
