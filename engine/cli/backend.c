/* `mooncron backend`: the stand-in alone, until SIGTERM. Hidden: it is for the
 * benchmarks, for the backend's package, and for a worker in another window. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/demo.h"

#include "verbs.h"

static const char usage[] =
    "Usage: mooncron backend [--listen HOST:PORT] [--worker-url URL]\n"
    "                        [--api-key-env NAME] "
    "[--webhook-secret-env NAME]\n"
    "\n"
    "A stand-in for the backend, with a ledger of every call at\n"
    "/_demo/ledger. Secrets come from the environment: WORKER_API_KEY and\n"
    "WORKER_WEBHOOK_SECRET, or the variables that are named.\n";

struct options {
    char host[64];
    unsigned port;
    const char *worker_url, *key_env, *secret_env;
};

static bool listen_read(const char *text, struct options *options)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    char *end;
    if (!colon || len == 0 || len >= sizeof options->host)
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || port > 65535)
        return false;
    memcpy(options->host, text, len);
    options->host[len] = '\0';
    options->port = (unsigned)port;
    return true;
}

static bool option_read(const char *name, const char *value,
                        struct options *options)
{
    if (strcmp(name, "--listen") == 0)
        return listen_read(value, options);
    if (strcmp(name, "--worker-url") == 0)
        options->worker_url = value;
    else if (strcmp(name, "--api-key-env") == 0)
        options->key_env = value;
    else if (strcmp(name, "--webhook-secret-env") == 0)
        options->secret_env = value;
    else
        return false;
    return true;
}

static int serve(const struct options *options)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread exists */
    const char *key = getenv(options->key_env);
    if (!key || !*key) {
        fprintf(stderr, "mooncron backend: %s is not set\n", options->key_env);
        return EXIT_CONFIG;
    }
    const struct backend_user admin = { "worker@example.org", key, true };
    const struct backend_config config = {
        .host = options->host,
        .port = (uint16_t)options->port,
        .users = &admin,
        .user_count = 1,
        .worker_url = options->worker_url,
        .webhook_secret = getenv(options->secret_env),
        .enable_jobs = true,
        .environment = "production",
    };
    struct error error;
    struct backend *backend = backend_start(&config, &error);
    if (!backend) {
        fprintf(stderr, "mooncron backend: %s\n", error.text);
        return EXIT_UNAVAILABLE;
    }
    printf("listening on http://%s:%u\n", options->host, backend_port(backend));
    fflush(stdout);
    int signal;
    sigwait(&set, &signal);
    backend_stop(backend);
    return EXIT_OK;
}

int cli_backend(int argc, char **argv)
{
    struct options options = {
        .host = "127.0.0.1",
        .port = 4000,
        .key_env = "WORKER_API_KEY",
        .secret_env = "WORKER_WEBHOOK_SECRET",
    };
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_OK;
    }
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc || !option_read(argv[i], argv[i + 1], &options)) {
            fprintf(stderr, "mooncron backend: cannot use %s\n\n%s", argv[i],
                    usage);
            return EXIT_USAGE;
        }
    }
    return serve(&options);
}
