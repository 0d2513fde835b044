/* Escapes are three bytes for one. */
#include "percent.h"

#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at text[*at], which moves behind it; -1 where it is malformed. */
static int decode_one(const char *text, size_t len, size_t *at)
{
    if (text[*at] != '%')
        return (unsigned char)text[(*at)++];
    if (len - *at < 3 || digit(text[*at + 1]) < 0 || digit(text[*at + 2]) < 0)
        return -1;
    int byte = digit(text[*at + 1]) * 16 + digit(text[*at + 2]);
    *at += 3;
    return byte;
}

bool percent_decode(const char *text, size_t len, char *buffer, size_t size)
{
    size_t at = 0, out = 0;
    buffer[0] = '\0';
    while (at < len) {
        int byte = decode_one(text, len, &at);
        if (byte < 0x20 || byte == 0x7f || out + 1 >= size) {
            buffer[0] = '\0';
            return false;
        }
        buffer[out++] = (char)byte;
    }
    buffer[out] = '\0';
    return true;
}

bool percent_next(const char **at, struct percent_pair *ret)
{
    while (**at == '&')
        (*at)++;
    if (!**at)
        return false;
    size_t len = strcspn(*at, "&"), name = strcspn(*at, "=&");
    const char *value = name < len ? *at + name + 1 : *at + len;
    if (!percent_decode(*at, name, ret->name, sizeof ret->name) ||
        !percent_decode(value, (size_t)(*at + len - value), ret->value,
                        sizeof ret->value))
        return false;
    *at += len;
    return true;
}
