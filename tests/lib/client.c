/* A blocking HTTP client for tests, on libcurl's easy interface. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "mooncron/text.h"

#define BODY_MAX (64 << 20) /* a page of a full ledger */

static size_t keep(char *bytes, size_t size, size_t count, void *data)
{
    text_add(data, bytes, size * count);
    return size * count;
}

static struct curl_slist *header_list(const char *const *headers)
{
    /* Without this libcurl waits a second for "100 Continue". */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    return list;
}

static void options(CURL *easy, const char *method, const char *url,
                    const char *body)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)CLIENT_TIMEOUT_MS);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

struct client_answer client_send(const char *method, const char *url,
                                 const char *const *headers, const char *body)
{
    struct client_answer answer = { 0 };
    struct text kept, head;
    text_init(&kept, BODY_MAX);
    text_init(&head, 64 << 10);
    CURL *easy = curl_easy_init();
    struct curl_slist *list = header_list(headers);
    options(easy, method, url, body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &kept);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &head);
    CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = code == CURLE_OK ? (int)status : 0;
    snprintf(answer.error, sizeof answer.error, "%s", curl_easy_strerror(code));
    curl_slist_free_all(list);
    curl_easy_cleanup(easy);
    answer.json = json_loadb(kept.data, kept.len, 0, NULL);
    answer.body_len = kept.len;
    answer.body = text_take(&kept);
    answer.headers = text_take(&head);
    return answer;
}

void client_answer_close(struct client_answer *answer)
{
    free(answer->body);
    free(answer->headers);
    json_decref(answer->json);
    *answer = (struct client_answer){ 0 };
}

json_t *client_expect(int status, const char *method, const char *url,
                      const char *const *headers, const char *body)
{
    struct client_answer answer = client_send(method, url, headers, body);
    if (answer.status != status)
        fail_msg("%s %s: wanted %d, got %d %s\n%s", method, url, status,
                 answer.status, answer.error, answer.body);
    json_t *json = json_incref(answer.json);
    client_answer_close(&answer);
    return json;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct timeval patience = { .tv_sec = CLIENT_TIMEOUT_MS / 1000 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

char *client_raw(unsigned port, const char *bytes, size_t len)
{
    int fd = connect_to(port);
    /* The other side may hang up on nonsense before it read all of it. */
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    assert_true(sent > 0);
    shutdown(fd, SHUT_WR);
    struct text text;
    text_init(&text, BODY_MAX);
    char chunk[4096];
    ssize_t got;
    while ((got = recv(fd, chunk, sizeof chunk, 0)) > 0)
        text_add(&text, chunk, (size_t)got);
    close(fd);
    return text_take(&text);
}
