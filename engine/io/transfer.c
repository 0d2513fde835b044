/* A transfer: one easy handle with the buffers of its request and its answer,
 * used again and again.
 *
 * Story. Prepared: headers and body are copied into one buffer, the list of
 * headers is linked through nodes that live in the transfer. Sent: libcurl asks
 * us for a socket, then whether the request may go (`on_begin`), then hands
 * over headers and body, of which we keep the first part. Answered: libcurl's
 * code becomes a fault and a sentence.
 *
 * libcurl sends a request again by itself when a reused connection ended before
 * an answer came. For a POST that is one slot run twice, so the second
 * beginning of what was sent already is refused. To meet that rarely, a
 * connection is reused for at most CONNECTION_IDLE_S: common servers hang up
 * after five seconds, and a job of every five seconds would find out. */
#include "transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "self.h"

#define CONNECTION_IDLE_S  3 /* whole seconds: up to four */
#define CONNECT_DEFAULT_MS 5000

/* libcurl takes such a buffer for each transfer. One of its usual 16 KiB comes
 * from where malloc searches and joins, which is 2 us of a call's 25; a larger
 * answer is read in some pieces more. */
#define BUFFER_BYTES 1024L

/* Who stands on the way forgets a connection that is silent for some minutes.
 */
#define PROBE_AFTER_S 60
#define PROBE_EACH_S  15

/* ---- Sockets ---- */

static bool is_link_local_v4(const void *address)
{
    const unsigned char *bytes = address;
    return bytes[0] == 169 && bytes[1] == 254;
}

/* Clouds keep the keys of the machine at a link-local address. */
static bool is_link_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_link_local_v4(
            &((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *v6 =
        &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LINKLOCAL(v6) ||
           (IN6_IS_ADDR_V4MAPPED(v6) && is_link_local_v4(&v6->s6_addr[12]));
}

/* NULL where it may be called. */
static const char *why_refused(const struct transfer *transfer,
                               const struct sockaddr *address)
{
    if (is_link_local(address))
        return "the host has a link-local address, which is refused";
    if (self_is(&transfer->config->listener, address))
        return "that is the worker's own listener, which it does not call: "
               "the backend is another program";
    return NULL;
}

static curl_socket_t on_open(void *data, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
    struct transfer *transfer = data;
    const char *why = purpose == CURLSOCKTYPE_IPCXN
                          ? why_refused(transfer, &address->addr)
                          : "libcurl asked for a socket to listen on";
    if (!why)
        return curl_uv_open(transfer->curl, address);
    transfer->address_refused = why;
    return CURL_SOCKET_BAD;
}

/* Before the request has begun libcurl still tells of the handle's last one. */
bool transfer_sent(const struct transfer *transfer)
{
    long bytes = 0;
    if (!transfer->begun)
        return false;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

/* Connected, and the request would go out now. */
static int on_begin(void *data, char *remote_ip, char *local_ip,
                    int remote_port, int local_port)
{
    struct transfer *transfer = data;
    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (!transfer->repeatable && transfer_sent(transfer)) {
        transfer->repeat_refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->begun = true;
    return CURL_PREREQFUNC_OK;
}

/* ---- What comes ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    size_t len = size * count;
    size_t room = transfer->keep_max - transfer->body.len;
    text_add(&transfer->body, bytes, len < room ? len : room);
    transfer->body_total += len;
    transfer->too_large = transfer->body_total > HTTP_ANSWER_MAX;
    return transfer->too_large ? 0 : len;
}

static size_t trimmed(const char *bytes, size_t len)
{
    while (len > 0 && (unsigned char)bytes[len - 1] <= ' ')
        len--;
    return len;
}

static char plain(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
}

/* "Name: value\r\n" is kept as "name: value\n". A status line begins anew: an
 * interim answer may have come before. What has no name, as a folded line, is
 * left out. */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct text *headers = &transfer->headers;
    size_t all = size * count, len = trimmed(bytes, all);
    if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        text_clear(headers);
        return all;
    }
    const char *colon = memchr(bytes, ':', len);
    if (!colon || colon == bytes || (unsigned char)bytes[0] <= ' ')
        return all;
    const char *value = colon + 1, *end = bytes + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    size_t name_len = (size_t)(colon - bytes);
    if (headers->len + name_len + (size_t)(end - value) + 3 >
        ANSWER_HEADERS_MAX)
        return all; /* whole lines only */
    for (const char *at = bytes; at < colon; at++)
        text_putc(headers,
                  *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : plain(*at));
    text_add(headers, ": ", 2);
    for (const char *at = value; at < end; at++)
        text_putc(headers, plain(*at));
    text_putc(headers, '\n');
    return all;
}

/* ---- Life ---- */

/* There is no least speed: a backend that works on a call for an hour sends
 * nothing meanwhile, and how long that may take is what the call's timeout
 * says, which each has. That the other side has gone without a word, TCP's own
 * probes find out, and they keep the way to it open. */
static void set_limits(CURL *easy, const struct transfer_config *config)
{
    uint32_t connect_ms = config->connect_timeout_ms;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect_ms ? connect_ms : CONNECT_DEFAULT_MS));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)PROBE_AFTER_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)PROBE_EACH_S);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                     (curl_off_t)HTTP_ANSWER_MAX);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
}

