/* Each message between daemon and script host, written and read field by field
 * in one order: a put and its get stand side by side. */
#include "mooncron/hostmsg.h"

bool host_put_load(struct text *out, const struct host_load *load)
{
    size_t start = out->len;
    wire_begin(out, HOST_LOAD);
    wire_cstring(out, load->path);
    wire_cstring(out, load->environment);
    wire_cstring(out, load->settings);
    wire_cstring(out, load->zones);
    wire_u64(out, (uint64_t)load->now.ms);
    wire_u8(out, load->enable_jobs);
    wire_u32(out, load->var_count);
    for (uint32_t i = 0; i < load->var_count; i++)
        wire_cstring(out, load->vars[i]);
    return wire_end(out, start);
}

bool host_get_load(struct wire_reader *in, struct host_load *ret,
                   const char **var_space, uint32_t var_max)
{
    ret->path = wire_read_cstring(in);
    ret->environment = wire_read_cstring(in);
    ret->settings = wire_read_cstring(in);
    ret->zones = wire_read_cstring(in);
    ret->now.ms = (int64_t)wire_read_u64(in);
    ret->enable_jobs = wire_read_u8(in);
    ret->var_count = wire_read_u32(in);
    ret->vars = var_space;
    if (ret->var_count > var_max)
        return false;
    for (uint32_t i = 0; i < ret->var_count; i++)
        var_space[i] = wire_read_cstring(in);
    return wire_done(in);
}

bool host_put_start(struct text *out, const struct host_start *start)
{
    size_t at = out->len;
    wire_begin(out, HOST_START);
    wire_u64(out, start->run);
    wire_u32(out, start->function);
    wire_cstring(out, start->job);
    wire_cstring(out, start->run_text);
    wire_cstring(out, start->trigger);
    wire_cstring(out, start->scheduled);
    wire_cstring(out, start->error);
    wire_u32(out, start->attempt);
    return wire_end(out, at);
}

bool host_get_start(struct wire_reader *in, struct host_start *ret)
{
    ret->run = wire_read_u64(in);
    ret->function = wire_read_u32(in);
    ret->job = wire_read_cstring(in);
    ret->run_text = wire_read_cstring(in);
    ret->trigger = wire_read_cstring(in);
    ret->scheduled = wire_read_cstring(in);
    ret->error = wire_read_cstring(in);
    ret->attempt = wire_read_u32(in);
    return wire_done(in);
}

bool host_put_response(struct text *out, const struct host_response *r)
{
    size_t start = out->len;
    wire_begin(out, HOST_RESPONSE);
    wire_u64(out, r->run);
    wire_u32(out, r->status);
    wire_cstring(out, r->failure);
    wire_cstring(out, r->code);
    wire_cstring(out, r->headers);
    wire_string(out, r->body.bytes, r->body.len);
    wire_u32(out, r->took_ms);
    return wire_end(out, start);
}

bool host_get_response(struct wire_reader *in, struct host_response *ret)
{
    ret->run = wire_read_u64(in);
    ret->status = wire_read_u32(in);
    ret->failure = wire_read_cstring(in);
    ret->code = wire_read_cstring(in);
    ret->headers = wire_read_cstring(in);
    ret->body = wire_read_string(in);
    ret->took_ms = wire_read_u32(in);
    return wire_done(in);
}

static bool put_run(struct text *out, uint8_t type, uint64_t run)
{
    size_t start = out->len;
    wire_begin(out, type);
    wire_u64(out, run);
    return wire_end(out, start);
}

bool host_put_wake(struct text *out, uint64_t run)
{
    return put_run(out, HOST_WAKE, run);
}

bool host_put_cancel(struct text *out, uint64_t run)
{
    return put_run(out, HOST_CANCEL, run);
}

bool host_get_run(struct wire_reader *in, uint64_t *ret_run)
{
    *ret_run = wire_read_u64(in);
    return wire_done(in);
}

bool host_put_hello(struct text *out)
{
    size_t start = out->len;
    wire_begin(out, HOST_HELLO);
    wire_u32(out, HOST_PROTOCOL);
    return wire_end(out, start);
}

bool host_get_hello(struct wire_reader *in, uint32_t *ret_protocol)
{
    *ret_protocol = wire_read_u32(in);
    return wire_done(in);
}

bool host_put_file(struct text *out, const struct file_stamp *stamp)
{
    size_t start = out->len;
    wire_begin(out, HOST_FILE);
    wire_cstring(out, stamp->path);
    wire_u64(out, stamp->device);
    wire_u64(out, stamp->inode);
    wire_u64(out, (uint64_t)stamp->bytes);
    wire_u64(out, (uint64_t)stamp->modified_ns);
    wire_u64(out, (uint64_t)stamp->changed_ns);
    return wire_end(out, start);
}

bool host_get_file(struct wire_reader *in, struct file_stamp *ret)
{
    ret->path = wire_read_cstring(in);
    ret->device = wire_read_u64(in);
    ret->inode = wire_read_u64(in);
    ret->bytes = (int64_t)wire_read_u64(in);
    ret->modified_ns = (int64_t)wire_read_u64(in);
    ret->changed_ns = (int64_t)wire_read_u64(in);
    return wire_done(in);
}

bool host_put_group(struct text *out, const struct group *group)
{
    size_t start = out->len;
    wire_begin(out, HOST_GROUP);
    wire_cstring(out, group->name);
    wire_u32(out, group->limit);
    return wire_end(out, start);
}

