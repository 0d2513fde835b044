/* What is printed of an expression is read as the same one. */
#include "expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "cron_same.h"

struct cron parsed(const char *text)
{
    struct cron cron;
    struct cron_fault fault;
    if (!cron_parse(text, strlen(text), &cron, &fault))
        fail_msg("\"%s\": %s", text, fault.message);
    return cron;
}

void check_round_trip(const struct cron *cron, const char *text,
                      struct text *printed)
{
    text_clear(printed);
    cron_print(cron, printed);
    struct cron again = parsed(printed->data);
    if (printed->cut || !cron_same(cron, &again))
        fail_msg("\"%s\" became \"%s\"", text, printed->data);
}
