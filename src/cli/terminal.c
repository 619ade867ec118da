#include "cli/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define REDRAW_MS 100
#define BAR_CELLS 24u

unsigned bw_terminal_width(int fd)
{
    struct winsize size;
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return 80;
}

bool bw_terminal_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (no_color && *no_color)
        return false;
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

bool bw_terminal_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static struct {
    bool on, drawn;
    int64_t last, began;
    const char *what;
} progress;

void bw_progress_clear(void)
{
    if (progress.drawn)
        fputs("\r\033[K", stderr);
    progress.drawn = false;
}

void bw_progress_start(bool quiet)
{
    const char *term = getenv("TERM");
    progress.on = !quiet && isatty(2) && term && strcmp(term, "dumb") != 0;
    progress.began = bw_clock_monotonic_ms();
    bw_log_set_hook(bw_progress_clear);
}

/* "45 s", "12 min", "3 h 20 min". */
static void put_time_left(double seconds)
{
    if (seconds < 100)
        fprintf(stderr, " %.0f s left", seconds);
    else if (seconds < 3600)
        fprintf(stderr, " %.0f min left", seconds / 60);
    else
        fprintf(stderr, " %d h %d min left", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}

static void draw_bar(double part, int64_t elapsed_ms)
{
    char bar[BAR_CELLS + 1];
    unsigned filled = (unsigned)(part * BAR_CELLS);
    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i < filled ? '#' : '-';
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, " [%s] %3u%%", bar, (unsigned)(part * 100));
    if (elapsed_ms > 2000 && part > 0)
        put_time_left((double)elapsed_ms / 1000.0 * (1 / part - 1));
}

static void put_name(const char *what, size_t nth, size_t of)
{
    unsigned room = bw_terminal_width(2);
    room = room > 60 ? room - 56 : 8;
    if (of > 1)
        fprintf(stderr, "%zu of %zu ", nth, of);
    for (const char *p = what; *p && room; p++, room--)
        fputc((unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p, stderr);
}

void bw_progress_show(const char *what, size_t nth, size_t of, uint64_t done, uint64_t total)
{
    int64_t now = bw_clock_monotonic_ms();
    if (!progress.on || now - progress.last < REDRAW_MS)
        return;
    progress.last = now;
    if (progress.what != what && of <= 1) {
        progress.what = what;
        progress.began = now;
    }
    double part = total && done <= total ? (double)done / (double)total : 0;
    fputs("\r\033[K", stderr);
    put_name(what, nth, of);
    if (of > 1 && nth >= 1 && nth <= of)
        draw_bar(((double)(nth - 1) + part) / (double)of, now - progress.began);
    else if (total && done <= total)
        draw_bar(part, now - progress.began);
    else if (done)
        fprintf(stderr, " %.1f MB", (double)done / 1e6);
    fflush(stderr);
    progress.drawn = true;
}

/* Beside the file, whose owner and directory decide who may replace it. */
static int open_aside(struct bw_output_file *file, struct bw_err *err)
{
    if (asprintf(&file->aside, "%s.XXXXXX", file->path) < 0) {
        file->aside = NULL;
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    int fd = mkostemp(file->aside, O_CLOEXEC);
    if (fd < 0)
        return bw_err_errno(err, "cannot write %s", file->path);
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) || !(file->stream = fdopen(fd, "w"))) {
        int rc = bw_err_errno(err, "cannot write %s", file->path);
        unlink(file->aside);
        close(fd);
        return rc;
    }
    return 0;
}

static void forget(struct bw_output_file *file)
{
    free(file->path);
    free(file->aside);
    *file = (struct bw_output_file){0};
}

int bw_output_open(struct bw_output_file *file, const char *path, struct bw_err *err)
{
    struct stat st;
    *file = (struct bw_output_file){.stream = stdout};
    if (!path || strcmp(path, "-") == 0)
        return 0;
    file->stream = NULL;
    bool exists = stat(path, &st) == 0;
    bool replace = exists ? S_ISREG(st.st_mode) : lstat(path, &st) != 0;
    /* Through a link its target is replaced, and not the link. */
    file->path = exists ? realpath(path, NULL) : strdup(path);
    int rc = 0;
    if (file->path && replace) {
        rc = open_aside(file, err);
    } else {
        /* A pipe, a terminal, a link to nowhere yet: nothing to replace. */
        file->stream = file->path ? fopen(path, "we") : NULL;
        if (!file->stream)
            rc = bw_err_errno(err, "cannot write %s", path);
    }
    if (rc)
        forget(file);
    return rc;
}

int bw_output_close(struct bw_output_file *file, bool keep, struct bw_err *err)
{
    int rc = 0;
    if (!file->stream)
        return 0;
    bool failed = fflush(file->stream) || ferror(file->stream);
    if (file->path)
        failed |= fclose(file->stream) != 0;
    if (file->aside && !failed && keep)
        failed = rename(file->aside, file->path) != 0;
    if (failed && keep)
        rc = bw_err_errno(err, "cannot write %s", file->path ? file->path : "standard output");
    if (file->aside && (failed || !keep))
        unlink(file->aside);
    forget(file);
    return rc;
}

int bw_output_sink_write(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct bw_output_file *file = ctx;
    if (n && fwrite(p, 1, n, file->stream) != n)
        return bw_err_errno(err, "cannot write %s", file->path ? file->path : "standard output");
    return 0;
}
