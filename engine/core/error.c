/* An error is a sentence that was wrapped on its way up. */
#include "mooncron/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_set(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
}

void error_wrap(struct error *err, const char *format, ...)
{
    char inner[sizeof err->text];
    memcpy(inner, err->text, sizeof inner);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof err->text)
        snprintf(err->text + len, sizeof err->text - (size_t)len, ": %s",
                 inner);
}
