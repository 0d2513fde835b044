/* What of a request comes from a script: checked the same for a declared job
 * and for a call of a run. */
#ifndef SCRIPT_URL_H
#define SCRIPT_URL_H

#include <lua.h>
#include <stdbool.h>

#include "mooncron/text.h"

#define URL_MAX     4096 /* of a path with its query; libcurl's own is larger */
#define HEADERS_MAX 32   /* beside the worker's own */

/* NULL for a path below the backend, or for a whole http(s) URL; else a clause:
 * "must start with /". */
const char *url_path_fault(const char *path);

/* Whether it is a whole http(s) URL, and no path. */
bool url_is_whole(const char *url);
/* "https://host:port" of a whole URL without a fault, in lower case, the port
 * only where it is not the scheme's own. `buffer` has URL_MAX + 1 bytes. */
const char *url_origin(const char *url, char *buffer);

/* Appends "?a=b&c=d" of the table at `index`, percent-encoded (RFC 3986), names
 * in order. False: `why` is a clause. */
bool url_put_query(lua_State *L, int index, struct text *out, char why[160]);

/* Appends "Name: value\n" of each field of the table at `index`, names in
 * order. False likewise. */
bool url_put_headers(lua_State *L, int index, struct text *out, char why[160]);

#endif
