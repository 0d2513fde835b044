/* Settings as their makers see them: fetch and file only. */
#ifndef IO_SETTINGS_JSON_H
#define IO_SETTINGS_JSON_H

#include <jansson.h>

#include "mooncron/settings.h"

/* From a value that was parsed already; it stays the caller's. */
struct settings *settings_from(const json_t *json, struct error *reterr);

/* What the backend called them; strings are copied. */
void settings_name_version(struct settings *settings, const char *etag,
                           const char *version);

#endif
