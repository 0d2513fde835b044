/* A verdict, and the shortest thing that says why. */
#include "result.h"

#include <inttypes.h>
#include <string.h>

#include "mooncron/verdict.h"
#include "talk.h"

/* 0: it is none of them. */
static unsigned number_of(const char *word, const char *const *names,
                          unsigned count)
{
    while (--count > 0 && strcmp(word, names[count]) != 0)
        ;
    return count;
}

static const char *no_more(const json_t *run)
{
    return why_no_more(
        (enum verdict)number_of(talk_text(run, "verdict"), verdict_names,
                                VERDICTS),
        (enum why)number_of(talk_text(run, "why"), why_names, WHYS));
}

void result_put(const json_t *run, struct text *out)
{
    const char *verdict = talk_text(run, "verdict");
    const char *why = talk_text(run, "why"), *cause = talk_text(run, "cause");
    int64_t status = talk_number(run, "status");
    text_puts(out, strcmp(verdict, "failed") ? verdict : "FAILED");
    if (strcmp(verdict, "ok") == 0)
        return;
    if (*why && !no_more(run)) /* else what the last attempt came to */
        text_printf(out, " %s", why);
    else if (status)
        text_printf(out, " %" PRId64, status);
    else if (*cause)
        text_printf(out, " %s", cause);
}

void result_put_no_more(const json_t *run, const char *before, struct text *out)
{
    const char *clause = no_more(run);
    if (clause)
        text_printf(out, "%sno attempt %" PRId64 ": %s", before,
                    talk_number(run, "attempt") + 1, clause);
}
