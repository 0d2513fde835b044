/* A job is known by the first letter of its name. */
#include "endpoints.h"

#include <string.h>

#define SICK                                                                   \
    {                                                                          \
        .verdict = VERDICT_FAILED, .cause = CAUSE_SERVER, .status = 503        \
    }

struct reply endpoint(void *data, const struct action *act)
{
    struct endpoints *endpoints = data;
    char letter = act->note.name[0];
    endpoints->calls[(unsigned char)letter]++;
    if (strchr(endpoints->sick, letter))
        return (struct reply)SICK;
    if (endpoints->gone && strchr(endpoints->gone, letter))
        return (struct reply)GONE;
    return (struct reply){ .verdict = VERDICT_OK, .status = 200 };
}

void endpoints_begin(struct story *story, const struct line *lines,
                     struct endpoints *endpoints)
{
    struct world world = story_world(lines);
    world.reply_of = endpoint;
    world.data = endpoints;
    story_calm(story, &world);
}

uint32_t calls(struct endpoints *endpoints, char letter)
{
    uint32_t count = endpoints->calls[(unsigned char)letter];
    endpoints->calls[(unsigned char)letter] = 0;
    return count;
}
