/* The webhook, from the sender's side: one POST, not repeated. */
#include "hook.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "patience.h"

static size_t keep_body(char *bytes, size_t size, size_t count, void *data)
{
    text_add(data, bytes, size * count);
    return size * count;
}

static struct curl_slist *headers_new(const char *secret)
{
    struct curl_slist *list =
        curl_slist_append(NULL, "Content-Type: application/json");
    if (!secret)
        return list;
    struct text line;
    text_init(&line, 8192);
    text_printf(&line, "X-Webhook-Secret: %s", secret);
    list = curl_slist_append(list, line.data);
    text_close(&line);
    return list;
}

static void transfer(CURL *easy, struct hook_answer *ret)
{
    CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    ret->status = code == CURLE_OK ? (int)status : 0;
    if (code == CURLE_OK)
        return;
    text_clear(&ret->body);
    text_puts(&ret->body, curl_easy_strerror(code));
}

void hook_send(const char *origin, const char *secret, const char *body,
               struct hook_answer *ret)
{
    char url[512];
    snprintf(url, sizeof url, "%s/webhook/settings-changed", origin);
    text_init(&ret->body, HOOK_ANSWER_MAX);
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = headers_new(secret);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HOOK_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &ret->body);
    int64_t began_ms = patience_mono_ms();
    transfer(easy, ret);
    ret->took_ms = patience_mono_ms() - began_ms;
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
}

void hook_answer_close(struct hook_answer *answer)
{
    text_close(&answer->body);
}
