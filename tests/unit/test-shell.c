#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/shell.h"

static void put_list(struct bw_buf *out, const struct bw_shell_command *command)
{
    for (size_t i = 0; i < command->assignments_n; i++)
        bw_buf_printf(out, "%" BW_STR_F "=<%" BW_STR_F "> ", BW_STR_A(command->assignments[i].name),
                      BW_STR_A(command->assignments[i].value));
    for (size_t i = 0; i < command->wrappers_n; i++)
        bw_buf_printf(out, "%" BW_STR_F ": ", BW_STR_A(command->wrappers[i]));
    bw_buf_str(out, command->name);
    for (size_t i = 0; i < command->args_n; i++)
        bw_buf_printf(out, " <%" BW_STR_F ">", BW_STR_A(command->args[i].text));
    for (size_t i = 0; i < command->redirects_n; i++)
        bw_buf_printf(out, " %d%" BW_STR_F "%" BW_STR_F, command->redirects[i].fd,
                      BW_STR_A(command->redirects[i].op), BW_STR_A(command->redirects[i].target));
}

/* A line a command: "[depth][c][s][p] text operator", pipelines with their position. */
static void put_command(struct bw_buf *out, const struct bw_shell_command *command)
{
    bw_buf_printf(out, "%u%s%s%s ", command->depth, command->conditional ? "c" : "",
                  command->substitution ? "s" : "", command->pipefail ? "p" : "");
    if (command->pipe_length > 1)
        bw_buf_printf(out, "%u/%u ", command->pipe, command->pipe_length);
    put_list(out, command);
    bw_buf_printf(out, "%s%s\n", command->op[0] ? " " : "", command->op);
}

/* The commands of a script as text; "? WHY" behind them where something was not understood. */
static void expect(const char *script, const char *want)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    const struct bw_shell_text text = {.text = bw_str(script)};
    struct bw_shell_script parsed;
    assert_true(bw_shell_parse(&text, arena, &parsed));
    for (size_t i = 0; i < parsed.commands_n; i++)
        put_command(&out, &parsed.commands[i]);
    if (parsed.unparsed)
        bw_buf_printf(&out, "? %s\n", parsed.unparsed);
    bw_buf_byte(&out, 0);
    assert_string_equal((char *)out.p, want);
}

static void words_and_quotes(void **state)
{
    (void)state;
    expect("a", "0 a\n");
    expect("/usr/bin/apt-get -y 'b c' \"d e\" f\\ g h'i'\"j\"",
           "0 apt-get <-y> <b c> <d e> <f g> <hij>\n");
    expect("a $x ${x:-\"y z\"} \"$x y\" '$x' $'a\\'b' $\"c\" \"\\$x \\a\"",
           "0 a <$x> <${x:-\"y z\"}> <$x y> <$x> <a\\'b> <c> <$x \\a>\n");
    expect("a '' \"\" b#c #d e\nf", "0 a <> <> <b#c> ;\n0 f\n");
    expect("a \\\n b", "0 a <b>\n");
    expect("a 안녕 \"안\\\"녕\"", "0 a <안녕> <안\"녕>\n");
    expect("", "");
    expect(" # nothing\n\n", "");
}

static void lists_and_pipelines(void **state)
{
    (void)state;
    expect("a && b || c; d & e\nf", "0 a &&\n0c b ||\n0c c ;\n0 d &\n0 e ;\n0 f\n");
    expect("a | b |& c && d", "0 0/3 a |\n0 1/3 b |\n0 2/3 c &&\n0c d\n");
    expect("a |\n b &&\n\n c", "0 0/2 a |\n0 1/2 b &&\n0c c\n");
    expect("! a | b", "0 0/2 a |\n0 1/2 b\n");
    expect("a | (b; c) | d", "0 0/3 a |\n1 b ;\n1 c\n0 2/3 d\n");
    expect("set -euo pipefail; a; (set +o pipefail; b); c",
           "0 set <-euo> <pipefail> ;\n0p a ;\n1p set <+o> <pipefail> ;\n1 b\n0p c\n");
}

