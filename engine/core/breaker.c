/* A breaker keeps calls from an origin that does not answer, and finds out when
 * it does again. */
#include "breaker.h"
#include "mooncron/random.h"

int64_t breaker_cools_ms(const struct breaker *breaker, struct mono now)
{
    bool cools = breaker->state == BREAKER_OPEN && now.ms < breaker->until.ms;
    return cools ? breaker->until.ms - now.ms : 0;
}

bool breaker_open(const struct breaker *breaker, struct mono now)
{
    return breaker->state == BREAKER_HALF_OPEN ||
           breaker_cools_ms(breaker, now) > 0;
}

bool breaker_closed(const struct breaker *breaker)
{
    return breaker->state == BREAKER_CLOSED;
}

bool breaker_probed(const struct breaker *breaker)
{
    return breaker->state == BREAKER_HALF_OPEN;
}

bool breaker_admits(struct breaker *breaker, struct mono now)
{
    if (breaker_open(breaker, now))
        return false;
    if (breaker->state == BREAKER_OPEN)
        breaker->state = BREAKER_HALF_OPEN;
    return true;
}

void breaker_release(struct breaker *breaker)
{
    if (breaker->state == BREAKER_HALF_OPEN)
        breaker->state = BREAKER_OPEN; /* and cool already */
}

/* Doubles with each probe that fails; half of it is chance, so that not all
 * workers of an origin probe it at the same moment. */
static void cool_down(struct breaker *breaker, struct mono now,
                      uint64_t *random)
{
    int64_t longer = breaker->cool_ms ? breaker->cool_ms * 2 : BREAKER_COOL_MS;
    breaker->state = BREAKER_OPEN;
    breaker->cool_ms =
        longer < BREAKER_COOL_MS_MAX ? longer : BREAKER_COOL_MS_MAX;
    breaker->until.ms = now.ms + random_half_ms(breaker->cool_ms, random);
}

static enum breaker_turn tell_good(struct breaker *breaker)
{
    bool shut = breaker->state != BREAKER_CLOSED;
    *breaker = (struct breaker){ .state = BREAKER_CLOSED };
    return shut ? BREAKER_SHUT : BREAKER_STAYS;
}

enum breaker_turn breaker_tell(struct breaker *breaker, bool good,
                               struct mono now, uint64_t *random)
{
    if (good)
        return tell_good(breaker);
    switch (breaker->state) {
    case BREAKER_CLOSED:
        if (++breaker->fails < BREAKER_FAILS)
            return BREAKER_STAYS;
        cool_down(breaker, now, random);
        return BREAKER_OPENED;
    case BREAKER_HALF_OPEN:
        cool_down(breaker, now, random);
        return BREAKER_STAYS;
    case BREAKER_OPEN:
        break;
    }
    return BREAKER_STAYS;
}