static void set_manners(CURL *easy, const struct transfer_config *config)
{
    const char *protocols = config->https_only ? "https" : "http,https";
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    /* A redirect would carry our headers to another host. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* One connection lost must not be all calls lost, and small calls gain
     * nothing from sharing one. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A name server that hangs is not waited for. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (config->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* The environment's proxy would see the key. */
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "mooncron/" MOONCRON_VERSION);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->says);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_begin);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_uv_adopt(transfer->curl, easy);
}

void transfer_init(struct transfer *transfer, struct curl_uv *curl,
                   const struct transfer_config *config)
{
    *transfer = (struct transfer){ .easy = curl_easy_init(),
                                   .curl = curl,
                                   .config = config };
    text_init(&transfer->body, HTTP_ANSWER_MAX);
    text_init(&transfer->headers, ANSWER_HEADERS_MAX);
    set_limits(transfer->easy, config);
    set_manners(transfer->easy, config);
    set_callbacks(transfer);
}

void transfer_close(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    text_close(&transfer->body);
    text_close(&transfer->headers);
    free(transfer->bytes);
}

void transfer_reset(struct transfer *transfer)
{
    text_clear(&transfer->body);
    text_clear(&transfer->headers);
    transfer->body_total = 0;
    transfer->begun = transfer->repeat_refused = false;
    transfer->too_large = transfer->keyed = false;
    transfer->address_refused = NULL;
    transfer->fault = HTTP_NO_FAULT;
    transfer->says[0] = '\0';
    clock_gettime(CLOCK_MONOTONIC, &transfer->since);
}

/* A connection is used again only by requests that show the same. */
void transfer_certify(struct transfer *transfer, bool ours)
{
    const struct transfer_config *config = transfer->config;
    if (!config->client_cert)
        return;
    CURL *easy = transfer->easy;
    const char *key =
        config->client_key ? config->client_key : config->client_cert;
    curl_easy_setopt(easy, CURLOPT_SSLCERT, ours ? config->client_cert : NULL);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, ours ? key : NULL);
    /* Without one OpenSSL would ask on the terminal, and wait. */
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ours ? "" : NULL);
}

void transfer_shrink(struct transfer *transfer)
{
    if (transfer->body.len > HTTP_KEEP_MAX)
        text_close(&transfer->body);
    if (transfer->byte_cap > HTTP_KEEP_MAX) {
        free(transfer->bytes);
        transfer->bytes = NULL;
        transfer->byte_cap = 0;
    }
}

/* ---- What came of it ---- */

void transfer_fail(struct transfer *transfer, enum http_fault fault,
                   const char *sentence)
{
    transfer->fault = fault;
    strncpy(transfer->says, sentence, sizeof transfer->says - 1);
    transfer->says[sizeof transfer->says - 1] = '\0';
}

static enum http_fault fault_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_NO_FAULT;
    case CURLE_URL_MALFORMAT:
        return HTTP_BAD_URL;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return HTTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return HTTP_TOO_LARGE;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return HTTP_TLS;
    default:
        return HTTP_BROKEN;
    }
}

/* libcurl's code, and what only we know. */
static void judge(struct transfer *transfer, CURLcode code, bool sent)
{
    if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED) {
        transfer_fail(transfer, HTTP_TOO_LARGE,
                      "the answer is larger than 1 MiB");
        return;
    }
    if (code != CURLE_OK && transfer->repeat_refused) {
        transfer_fail(transfer, HTTP_BROKEN,
                      "the connection ended before an answer came");
        return;
    }
    if (code == CURLE_COULDNT_CONNECT && transfer->address_refused) {
        transfer_fail(transfer, HTTP_BAD_URL, transfer->address_refused);
        return;
    }
    transfer->fault = fault_of(code);
    /* A second try of libcurl's own may fail where the first had sent. */
    if (sent &&
        (transfer->fault == HTTP_UNREACHABLE || transfer->fault == HTTP_TLS))
        transfer->fault = HTTP_BROKEN;
    if (transfer->fault == HTTP_NO_FAULT)
        transfer->says[0] = '\0';
    else if (!transfer->says[0])
        transfer_fail(transfer, transfer->fault, curl_easy_strerror(code));
    /* libcurl may quote what the other side sent. */
    for (char *at = transfer->says; *at; at++)
        *at = plain(*at);
}

static uint32_t took_ms(const struct transfer *transfer)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - transfer->since.tv_sec) * 1000 +
                      (now.tv_nsec - transfer->since.tv_nsec) / 1000000);
}

void transfer_answer(struct transfer *transfer, CURLcode code,
                     struct http_answer *ret)
{
    long status = 0;
    bool sent = transfer_sent(transfer);
    if (transfer->fault == HTTP_NO_FAULT)
        judge(transfer, code, sent);
    if (transfer->begun)
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret = (struct http_answer){
        .fault = transfer->fault,
        .sentence = transfer->says,
        .sent = sent,
        .keyed = transfer->keyed,
        .status = (int)status,
        .body = transfer->body.data,
        .body_len = transfer->body.len,
        .headers = transfer->headers.data,
        .took_ms = took_ms(transfer),
    };
}
