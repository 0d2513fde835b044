/* What tests say to the webhook and to the reload: lines, and headers that the
 * usual config of listening.h lets in. */
#ifndef TESTS_IO_HOOK_H
#define TESTS_IO_HOOK_H

#include "listening.h"

#define HOOK  "POST /webhook/settings-changed"
#define API   "POST /api/v1/reload"
#define GOOD  "X-Webhook-Secret: s3cret\r\n"
#define TOKEN "Authorization: Bearer t0ken\r\n"
#define JSON  "Content-Type: application/json\r\n"

#endif
