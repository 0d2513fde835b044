/* The door: who may look, and who may touch. */
#ifndef IO_DOOR_H
#define IO_DOOR_H

#include "web.h"

/* Each takes one try of the peer's rate, and fills `answer` where it says
 * false. To touch, the bearer token is needed, and where there is none at all
 * nothing is there to be touched: 404. To look, this machine needs nothing, and
 * others the token, unless that is public. What came through a proxy came from
 * elsewhere. */
bool door_touch(struct desk *desk, const struct web_request *request,
                struct web_answer *answer);
bool door_look(struct desk *desk, const struct web_request *request,
               struct web_answer *answer);

#endif
