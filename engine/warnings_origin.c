/* Warnings about URLs that nobody may call: the first run would be the first to
 * find that out, or, of a heartbeat, the first that succeeds. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "warnings.h"

/* ---- W215 ---- */

/* A host that is longer is cut. */
#define ORIGIN_SHOWN 200

/* What stands behind it may be a secret. */
static int origin_len(const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host - url) + 3 : 0;
    len += strcspn(url + len, "/?#");
    return (int)(len < ORIGIN_SHOWN ? len : ORIGIN_SHOWN);
}

static void warn_origin(const struct job *job, const char *field,
                        const char *url, struct mistakes *warnings)
{
    char message[JOB_NAME_MAX + ORIGIN_SHOWN + 100], help[ORIGIN_SHOWN + 100];
    snprintf(message, sizeof message,
             "`%s` of job \"%s\" leads to %.*s, which may not be called", field,
             job->name, origin_len(url), url);
    snprintf(help, sizeof help,
             "where the worker runs:  MOONCRON_ALLOW_HOSTS=\"%.*s\"",
             origin_len(url), url);
    warning_add(warnings, job, "W215", message, help, "");
}

/* "post", as the file has it. */
static const char *field_of(const struct job *job, char field[8])
{
    size_t i = 0;
    for (const char *at = method_names[job->method]; at[i] && i < 7; i++)
        field[i] = (char)tolower((unsigned char)at[i]);
    field[i] = '\0';
    return field;
}

void warnings_find_origins(const struct jobset *set,
                           bool (*is_allowed)(const void *whose,
                                              const char *url),
                           const void *whose, struct mistakes *warnings)
{
    char field[8];
    for (uint32_t i = 0; i < jobset_count(set); i++) {
        const struct job *job = jobset_job(set, i);
        if (job->standing != STANDING_SCHEDULED)
            continue;
        if (*job->origin && !is_allowed(whose, job->origin))
            warn_origin(job, field_of(job, field), job->origin, warnings);
        if (*job->heartbeat && !is_allowed(whose, job->heartbeat))
            warn_origin(job, "heartbeat", job->heartbeat, warnings);
    }
}