static void assignments_and_redirections(void **state)
{
    (void)state;
    expect("A=1 B+='x y' c D=2", "0 A=<1> B=<x y> c <D=2>\n");
    expect("A=1", "0 A=<1> \n");
    expect("a=(1 \"2 3\" $x) b[1]=c", "0 a=<(1 2 3 $x)> b[1]=<c> \n");
    expect("a >f 2>&1 <g >>h 3<i &>j 2>/dev/null >|k",
           "0 a 1>f 2>&1 0<g 1>>h 3<i 1&>j 2>/dev/null 1>|k\n");
    expect("a<<<\"b c\" 2 3>d", "0 a <2> 0<<<b c 3>d\n");
    expect("a < <(b | c) >(d)", "1s 0/2 b |\n1s 1/2 c\n1s d\n0 a <>(d)> 0<<(b | c)\n");
}

static void compound_commands(void **state)
{
    (void)state;
    expect("if a; then b; elif c; then d; else e; fi", "1c a ;\n1c b ;\n1c c ;\n1c d ;\n1c e ;\n");
    expect("while a; do b; done > f; until c\ndo\nd\ndone", "1c a ;\n1c b ;\n1c c\n1c d\n");
    expect("for i in a $(b); do c $i; done; for ((i=0;i<3;i++)); do d; done; for x; do e; done",
           "2s b\n1 c <$i> ;\n1 d ;\n1 e ;\n");
    expect("case $(a) in x|'y z') b;; (w) c;& *) d ;; esac; case a in b) esac",
           "2cs a\n1c b\n1c c\n1c d\n");
    expect("f() { a; }\nfunction g { b; }; function h() (c); f", "2 a ;\n2 b ;\n2 c\n0 f\n");
    expect("{ a; b; } && ( c )", "1 a ;\n1 b ;\n1c c\n");
    expect("[[ -f a && $b =~ ^(c|d)$ ]] && e; ((a += (b*2))); f",
           "0 [[ <-f> <a> <$b> <=~> <^> <c> <d> <$> &&\n0c e ;\n0 f\n");
    expect("echo if then; echo done", "0 echo <if> <then> ;\n0 echo <done>\n");
}

static void substitutions(void **state)
{
    (void)state;
    expect("a $(b \"$(c)\")", "2s c\n1s b <$(c)>\n0 a <$(b \"$(c)\")>\n");
    expect("a \"`b \\`c\\``\"", "2s c\n1s b <`c`>\n0 a <`b \\`c\\``>\n");
    expect("a $((1 + $(b) * (2)))", "1s b\n0 a <$((1 + $(b) * (2)))>\n");
    expect("a $((b); c)", "2s b\n1s c\n0 a <$((b); c)>\n");
    expect("x=${y:-$(z)}", "1s z\n0 x=<${y:-$(z)}> \n");
    expect("a $(case b in c) d;; esac)", "2cs d\n0 a <$(case b in c) d;; esac)>\n");
}

static void here_documents(void **state)
{
    (void)state;
    expect("cat <<A > f && b\n$(c) `d`\nA\ne", "0 cat 0<<A 1>f &&\n0c b ;\n1s c\n1s d\n0 e\n");
    expect("cat <<'A'\n$(c)\nA\ne", "0 cat 0<<A ;\n0 e\n");
    expect("cat <<-A <<B\n\t$(c)\n\tA\nx\nB\nd", "0 cat 0<<-A 0<<B ;\n1s c\n0 d\n");
    expect("bash -e <<A\na && b\nA\nc", "0 bash <-e> 0<<A ;\n1 a &&\n1c b\n0 c\n");
    expect("<<A\na\nb\nA\n", "1 a ;\n1 b\n");
    expect("<<A\n#!/usr/bin/env python3\nimport os\nA\n",
           "? it is a script for another interpreter\n");
    expect("python3 <<A\nit's\nA\nb", "0 python3 0<<A ;\n0 b\n");
    expect("x $(cat <<A\n$(a)\nA\n)", "1s cat 0<<A\n2s a\n0 x <$(cat <<A\n$(a)\nA\n)>\n");
}

