/* Versions: what a stranger asks first when something is odd. */
#include "mooncron/versions.h"

#include <civetweb.h>
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <uv.h>

void versions_put(struct text *out)
{
    text_printf(out,
                "mooncron " MOONCRON_VERSION
                " (libuv %s, libcurl %s, jansson %s, civetweb %s, OpenSSL %s)",
                uv_version_string(),
                curl_version_info(CURLVERSION_NOW)->version,
                jansson_version_str(), mg_version(),
                OpenSSL_version(OPENSSL_VERSION_STRING));
}
