/* What the sink writes and the driver reads, in memory that both map. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdatomic.h>
#include <stdint.h>

#define REPORT_SAMPLES (1u << 20) /* a hundred seconds at 10,000 a second */

/* One call that named its slot. */
struct sample {
    int64_t slot_ms;
    int64_t late_us; /* negative: early */
};

struct report {
    _Atomic uint64_t calls;   /* with and without a slot */
    _Atomic uint64_t doubled; /* slots whose key came before */
    _Atomic uint32_t samples; /* written; those before are complete */
    struct sample sample[REPORT_SAMPLES];
};

#endif
