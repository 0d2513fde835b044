/* Versions: what a stranger asks first when something is odd. */
#include "mooncron/versions.h"

#include <civetweb.h>
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <uv.h>

size_t versions_get(struct version list[VERSIONS_MAX])
{
    const struct version all[] = {
        { "libuv", uv_version_string() },
        { "libcurl", curl_version_info(CURLVERSION_NOW)->version },
        { "jansson", jansson_version_str() },
        { "civetweb", mg_version() },
        { "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING) },
        { "SQLite", sqlite3_libversion() },
    };
    memcpy(list, all, sizeof all);
    return sizeof all / sizeof *all;
}
