/* POST /api/v1/reload. */
#ifndef IO_API_H
#define IO_API_H

#include "web.h"

void api_reload(struct desk *desk, const struct web_request *request,
                struct web_answer *answer);

#endif