bool host_get_group(struct wire_reader *in, struct group *ret)
{
    ret->name = wire_read_cstring(in);
    ret->limit = wire_read_u32(in);
    return wire_done(in);
}

bool host_put_mistake(struct text *out, const struct mistake *mistake)
{
    size_t start = out->len;
    wire_begin(out, HOST_MISTAKE);
    wire_cstring(out, mistake->code);
    wire_cstring(out, mistake->message);
    wire_cstring(out, mistake->file);
    wire_u32(out, mistake->line);
    wire_u32(out, mistake->column);
    wire_u32(out, mistake->width);
    wire_u32(out, mistake->opener_line);
    wire_cstring(out, mistake->source);
    wire_cstring(out, mistake->opener);
    wire_cstring(out, mistake->label);
    wire_cstring(out, mistake->help);
    wire_cstring(out, mistake->note);
    return wire_end(out, start);
}

bool host_get_mistake(struct wire_reader *in, struct mistake *ret)
{
    ret->code = wire_read_cstring(in);
    ret->message = wire_read_cstring(in);
    ret->file = wire_read_cstring(in);
    ret->line = wire_read_u32(in);
    ret->column = wire_read_u32(in);
    ret->width = wire_read_u32(in);
    ret->opener_line = wire_read_u32(in);
    ret->source = wire_read_cstring(in);
    ret->opener = wire_read_cstring(in);
    ret->label = wire_read_cstring(in);
    ret->help = wire_read_cstring(in);
    ret->note = wire_read_cstring(in);
    return wire_done(in);
}

bool host_put_loaded(struct text *out, const struct host_loaded *loaded)
{
    size_t start = out->len;
    wire_begin(out, HOST_LOADED);
    wire_u8(out, loaded->ok);
    wire_u32(out, loaded->jobs);
    wire_u32(out, loaded->mistakes);
    wire_cstring(out, loaded->default_file);
    wire_u32(out, loaded->default_line);
    return wire_end(out, start);
}

bool host_get_loaded(struct wire_reader *in, struct host_loaded *ret)
{
    ret->ok = wire_read_u8(in);
    ret->jobs = wire_read_u32(in);
    ret->mistakes = wire_read_u32(in);
    ret->default_file = wire_read_cstring(in);
    ret->default_line = wire_read_u32(in);
    return wire_done(in);
}

bool host_put_request(struct text *out, const struct host_request *request)
{
    size_t start = out->len;
    wire_begin(out, HOST_REQUEST);
    wire_u64(out, request->run);
    wire_u8(out, request->method);
    wire_cstring(out, request->url);
    wire_cstring(out, request->headers);
    wire_u8(out, request->has_body);
    wire_string(out, request->body.bytes, request->body.len);
    wire_u32(out, request->timeout_ms);
    return wire_end(out, start);
}

bool host_get_request(struct wire_reader *in, struct host_request *ret)
{
    ret->run = wire_read_u64(in);
    ret->method = wire_read_u8(in);
    ret->url = wire_read_cstring(in);
    ret->headers = wire_read_cstring(in);
    ret->has_body = wire_read_u8(in);
    ret->body = wire_read_string(in);
    ret->timeout_ms = wire_read_u32(in);
    return wire_done(in) && ret->method <= METHOD_DELETE;
}

bool host_put_sleep(struct text *out, uint64_t run, uint64_t sleep_ms)
{
    size_t start = out->len;
    wire_begin(out, HOST_SLEEP);
    wire_u64(out, run);
    wire_u64(out, sleep_ms);
    return wire_end(out, start);
}

bool host_get_sleep(struct wire_reader *in, uint64_t *ret_run,
                    uint64_t *ret_sleep_ms)
{
    *ret_run = wire_read_u64(in);
    *ret_sleep_ms = wire_read_u64(in);
    return wire_done(in);
}

bool host_put_log(struct text *out, const struct host_log *log)
{
    size_t start = out->len;
    wire_begin(out, HOST_LOG);
    wire_u64(out, log->run);
    wire_u8(out, log->level);
    wire_cstring(out, log->message);
    wire_cstring(out, log->fields);
    return wire_end(out, start);
}

bool host_get_log(struct wire_reader *in, struct host_log *ret)
{
    ret->run = wire_read_u64(in);
    ret->level = wire_read_u8(in);
    ret->message = wire_read_cstring(in);
    ret->fields = wire_read_cstring(in);
    return wire_done(in) && ret->level <= HOST_ERROR;
}

bool host_put_ended(struct text *out, const struct host_ended *ended)
{
    size_t start = out->len;
    wire_begin(out, HOST_ENDED);
    wire_u64(out, ended->run);
    wire_u8(out, ended->ok);
    wire_cstring(out, ended->failure);
    return wire_end(out, start);
}

bool host_get_ended(struct wire_reader *in, struct host_ended *ret)
{
    ret->run = wire_read_u64(in);
    ret->ok = wire_read_u8(in);
    ret->failure = wire_read_cstring(in);
    return wire_done(in);
}

bool host_put_at(struct text *out, const struct host_at *at)
{
    size_t start = out->len;
    wire_begin(out, HOST_AT);
    wire_cstring(out, at->file);
    wire_u32(out, at->line);
    wire_cstring(out, at->source);
    return wire_end(out, start);
}

bool host_get_at(struct wire_reader *in, struct host_at *ret)
{
    ret->file = wire_read_cstring(in);
    ret->line = wire_read_u32(in);
    ret->source = wire_read_cstring(in);
    return wire_done(in);
}
