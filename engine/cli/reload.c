/* `mooncron reload`: the running daemon loads the file and Settings again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "errand.h"
#include "mooncron/memory.h"
#include "mooncron/receipt.h"
#include "mooncron/secrets.h"
#include "token.h"
#include "verbs.h"

static const struct args_verb verb = {
    .name = "reload",
    .about =
        "Asks the daemon at MOONCRON_URL to load the schedule and Settings\n"
        "again, and waits for what came of it. Nothing is fired by it, and a\n"
        "mistake leaves the old schedule running. The token is\n"
        "MOONCRON_ADMIN_TOKEN, or the one that the daemon left in its runtime\n"
        "or state directory.\n",
    .operands = "",
};

/* The one that is set, or the daemon's own; owned by the caller. */
static char *token_find(const struct config *config)
{
    struct error ignored;
    char path[4096];
    if (config->admin_token)
        return memory_copy(config->admin_token, strlen(config->admin_token));
    token_path(config, path, sizeof path);
    char *token = secret_read(path, &ignored);
    return token ? token : memory_copy("", 0);
}

static int reloaded(const struct receipt *receipt, bool quiet)
{
    if (quiet)
        return EXIT_OK;
    if (receipt->nothing_changed) {
        printf("Nothing changed. Schedule #%u keeps running.\n",
               receipt->schedule);
        return EXIT_OK;
    }
    printf("Schedule #%u is running: %u added, %u changed, %u removed.",
           receipt->schedule, receipt->added, receipt->changed,
           receipt->removed);
    if (receipt->unchanged)
        printf(" The other %u keep%s %s.", receipt->unchanged,
               receipt->unchanged == 1 ? "s" : "",
               receipt->unchanged == 1 ? "its times" : "their times");
    putchar('\n');
    return EXIT_OK;
}

/* What a refusal or failure means for whoever asked. */
static const struct {
    int status, code;
    const char *help;
} answers[] = {
    { 401, EXIT_REFUSED,
      "set MOONCRON_ADMIN_TOKEN, or run this as the daemon's user with its "
      "STATE_DIRECTORY" },
    { 403, EXIT_REFUSED, "set MOONCRON_ADMIN_TOKEN here and at the daemon" },
    { 404, EXIT_REFUSED,
      "it has no admin token, or MOONCRON_URL is another program's" },
    { 422, EXIT_CONFIG, NULL },
};

/* Mistakes stand alone, as `check` prints them. */
static void say_why(const struct config *config, int code, const char *message)
{
    if (strncmp(message, "error[", 6) == 0)
        fprintf(stderr, "%s\n", message);
    else
        fprintf(stderr, "%s: %s\n",
                code == EXIT_CONFIG ? "mooncron reload" : config->url,
                *message ? message : "an answer that is none of mooncron's");
}

static int failed(const struct config *config, int status,
                  const struct receipt *receipt)
{
    int code = EXIT_UNAVAILABLE;
    const char *help = NULL;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].status == status) {
            code = answers[i].code;
            help = answers[i].help;
        }
    }
    say_why(config, code, receipt->message);
    if (help)
        fprintf(stderr, "  = help: %s\n", help);
    return code;
}

static int reload(const struct config *config, bool quiet)
{
    struct error error = { "" };
    struct receipt receipt;
    char *body = NULL, *token = token_find(config);
    int status = errand_post(config, "/api/v1/reload", token, &body, &error);
    secret_free(token);
    if (!status) {
        fprintf(stderr,
                "mooncron reload: no daemon answers at %s: %s\n"
                "  = help: start it with mooncron run, or set MOONCRON_URL\n",
                config->url, error.text);
        return EXIT_UNAVAILABLE;
    }
    bool read = receipt_read(&receipt, body, strlen(body));
    int code = status == 200 && read ? reloaded(&receipt, quiet)
                                     : failed(config, status, &receipt);
    receipt_close(&receipt);
    free(body);
    return code;
}

int cli_reload(int argc, char **argv)
{
    struct args args;
    int code;
    if (!args_read(&args, &verb, argc, argv, &code))
        return code;
    struct config config;
    struct text problems;
    text_init(&problems, 1 << 16);
    code = EXIT_CONFIG;
    if (config_read(&config, &problems))
        code = reload(&config, args_value(&args, "quiet") != NULL);
    fputs(problems.data, stderr);
    text_close(&problems);
    config_close(&config);
    return code;
}
