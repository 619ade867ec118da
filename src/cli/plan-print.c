#include "cli/plan-print.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "report/text.h"

#define COMMAND_MAX ((size_t)16 << 20)
#define INDENT      6u

static int out_write(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)ctx;
    return fwrite(p, 1, n, stdout) == n ? 0 : bw_err_errno(err, "cannot write");
}

int bw_print_command(const char *const *argv, struct bw_err *err)
{
    struct bw_buf line BW_CLEANUP(bw_buf_free) = BW_BUF(COMMAND_MAX);
    for (size_t i = 0; argv[i]; i++) {
        if (i)
            bw_buf_byte(&line, ' ');
        bw_run_shell_quote(bw_str(argv[i]), &line);
    }
    bw_buf_byte(&line, '\n');
    if (bw_buf_failed(&line))
        return bw_err_set(err, BW_ENOMEM, "no room for the command");
    return out_write(NULL, line.p, line.n, err);
}

static void put_quoted(struct bw_text *text, enum bw_style style, struct bw_str word)
{
    struct bw_buf quoted BW_CLEANUP(bw_buf_free) = BW_BUF(COMMAND_MAX);
    bw_run_shell_quote(word, &quoted);
    bw_text_flow(text, style, bw_buf_slice(&quoted), INDENT);
}

static void put_flag(struct bw_text *text, const struct bw_run_flag *flag)
{
    bw_text_tab(text, INDENT - 4);
    bw_text_put(text, BW_STYLE_STRONG, BW_STR("--"));
    bw_text_put(text, BW_STYLE_STRONG, bw_str(flag->name));
    if (flag->value.p) {
        bw_text_put(text, BW_STYLE_PLAIN, BW_STR(" "));
        put_quoted(text, BW_STYLE_STRONG, flag->value);
    }
    bw_text_newline(text);
    if (!flag->why)
        return;
    bw_text_tab(text, INDENT);
    bw_text_flow(text, BW_STYLE_PLAIN, bw_str(flag->why), INDENT);
    bw_text_newline(text);
}

static void put_flags(struct bw_text *text, const struct bw_command_explained *command,
                      enum bw_run_origin origin, const char *title)
{
    bool any = false;
    for (size_t i = 0; i < command->flags_n; i++) {
        if (command->flags[i].origin != origin)
            continue;
        if (!any) {
            bw_text_newline(text);
            bw_text_put(text, BW_STYLE_FAINT, bw_str(title));
            bw_text_newline(text);
        }
        any = true;
        put_flag(text, &command->flags[i]);
    }
}

static void put_notes(struct bw_text *text, struct bw_str notes)
{
    struct bw_str line;
    if (notes.n)
        bw_text_newline(text);
    while (bw_str_line(&notes, &line)) {
        unsigned indent = bw_str_starts(line, BW_STR(" ")) ? INDENT - 2 : 0;
        bw_text_tab(text, indent);
        bw_text_flow(text, BW_STYLE_PLAIN, bw_str_trim(line), indent);
        bw_text_newline(text);
    }
}

int bw_print_explained(const struct bw_command_explained *command, struct bw_err *err)
{
    const struct bw_output_options options = {.width = bw_terminal_width(STDOUT_FILENO),
                                              .colour = bw_terminal_colour(STDOUT_FILENO),
                                              .unicode = bw_terminal_unicode()};
    const struct bw_output_sink sink = {.write = out_write};
    struct bw_text text = bw_text_begin(&options, &sink, err);
    bw_text_put(&text, BW_STYLE_STRONG, bw_str(command->begin));
    bw_text_newline(&text);
    put_flags(&text, command, BW_RUN_ADDED, "what bulwark adds:");
    put_flags(&text, command, BW_RUN_CHANGED, "what you gave, made stricter:");
    put_flags(&text, command, BW_RUN_GIVEN, "what you gave:");
    bw_text_newline(&text);
    bw_text_tab(&text, INDENT - 4);
    for (size_t i = 0; command->rest[i]; i++) {
        if (i)
            bw_text_put(&text, BW_STYLE_PLAIN, BW_STR(" "));
        put_quoted(&text, BW_STYLE_STRONG, bw_str(command->rest[i]));
    }
    bw_text_newline(&text);
    for (size_t i = 0; command->remarks[i]; i++) {
        bw_text_newline(&text);
        bw_text_flow(&text, BW_STYLE_PLAIN, bw_str(command->remarks[i]), 0);
        bw_text_newline(&text);
    }
    put_notes(&text, command->notes);
    return bw_text_end(&text);
}
