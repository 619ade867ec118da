/* Wrappers: commands that run the command behind their options. */
#include <stdio.h>

#include "extract/shell-state.h"

struct wrapper {
    const char *name;
    const char *letters; /* short options that take a value */
    const char *longs;   /* long ones, each with a blank before and behind */
    unsigned positional; /* arguments before the command */
    bool assigns;        /* NAME=value may stand before the command */
};

static const struct wrapper wrappers[] = {
    {"builtin", "", "", 0, false},
    {"busybox", "", "", 0, false},
    {"catatonit", "g", "", 0, false},
    {"chroot", "", "", 1, false},
    {"chrt", "TPD", "", 1, false},
    {"command", "", "", 0, false},
    {"doas", "uC", "", 0, false},
    {"dumb-init", "r", " --rewrite ", 0, false},
    {"eatmydata", "", "", 0, false},
    {"env", "uCS", " --unset --chdir --split-string ", 0, true},
    {"exec", "a", "", 0, false},
    {"faketime", "f", "", 1, false},
    {"fakeroot", "lfsib", "", 0, false},
    {"flock", "wE", " --timeout --wait --conflict-exit-code ", 1, false},
    {"gosu", "", "", 1, false},
    {"ionice", "cn", " --class --classdata ", 0, false},
    {"linux32", "", "", 0, false},
    {"linux64", "", "", 0, false},
    {"nice", "n", " --adjustment ", 0, false},
    {"nohup", "", "", 0, false},
    {"setarch", "", "", 1, false},
    {"setpriv", "",
     " --reuid --regid --groups --inh-caps --bounding-set --ambient-caps --securebits ", 0, false},
    {"setsid", "", "", 0, false},
    {"stdbuf", "ioe", " --input --output --error ", 0, false},
    {"strace", "aeEoOpPsSuI", "", 0, false},
    {"su-exec", "", "", 1, false},
    {"sudo", "ughpCrtTUDR", " --user --group --host --prompt --role --type --chdir --chroot ", 0,
     true},
    {"taskset", "", "", 1, false},
    {"time", "fo", " --format --output ", 0, false},
    {"timeout", "sk", " --signal --kill-after ", 1, false},
    {"tini", "pe", "", 0, false},
    {"toybox", "", "", 0, false},
    {"unbuffer", "", "", 0, false},
    {"unshare", "RwSGl", "", 0, false},
    {"xargs", "IELPndas",
     " --replace --max-args --max-procs --max-lines --delimiter --arg-file "
     "--max-chars --eof ",
     0, false},
};

static const struct wrapper *wrapper_named(struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(wrappers); i++)
        if (bw_str_eq(name, bw_str(wrappers[i].name)))
            return &wrappers[i];
    return NULL;
}

static bool is_assignment(struct bw_str word)
{
    size_t equals = bw_str_find(word, '=');
    return equals != SIZE_MAX && equals && bw_str_find(bw_str_take(word, equals), '/') == SIZE_MAX;
}

/* Whether the option's value is the next word. */
static bool takes_next(const struct wrapper *wrapper, struct bw_str option)
{
    char long_name[64];
    if (!bw_str_starts(option, BW_STR("--"))) {
        char last = option.p[option.n - 1];
        return last && strchr(wrapper->letters, last) != NULL;
    }
    if (option.n > 40 || bw_str_find(option, '=') != SIZE_MAX)
        return false;
    snprintf(long_name, sizeof long_name, " %" BW_STR_F " ", BW_STR_A(option));
    return strstr(wrapper->longs, long_name) != NULL;
}

/* The word behind what belongs to the wrapper at parts[0]; n where there is none. */
static size_t wrapped(const struct wrapper *wrapper, const struct bw_shell_part *parts, size_t n)
{
    size_t i = 1;
    for (; i < n; i++) {
        struct bw_str word = parts[i].word.text;
        if (bw_str_eq(word, BW_STR("--"))) {
            i++;
            break;
        }
        if (wrapper->assigns && is_assignment(word))
            continue;
        if (word.n < 2 || word.p[0] != '-')
            break;
        if (strcmp(wrapper->name, "command") == 0 && (word.p[1] == 'v' || word.p[1] == 'V'))
            return n; /* a question, no command */
        i += takes_next(wrapper, word);
    }
    i += wrapper->positional;
    while (wrapper->assigns && i < n && is_assignment(parts[i].word.text))
        i++;
    return i < n ? i : n;
}

size_t bw_shell_unwrap(const struct bw_shell_part *parts, size_t n, struct bw_str *names,
                       size_t *ret_names)
{
    size_t at = 0, count = 0;
    while (count < BW_SHELL_WRAPPERS_MAX) {
        const struct wrapper *wrapper = wrapper_named(bw_shell_basename(parts[at].word.text));
        size_t next = wrapper ? wrapped(wrapper, parts + at, n - at) : n - at;
        if (next == n - at)
            break;
        names[count++] = bw_str(wrapper->name);
        at += next;
    }
    *ret_names = count;
    return at;
}
