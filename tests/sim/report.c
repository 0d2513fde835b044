/* The table that a run of many simulations ends with. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

void tally_take(struct tally *tally, const struct sim *sim)
{
    tally->seeds++;
    tally->steps += sim->steps;
    tally->requests += sim->backend.count;
    tally->entries += sim->disk.log.count;
    tally->lives += sim->worker.life;
    tally->hash += sim->hash; /* whoever of two processes ran it */
    tally->breaches += sim->breach_count;
    for (int i = 0; i < FAULTS; i++)
        tally->hits[i] += sim->hits[i];
    for (int i = 0; i < ORDERS; i++)
        tally->orders[i] += sim->orders[i];
    if (sim->breach_count && tally->found_count < FOUND_MAX)
        tally->found[tally->found_count++] =
            (struct found){ sim->options.seed, sim->breaches[0] };
}

void tally_add(struct tally *tally, const struct tally *other)
{
    tally->seeds += other->seeds;
    tally->again += other->again;
    tally->steps += other->steps;
    tally->requests += other->requests;
    tally->entries += other->entries;
    tally->lives += other->lives;
    tally->hash += other->hash;
    tally->differed += other->differed;
    tally->breaches += other->breaches;
    for (int i = 0; i < FAULTS; i++)
        tally->hits[i] += other->hits[i];
    for (int i = 0; i < ORDERS; i++)
        tally->orders[i] += other->orders[i];
    for (uint32_t i = 0; i < other->found_count; i++)
        if (tally->found_count < FOUND_MAX)
            tally->found[tally->found_count++] = other->found[i];
}

bool tally_print(const struct tally *tally, int64_t days, uint64_t least,
                 double seconds)
{
    bool enough = true;
    printf("%-28s %10s\n", "fault", "hits");
    for (int i = 0; i < FAULTS; i++) {
        bool few = tally->hits[i] < least;
        enough &= !few;
        printf("%-28s %10" PRIu64 "%s\n", fault_names[i], tally->hits[i],
               few ? "  too few" : "");
    }
    for (int i = 0; i < ORDERS; i++)
        if (tally->orders[i])
            printf("order: %-21s %10" PRIu64 "\n", order_names[i],
                   tally->orders[i]);
    printf("\n%" PRIu64 " steps, %" PRIu64 " requests, %" PRIu64
           " entries, %" PRIu64 " lives\n",
           tally->steps, tally->requests, tally->entries, tally->lives);
    printf("%" PRIu64 " seeds of %" PRId64 " days: %.1f virtual years in "
           "%.1f s, %.1f seeds a second\n",
           tally->seeds, days, (double)tally->seeds * (double)days / 365.2425,
           seconds, (double)tally->seeds / seconds);
    printf("hash %016" PRIx64 "; %" PRIu64 " seeds run twice, %" PRIu64
           " of them another way\n",
           tally->hash, tally->again, tally->differed);
    printf("violations: %" PRIu64 "\n", tally->breaches);
    return enough;
}
