/* `mooncron backend`: the stand-in alone, until SIGTERM. Hidden: it is for the
 * benchmarks, for the backend's package, and for a worker in another window. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "mooncron/demo.h"
#include "reading.h"
#include "verbs.h"

static const struct args_option known[] = {
    { "listen", 0, "HOST:PORT", "127.0.0.1:4000; port 0 is any free one" },
    { "worker-url", 0, "URL", "where webhooks go, nowhere" },
    { "api-key-env", 0, "NAME", "the variable with the key, WORKER_API_KEY" },
    { "webhook-secret-env", 0, "NAME", "WORKER_WEBHOOK_SECRET" },
};

static const struct args_verb verb = {
    .name = "backend",
    .about = "A stand-in for the backend, with a ledger of every call at\n"
             "/_demo/ledger. Secrets come from the environment.\n",
    .operands = "",
    .options = known,
    .option_count = sizeof known / sizeof known[0],
};

struct options {
    char host[64];
    uint16_t port;
    const char *worker_url, *key_env, *secret_env;
};

/* The value of an option, or what stands for it. */
static const char *option_or(const struct args *args, const char *name,
                             const char *standard)
{
    const char *value = args_value(args, name);
    return value ? value : standard;
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
        .port = options->port,
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
    struct args args;
    struct options options;
    struct error error;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    const char *listen = option_or(&args, "listen", "127.0.0.1:4000");
    options.worker_url = args_value(&args, "worker-url");
    options.key_env = option_or(&args, "api-key-env", "WORKER_API_KEY");
    options.secret_env =
        option_or(&args, "webhook-secret-env", "WORKER_WEBHOOK_SECRET");
    if (!reading_listen(listen, options.host, sizeof options.host,
                        &options.port, &error))
        return args_refuse(&args, "--listen %s", error.text);
    return serve(&options);
}
