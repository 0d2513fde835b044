/* A verdict, and the shortest thing that says why. */
#include "result.h"

#include <inttypes.h>
#include <string.h>

#include "talk.h"

void result_put(const json_t *run, struct text *out)
{
    const char *verdict = talk_text(run, "verdict");
    const char *why = talk_text(run, "why"), *cause = talk_text(run, "cause");
    int64_t status = talk_number(run, "status");
    text_puts(out, strcmp(verdict, "failed") ? verdict : "FAILED");
    if (strcmp(verdict, "ok") == 0)
        return;
    if (*why)
        text_printf(out, " %s", why);
    else if (status)
        text_printf(out, " %" PRId64, status);
    else if (*cause)
        text_printf(out, " %s", cause);
}
