/* What an exchange failed by decides the exit code, and what may help. */
#include "complaint.h"

#include <string.h>

#include "mooncron/error.h"
#include "talk.h"

static void judge_silence(const struct talk *talk, struct complaint *complaint)
{
    complaint->code = EXIT_UNAVAILABLE;
    text_printf(&complaint->sentence, "no daemon answers at %s: %s",
                talk->config.url, talk->body ? talk->body : "");
    complaint->help = "start it with mooncron run, or set MOONCRON_URL";
}

/* What a status means for whoever asked. */
static const struct {
    int status, code;
    const char *help;
} failures[] = {
    { 400, EXIT_USAGE, NULL },
    { 401, EXIT_REFUSED,
      "set MOONCRON_ADMIN_TOKEN, or run this as the daemon's user with its "
      "STATE_DIRECTORY" },
    { 403, EXIT_REFUSED, "set MOONCRON_ADMIN_TOKEN here and at the daemon" },
    { 404, EXIT_ASKED_FAILED, NULL },
    { 409, EXIT_ASKED_FAILED, NULL },
    { 422, EXIT_CONFIG, NULL },
};

/* The API says what there is none of; who says no more than that is another
 * program, or has no token. */
static void judge_not_found(const struct talk *talk,
                            struct complaint *complaint)
{
    complaint->code = EXIT_REFUSED;
    complaint->bare = true;
    text_printf(&complaint->sentence, "%s: Not found", talk->config.url);
    complaint->help =
        "it has no admin token, or MOONCRON_URL is another program's";
}

static void judge_answer(const struct talk *talk, const char *sentence,
                         struct complaint *complaint)
{
    complaint->code = EXIT_UNAVAILABLE;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].status == talk->status) {
            complaint->code = failures[i].code;
            complaint->help = failures[i].help;
        }
    }
    complaint->bare = strncmp(sentence, "error[", 6) == 0; /* a mistake */
    text_puts(&complaint->sentence,
              *sentence ? sentence : "an answer that is none of mooncron's");
}

void complaint_init(struct complaint *complaint, const struct talk *talk)
{
    *complaint = (struct complaint){ .help = NULL };
    text_init(&complaint->sentence, 1 << 16);
    const char *sentence = talk_text(talk->json, "message");
    if (!*sentence)
        sentence = talk_text(talk->json, "error");
    bool said = *sentence && strcmp(sentence, "Not found") != 0;
    if (!talk->status)
        judge_silence(talk, complaint);
    else if (talk->status == 404 && !said)
        judge_not_found(talk, complaint);
    else
        judge_answer(talk, sentence, complaint);
}

void complaint_close(struct complaint *complaint)
{
    text_close(&complaint->sentence);
}