static void wrappers_are_looked_through(void **state)
{
    (void)state;
    expect("sudo -u a -E B=1 apt-get -y update", "0 sudo: apt-get <-y> <update>\n");
    expect("env -i A=1 nice -n 5 timeout -k 5 1m nohup b", "0 env: nice: timeout: nohup: b\n");
    expect("a | xargs -0 -n 1 rm -f", "0 0/2 a |\n0 1/2 xargs: rm <-f>\n");
    expect("exec gosu user:1 \"$@\"", "0 exec: gosu: $@\n");
    expect("command -v a; command a; time -p b",
           "0 command <-v> <a> ;\n0 command: a ;\n0 time: b\n");
    expect("chroot /x /bin/ls; busybox wget y; sudo -i",
           "0 chroot: ls ;\n0 busybox: wget <y> ;\n0 sudo <-i>\n");
    expect("sudo -- a; env; tini -- b", "0 sudo: a ;\n0 env ;\n0 tini: b\n");
}

static void scripts_in_scripts(void **state)
{
    (void)state;
    expect("bash -c 'a && b'", "0 bash <-c> <a && b>\n1 a &&\n1c b\n");
    expect("sudo bash -euxo pipefail -c \"a | b $x\" c",
           "0 sudo: bash <-euxo> <pipefail> <-c> <a | b $x> <c>\n1p 0/2 a |\n1p 1/2 b <$x>\n");
    expect("eval \"a 'b c'\" d", "0 eval <a 'b c'> <d>\n1 a <b c> <d>\n");
    expect("su - x -c 'a'", "0 su <-> <x> <-c> <a>\n1 a\n");
    expect("sh -c \"sh -c 'a \\\"b c\\\"'\"",
           "0 sh <-c> <sh -c 'a \"b c\"'>\n1 sh <-c> <a \"b c\">\n2 a <b c>\n");
    expect("bash -c \"a $(b)\"", "1s b\n0 bash <-c> <a $(b)>\n1 a <$(b)>\n");
    expect("bash script -c x; sh", "0 bash <script> <-c> <x> ;\n0 sh\n");
}

static void what_is_not_understood_is_said(void **state)
{
    (void)state;
    expect("a 'b; c", "0 a <b; c>\n? a single quote has no end\n");
    expect("a \"b", "0 a <b>\n? a double quote has no end\n");
    expect("a; if b; then c; d",
           "0 a ;\n1c b ;\n1c c ;\n1c d\n? a compound command is not complete\n");
    expect("a ) b; c", "0 a\n0 c\n? something ends that did not begin\n");
    expect("a; ; b", "0 a ;\n0 b\n? a command begins with something that none begins with\n");
    expect("a >; b", "0 a\n0 b\n? a redirection goes nowhere\n");
    expect("a $(b; c", "1s b ;\n1s c\n0 a <$(b; c>\n? $( has no )\n");
    expect("a ${b", "0 a <${b>\n? ${ has no }\n");
}

/* Places go back to the source through quotes, escapes and scripts. */
static void places_are_those_of_the_source(void **state)
{
    (void)state;
    static const char script[] = "a; bash -c \"b \\\"c\\\" d\"; `e \\`f g\\``";
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    const struct bw_shell_text text = {.text = BW_STR(script)};
    struct bw_shell_script parsed;
    assert_true(bw_shell_parse(&text, arena, &parsed));
    assert_null(parsed.unparsed);
    for (size_t i = 0; i < parsed.commands_n; i++) {
        const struct bw_shell_command *command = &parsed.commands[i];
        char first = command->path.p[0] == '`' ? '`' : command->path.p[0];
        assert_int_equal(script[command->at], first);
        for (size_t at = 0; at < command->args_n; at++)
            assert_true(script[command->args[at].at] == command->args[at].text.p[0] ||
                        strchr("\"\\", script[command->args[at].at]));
    }
    assert_int_equal(parsed.commands_n, 6);
}

