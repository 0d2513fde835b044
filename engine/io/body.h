/* The body of a request as JSON. */
#ifndef IO_BODY_H
#define IO_BODY_H

#include <jansson.h>

#include "web.h"

/* What a client may nest; the deepest body that is understood has two. */
#define BODY_DEPTH_MAX 32

/* NULL where it is no JSON, names a key twice, or is nested deeper. */
json_t *body_json(const struct web_request *request);

#endif
