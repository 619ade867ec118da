#include "runtime/tell.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "wrap/json.h"

#define LINE_MAX_ (4 * BW_RUNTIME_REASON_MAX + 256u)

/* A line of logrus, as runc writes it. */
static void format(const struct bw_runtime_args *args, struct bw_str reason, struct bw_buf *line)
{
    char time_text[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339((int64_t)time(NULL), time_text);
    if (strcmp(bw_runtime_value(args, BW_RUNTIME_LOG_FORMAT, "text"), "json") == 0) {
        struct bw_json_writer w = bw_json_writer(line, false);
        bw_json_begin_object(&w);
        bw_json_member_str(&w, "level", BW_STR("error"));
        bw_json_member_str(&w, "msg", reason);
        bw_json_member_str(&w, "time", bw_str(time_text));
        bw_json_end(&w);
    } else {
        bw_buf_printf(line, "time=\"%s\" level=error msg=", time_text);
        bw_json_quote(line, reason);
    }
    bw_buf_byte(line, '\n');
}

/* crun takes "file:PATH", too, and logs to places that are no files. */
static int open_log(const char *log)
{
    if (strncmp(log, "file:", 5) == 0)
        log += 5;
    else if (strncmp(log, "journald:", 9) == 0 || strncmp(log, "syslog:", 7) == 0)
        return -1;
    return open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

static void put(int fd, const struct bw_buf *line)
{
    if (fd < 0 || bw_fd_write_full(fd, line->p, line->n) != 0)
        return;
}

void bw_runtime_tell(const struct bw_runtime_args *args, struct bw_str reason)
{
    struct bw_buf line BW_CLEANUP(bw_buf_free) = BW_BUF(LINE_MAX_);
    const char *log = bw_runtime_value(args, BW_RUNTIME_LOG, "");
    int fd BW_CLEANUP(bw_fd_closep) = *log ? open_log(log) : -1;
    reason = bw_str_trim(bw_str_take(reason, BW_RUNTIME_REASON_MAX));
    format(args, reason, &line);
    put(fd, &line);
    bw_buf_clear(&line);
    bw_buf_printf(&line, "bulwark-runtime: %" BW_STR_F "\n", BW_STR_A(reason));
    put(STDERR_FILENO, &line);
}
