/* Findings: counted all, told as far as anybody reads. */
#include "findings.h"

#include <stdarg.h>

#define FINDINGS_MAX 20         /* of a point that are told */
#define TEXT_MAX     (64 << 10) /* they are short */

void findings_open(struct findings *findings)
{
    *findings = (struct findings){ 0 };
    text_init(&findings->text, TEXT_MAX);
}

void findings_close(struct findings *findings)
{
    text_close(&findings->text);
}

static void note(struct findings *findings, unsigned *counter,
                 const char *format, va_list arguments)
{
    ++*counter;
    unsigned all = findings->lost + findings->doubled + findings->unsound;
    if (all > FINDINGS_MAX)
        return;
    text_puts(&findings->text, "  ");
    text_vprintf(&findings->text, format, arguments);
    text_putc(&findings->text, '\n');
}

void findings_count(struct findings *findings, unsigned *counter,
                    const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(findings, counter, format, arguments);
    va_end(arguments);
}

void findings_add(struct findings *findings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(findings, &findings->unsound, format, arguments);
    va_end(arguments);
}
