/* Doubt begins where one clock goes ahead of the other, and is over after an
 * hour of the one that nobody sets. */
#include "doubt.h"

static int64_t lived_ms(const struct stored_life *life)
{
    int64_t ms = life->seen.ms - life->began.ms;
    return ms > 0 ? ms : 0;
}

void doubt_begin(struct doubt *doubt, struct now now,
                 const struct stored_life *lives, size_t count)
{
    int64_t left_ms = DOUBT_MS;
    struct wall began = now.wall;
    *doubt = (struct doubt){ .last = now, .until_ms = now.mono.ms };
    for (size_t i = 0; i < count && left_ms > 0; i++) {
        if (began.ms - lives[i].seen.ms > DOUBT_AHEAD_MS) {
            doubt->until_ms += left_ms;
            return;
        }
        left_ms -= lived_ms(&lives[i]);
        began = lives[i].began;
    }
}

bool doubt_holds(struct doubt *doubt, struct now now)
{
    int64_t ahead_ms =
        now.wall.ms - doubt->last.wall.ms - (now.mono.ms - doubt->last.mono.ms);
    doubt->last = now;
    if (ahead_ms > DOUBT_AHEAD_MS)
        doubt->until_ms = now.mono.ms + DOUBT_MS;
    return now.mono.ms < doubt->until_ms;
}
