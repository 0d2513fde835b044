/* Origins: where requests may go, and which of them may see the key.
 *
 * A URL is judged by the parser that will follow it, libcurl's own: two that
 * read one text differently are how keys reach strangers. */
#include "mooncron/origin.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mooncron/http.h"
#include "mooncron/memory.h"

#define ORIGIN_MAX 300 /* scheme, a host name of 255, port */

struct origin {
    char text[ORIGIN_MAX];       /* "http://host:80", the port always written */
    char short_text[ORIGIN_MAX]; /* without it where it is the scheme's own */
};

struct origins {
    struct origin all[ORIGINS_MAX + 1]; /* the backend's is the first */
    size_t count;
    bool https_only;
    char *base; /* backend_url without a slash at its end */
    size_t base_len;
};

/* ---- Parts of a URL ---- */

static bool origin_format(CURLU *url, struct origin *ret)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    bool good = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
                    CURLUE_OK &&
                (size_t)snprintf(ret->text, sizeof ret->text, "%s://%s:%s",
                                 scheme, host, port) < sizeof ret->text;
    if (good) {
        bool own = !strcmp(port, strcasecmp(scheme, "http") ? "443" : "80");
        snprintf(ret->short_text, sizeof ret->short_text, "%.*s",
                 (int)(strlen(ret->text) - (own ? strlen(port) + 1 : 0)),
                 ret->text);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return good;
}

static bool origin_is_https(const struct origin *origin)
{
    return strncasecmp(origin->text, "https://", 8) == 0;
}

static bool origin_is_http(const struct origin *origin)
{
    return strncasecmp(origin->text, "http://", 7) == 0 ||
           origin_is_https(origin);
}

static bool url_has(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    bool has = curl_url_get(url, part, &value, 0) == CURLUE_OK;
    curl_free(value);
    return has;
}

static bool url_has_user(CURLU *url)
{
    return url_has(url, CURLUPART_USER) || url_has(url, CURLUPART_PASSWORD);
}

/* Bytes that end a request line early, or that libcurl itself refuses. */
static bool url_is_printable(const char *url)
{
    for (const unsigned char *at = (const unsigned char *)url; *at; at++) {
        if (*at <= 0x20 || *at == 0x7f)
            return false;
    }
    return true;
}

/* Puts `text`, which may be relative to what is there, into `url`. True where
 * it may be called. */
static bool url_take(CURLU *url, const char *text, bool https_only,
                     struct origin *ret_origin, const char **ret_why)
{
    CURLUcode code =
        url_is_printable(text)
            ? curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME)
            : CURLUE_MALFORMED_INPUT;
    *ret_why = NULL;
    if (code != CURLUE_OK)
        *ret_why = code == CURLUE_BAD_SCHEME ? "it has no scheme"
                                             : curl_url_strerror(code);
    else if (!origin_format(url, ret_origin) || !origin_is_http(ret_origin))
        *ret_why = "only http:// and https:// are spoken here";
    else if (https_only && !origin_is_https(ret_origin))
        *ret_why = "only https:// is spoken here (MOONCRON_HTTPS_ONLY)";
    else if (url_has_user(url))
        *ret_why = "a user name or password has no place in a URL";
    return !*ret_why;
}

static CURLU *url_parse(const char *text, bool https_only,
                        struct origin *ret_origin, const char **ret_why)
{
    CURLU *url = curl_url();
    if (url_take(url, text, https_only, ret_origin, ret_why))
        return url;
    curl_url_cleanup(url);
    return NULL;
}

/* ---- The list ---- */

static bool set_backend(struct origins *origins, const char *text,
                        struct error *reterr)
{
    const char *why;
    CURLU *url = url_parse(text, origins->https_only, &origins->all[0], &why);
    if (url &&
        (url_has(url, CURLUPART_QUERY) || url_has(url, CURLUPART_FRAGMENT))) {
        why = "it is a prefix, so it has no ? and no #";
        curl_url_cleanup(url);
        url = NULL;
    }
    if (!url) {
        /* What has an @ may hold a password. */
        if (strchr(text, '@'))
            error_set(reterr, "BACKEND_URL: %s", why);
        else
            error_set(reterr,
                      "BACKEND_URL \"%.100s\" is no URL like "
                      "http://localhost:4000: %s",
                      text, why);
        return false;
    }
    char *whole = NULL;
    curl_url_get(url, CURLUPART_URL, &whole, 0);
    curl_url_cleanup(url);
    size_t len = strlen(whole);
    while (len > 0 && whole[len - 1] == '/')
        len--;
    origins->base = memory_copy(whole, len);
    origins->base_len = len;
    origins->count = 1;
    curl_free(whole);
    return true;
}

static bool allow(struct origins *origins, const char *word, size_t len,
                  struct error *reterr)
{
    char text[ORIGIN_MAX];
    const char *why = "it is too long";
    bool bare = memmem(word, len, "://", 3) == NULL;
    int wrote = snprintf(text, sizeof text, "%s%.*s", bare ? "https://" : "",
                         (int)(len < ORIGIN_MAX ? len : ORIGIN_MAX), word);
    CURLU *url = NULL;
    if (origins->count > ORIGINS_MAX)
        why = "there are too many";
    else if (wrote > 0 && (size_t)wrote < sizeof text)
        url = url_parse(text, origins->https_only,
                        &origins->all[origins->count], &why);
    if (!url) {
        error_set(reterr,
                  "MOONCRON_ALLOW_HOSTS: \"%.*s\" is no origin like "
                  "https://hooks.example.org: %s",
                  memchr(word, '@', len) ? 0 : (int)(len < 100 ? len : 100),
                  word, why);
        return false;
    }
    curl_url_cleanup(url);
    origins->count++;
    return true;
}

