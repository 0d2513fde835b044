/* POST /webhook/settings-changed. */
#ifndef IO_WEBHOOK_H
#define IO_WEBHOOK_H

#include "web.h"

void webhook_settings_changed(struct desk *desk,
                              const struct web_request *request,
                              struct web_answer *answer);

#endif
