/* The forms that values of settings come in. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"

#define WORD_MAX ((size_t)64)

bool reading_bool(const char *text, bool *ret, struct error *reterr)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        { "true", true }, { "false", false }, { "1", true },  { "0", false },
        { "yes", true },  { "no", false },    { "on", true }, { "off", false },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i].word) == 0) {
            *ret = words[i].value;
            return true;
        }
    }
    error_set(reterr, "must be true or false, not \"%s\"", text);
    return false;
}

bool reading_choice(const char *text, const char *const *words, unsigned *ret,
                    struct error *reterr)
{
    unsigned count = 0;
    char allowed[128] = "";
    for (; words[count]; count++) {
        if (strcmp(text, words[count]) == 0) {
            *ret = count;
            return true;
        }
        strncat(allowed, count ? ", " : "",
                sizeof allowed - strlen(allowed) - 1);
        strncat(allowed, words[count], sizeof allowed - strlen(allowed) - 1);
    }
    const char *near = suggest_or_prefix(text, words, count);
    error_set(reterr, "cannot be \"%s\"%s%s%s; allowed: %s", text,
              near ? ", did you mean \"" : "", near ? near : "",
              near ? "\"?" : "", allowed);
    return false;
}

bool reading_duration(const char *text, int64_t min_ms, int64_t max_ms,
                      uint32_t *ret_ms, struct error *reterr)
{
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    int64_t ms;
    enum duration_fault fault = duration_parse(text, strlen(text), &ms);
    if (fault == DURATION_OK && ms >= min_ms && ms <= max_ms) {
        *ret_ms = (uint32_t)ms;
        return true;
    }
    error_set(reterr, "must be a duration from %s to %s, not \"%s\"%s",
              duration_format(min_ms, low), duration_format(max_ms, high), text,
              fault == DURATION_NO_UNIT
                  ? ", which has no unit: \"30s\", \"5m\", \"1h\""
                  : "");
    return false;
}

bool reading_count(const char *text, int64_t min, int64_t max, uint32_t *ret,
                   struct error *reterr)
{
    size_t len = strspn(text, "0123456789");
    int64_t value = len > 0 && len <= 10 ? strtoll(text, NULL, 10) : -1;
    if (text[len] || value < min || value > max) {
        error_set(reterr,
                  "must be a whole number from %lld to %lld, not "
                  "\"%s\"",
                  (long long)min, (long long)max, text);
        return false;
    }
    *ret = (uint32_t)value;
    return true;
}

bool reading_scale(const char *text, double *ret, struct error *reterr)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0.1 && value <= 10000)) {
        error_set(reterr, "must be a number from 0.1 to 10000, not \"%s\"",
                  text);
        return false;
    }
    *ret = value;
    return true;
}

/* 0 stands for none, and nanoseconds since 1970 end in 2262. */
#define INSTANT_MS_MIN INT64_C(31536000000)   /* 1971 */
#define INSTANT_MS_MAX INT64_C(7258118400000) /* 2200 */

bool reading_instant(const char *text, struct wall *ret, struct error *reterr)
{
    struct wall at;
    if (!rfc3339_parse(text, strlen(text), &at)) {
        error_set(reterr, "must be RFC 3339, 2026-11-23T14:07:31Z, not \"%s\"",
                  text);
        return false;
    }
    if (at.ms < INSTANT_MS_MIN || at.ms >= INSTANT_MS_MAX) {
        error_set(reterr, "must be a time from 1971 to 2199, not \"%s\"", text);
        return false;
    }
    *ret = at;
    return true;
}

bool reading_port(const char *text, uint16_t *ret_port, struct error *reterr)
{
    size_t len = strspn(text, "0123456789");
    unsigned long port = len > 0 && len <= 5 ? strtoul(text, NULL, 10) : 65536;
    if (text[len] || port > 65535) {
        error_set(reterr, "has no port from 0 to 65535: \"%s\"", text);
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

/* The length of a host at the start of `text`, 0 where there is none. */
static size_t host_span(const char *text)
{
    if (text[0] == '[') {
        size_t len = strspn(text + 1, "0123456789abcdefABCDEF:.");
        return len > 0 && text[len + 1] == ']' ? len + 2 : 0;
    }
    return strspn(text, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
}

bool reading_listen(const char *text, char *host, size_t size,
                    uint16_t *ret_port, struct error *reterr)
{
    size_t len = host_span(text);
    if (len == 0 || text[len] != ':' || len >= size) {
        error_set(reterr,
                  "must be HOST:PORT, such as 127.0.0.1:3001 or [::1]:3001, "
                  "not \"%s\"",
                  text);
        return false;
    }
    if (!reading_port(text + len + 1, ret_port, reterr))
        return false;
    bool bracket = text[0] == '[';
    size_t bare = bracket ? len - 2 : len;
    memcpy(host, text + bracket, bare);
    host[bare] = '\0';
    return true;
}

/* What is wrong with an URL after its scheme, or NULL. */
static const char *authority_fault(const char *rest)
{
    size_t authority = strcspn(rest, "/?#");
    uint16_t port;
    struct error ignored;
    if (memchr(rest, '@', authority))
        return "must not hold a user or password";
    if (rest[strcspn(rest, "?#")])
        return "must not have a query or fragment";
    if (rest[strcspn(rest, " \t\r\n\\")])
        return "must not hold spaces or backslashes";
    size_t host = host_span(rest);
    if (host == 0)
        return "has no host";
    if (host != authority && rest[host] != ':')
        return "has a host that is none";
    if (host == authority)
        return NULL;
    char digits[8] = "";
    strncat(digits, rest + host + 1,
            authority - host - 1 < 7 ? authority - host - 1 : 7);
    return reading_port(digits, &port, &ignored) && port > 0
               ? NULL
               : "has a port that is none";
}

bool reading_url(const char *text, struct error *reterr)
{
    static const char *const schemes[] = { "http://", "https://" };
    const char *fault = "must begin with http:// or https://";
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (strncmp(text, schemes[i], len) == 0)
            fault = authority_fault(text + len);
    }
    if (!*text)
        fault = "is empty";
    if (!fault)
        return true;
    /* A password in it is nobody's to see. */
    bool shown = !strchr(text, '@');
    error_set(reterr, "%s%s%s%s; wanted: http(s)://host[:port][/path]", fault,
              shown ? ": \"" : "", shown ? text : "", shown ? "\"" : "");
    return false;
}

bool reading_word(const char *text, struct error *reterr)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strspn(text, good);
    if (!text[len] && len <= WORD_MAX)
        return true;
    error_set(
        reterr,
        "must be a word of at most %zu letters, digits, '-' and '_'; byte "
        "%zu is none of these, or one too many",
        WORD_MAX, (len < WORD_MAX ? len : WORD_MAX) + 1);
    return false;
}

bool reading_names(const char *text, struct error *reterr)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    for (text += strspn(text, ", "); *text; text += strspn(text, ", ")) {
        size_t len = strcspn(text, ", ");
        size_t good = 0;
        while (good < len &&
               (strchr(first, text[good]) ||
                (good > 0 && text[good] >= '0' && text[good] <= '9')))
            good++;
        if (good < len) {
            error_set(reterr,
                      "must list names of variables, separated by spaces or "
                      "commas; \"%.*s\" is none",
                      len < 64 ? (int)len : 64, text);
            return false;
        }
        text += len;
    }
    return true;
}
