/* A receipt comes as the JSON object that io/reply.c writes. */
#include "mooncron/receipt.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

static uint32_t count_of(const json_t *json, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(json, name));
    return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

bool receipt_read(struct receipt *receipt, const char *json, size_t len)
{
    json_t *read = json_loadb(json, len, 0, NULL);
    *receipt = (struct receipt){ .message = memory_copy("", 0) };
    if (!json_is_object(read)) {
        json_decref(read);
        return false;
    }
    const char *message = text_of(read, "message");
    if (!*message)
        message = text_of(read, "error");
    free(receipt->message);
    *receipt = (struct receipt){
        .schedule = count_of(read, "schedule"),
        .added = count_of(read, "added"),
        .changed = count_of(read, "changed"),
        .removed = count_of(read, "removed"),
        .unchanged = count_of(read, "unchanged"),
        .runs_per_day_before =
            json_number_value(json_object_get(read, "runsPerDayBefore")),
        .runs_per_day = json_number_value(json_object_get(read, "runsPerDay")),
        .nothing_changed = strcmp(text_of(read, "outcome"), "unchanged") == 0,
        .message = memory_copy(message, strlen(message)),
    };
    json_decref(read);
    return true;
}

void receipt_close(struct receipt *receipt)
{
    free(receipt->message);
    *receipt = (struct receipt){ 0 };
}