static bool allow_all(struct origins *origins, const char *list,
                      struct error *reterr)
{
    static const char between[] = " \t\n,";
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t len = strcspn(list, between);
        if (!allow(origins, list, len, reterr))
            return false;
        list += len;
    }
    return true;
}

struct origins *origins_new(const char *backend_url, const char *allow_hosts,
                            bool https_only, struct error *reterr)
{
    struct origins *origins = memory_new(sizeof *origins);
    origins->https_only = https_only;
    if (set_backend(origins, backend_url ? backend_url : "", reterr) &&
        (!allow_hosts || allow_all(origins, allow_hosts, reterr)))
        return origins;
    origins_free(origins);
    return NULL;
}

void origins_free(struct origins *origins)
{
    if (!origins)
        return;
    free(origins->base);
    free(origins);
}

static size_t origin_find(const struct origins *origins,
                          const struct origin *origin)
{
    size_t at = 0;
    while (at < origins->count &&
           strcasecmp(origins->all[at].text, origin->text) != 0)
        at++;
    return at;
}

/* Jobs name their origin the short way, each time they are due. */
size_t origins_number(const struct origins *origins, const char *text)
{
    struct origin origin;
    const char *why;
    if (!*text || *text == '/')
        return 0;
    for (size_t i = 0; i < origins->count; i++)
        if (!strcasecmp(origins->all[i].short_text, text))
            return i;
    CURLU *url = url_parse(text, origins->https_only, &origin, &why);
    curl_url_cleanup(url);
    size_t at = url ? origin_find(origins, &origin) : origins->count;
    return at < origins->count ? at : ORIGINS_MAX + 1;
}

/* ---- One URL ---- */

static bool put_path(const struct origins *origins, const char *path,
                     char *buffer, size_t size, struct error *reterr)
{
    size_t len = strlen(path);
    if (origins->base_len + len >= size) {
        error_set(reterr, "the URL is longer than %d bytes", HTTP_URL_MAX);
        return false;
    }
    if (!url_is_printable(path)) {
        error_set(reterr, "the path holds a space or a control character; "
                          "write these as %%20 and the like");
        return false;
    }
    memcpy(buffer, origins->base, origins->base_len);
    memcpy(buffer + origins->base_len, path, len + 1);
    return true;
}

static bool put_url(const struct origins *origins, const char *text,
                    char *buffer, size_t size, bool *ret_backend,
                    struct error *reterr)
{
    struct origin origin;
    const char *why;
    CURLU *url = url_parse(text, origins->https_only, &origin, &why);
    if (!url) {
        error_set(reterr, "this is no URL to call: %s", why);
        return false;
    }
    char *whole = NULL;
    curl_url_get(url, CURLUPART_URL, &whole, 0);
    curl_url_cleanup(url);
    size_t at = origin_find(origins, &origin);
    bool good = at < origins->count && strlen(whole) < size;
    if (good)
        strcpy(buffer, whole);
    else if (at < origins->count)
        error_set(reterr, "the URL is longer than %d bytes", HTTP_URL_MAX);
    else
        error_set(reterr,
                  "%s is neither BACKEND_URL's origin nor listed in "
                  "MOONCRON_ALLOW_HOSTS",
                  origin.text);
    *ret_backend = at == 0;
    curl_free(whole);
    return good;
}

bool origins_resolve(const struct origins *origins, const char *url,
                     char *buffer, size_t size, bool *ret_backend,
                     struct error *reterr)
{
    if (*url != '/')
        return put_url(origins, url, buffer, size, ret_backend, reterr);
    *ret_backend = true;
    return put_path(origins, url, buffer, size, reterr);
}

static bool follow(const struct origins *origins, CURLU *url,
                   const struct origin *home, const char *location,
                   struct error *reterr)
{
    struct origin origin;
    const char *why = "it is empty";
    if (!*location ||
        !url_take(url, location, origins->https_only, &origin, &why)) {
        error_set(reterr, "this is no URL to call: %s", why);
        return false;
    }
    if (strcasecmp(origin.text, home->text) != 0) {
        error_set(reterr, "it is at %s, and the request went to %s",
                  origin.short_text, home->short_text);
        return false;
    }
    curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
    return true;
}

bool origins_follow(const struct origins *origins, const char *from,
                    const char *location, char *buffer, size_t size,
                    struct error *reterr)
{
    bool backend;
    struct origin home;
    const char *why;
    if (!origins_resolve(origins, from, buffer, size, &backend, reterr))
        return false;
    CURLU *url = url_parse(buffer, origins->https_only, &home, &why);
    if (!url) {
        error_set(reterr, "this is no URL to call: %s", why);
        return false;
    }
    bool good = follow(origins, url, &home, location, reterr);
    char *whole = NULL;
    if (good)
        curl_url_get(url, CURLUPART_URL, &whole, 0);
    if (good && (!whole || strlen(whole) >= size)) {
        error_set(reterr, "the URL is longer than %d bytes", HTTP_URL_MAX);
        good = false;
    }
    if (good)
        strcpy(buffer, whole);
    curl_free(whole);
    curl_url_cleanup(url);
    return good;
}