static void words_of_an_exec_form(void **state)
{
    (void)state;
    static const char json[] = "[\"/bin/sh\", \"-c\", \"a 'b' \\u0026\\u0026 \\\"c\\\" d\"]";
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    const struct bw_shell_text text = {.text = BW_STR(json)};
    const struct bw_shell_word words[] = {{BW_STR("/bin/sh"), 2, false},
                                          {BW_STR("-c"), 13, false},
                                          {BW_STR("a 'b' && \"c\" d"), 19, false}};
    struct bw_shell_script parsed;
    assert_true(bw_shell_exec(&text, words, 3, arena, &parsed));
    assert_int_equal(parsed.commands_n, 3);
    assert_true(bw_str_eq(parsed.commands[0].name, BW_STR("sh")));
    assert_int_equal(parsed.commands[0].at, 2);
    assert_true(bw_str_eq(parsed.commands[2].name, BW_STR("c")));
    assert_ptr_equal(json + parsed.commands[2].at, strstr(json, "\\\"c"));
    assert_ptr_equal(json + parsed.commands[2].args[0].at, strstr(json, "d\"]"));
    assert_true(bw_shell_exec(&text, words, 0, arena, &parsed));
    assert_int_equal(parsed.commands_n, 0);
}

static char *repeated(const char *what, size_t n)
{
    size_t size = strlen(what);
    char *text = malloc(n * size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * size, what, size);
    text[n * size] = 0;
    return text;
}

/* Whatever is nested without an end, or goes on for ever: a limit, soon. */
static void limits_are_said(void **state)
{
    (void)state;
    static const char *const nested[] = {
        "$(",      "( ",  "\"$(",         "f() ", "{ ", "if a; then ", "a=(",
        "${x:-${", "$((", "while a; do ", "<(",   "a;", "((",          "case a in b) "};
    for (size_t i = 0; i < BW_ARRAY_LEN(nested); i++) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)512 << 20);
        char *script = repeated(nested[i], 100000);
        const struct bw_shell_text text = {.text = bw_str(script)};
        struct bw_shell_script parsed;
        assert_true(bw_shell_parse(&text, arena, &parsed));
        assert_non_null(parsed.unparsed);
        assert_true(parsed.limit);
        free(script);
    }
}

/* What may be read in two ways is not read in both at each level. */
static void doubtful_parentheses_take_no_time(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_buf script BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    struct bw_shell_script parsed;
    bw_buf_str(&script, BW_STR("x "));
    for (size_t i = 0; i < 45; i++)
        bw_buf_str(&script, BW_STR("$(("));
    for (size_t i = 0; i < 45; i++)
        bw_buf_str(&script, BW_STR(");a)"));
    const struct bw_shell_text text = {.text = bw_buf_slice(&script)};
    assert_true(bw_shell_parse(&text, arena, &parsed));
    assert_null(parsed.unparsed);
    assert_int_equal(parsed.commands_n, 1 + 2 * 45 - 1);
}

static void scripts_nest_only_so_deep(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    char *script = repeated("eval ", 1000);
    const struct bw_shell_text text = {.text = bw_str(script)};
    struct bw_shell_script parsed;
    assert_true(bw_shell_parse(&text, arena, &parsed));
    assert_true(parsed.limit);
    assert_int_equal(parsed.commands_n, BW_SHELL_SCRIPTS_MAX + 1);
    free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_quotes),
        cmocka_unit_test(lists_and_pipelines),
        cmocka_unit_test(assignments_and_redirections),
        cmocka_unit_test(compound_commands),
        cmocka_unit_test(substitutions),
        cmocka_unit_test(here_documents),
        cmocka_unit_test(wrappers_are_looked_through),
        cmocka_unit_test(scripts_in_scripts),
        cmocka_unit_test(what_is_not_understood_is_said),
        cmocka_unit_test(places_are_those_of_the_source),
        cmocka_unit_test(words_of_an_exec_form),
        cmocka_unit_test(limits_are_said),
        cmocka_unit_test(doubtful_parentheses_take_no_time),
        cmocka_unit_test(scripts_nest_only_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
