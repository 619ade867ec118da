#include "check/surface.h"

#include <stdlib.h>

#define SHELL    "shell"
#define MANAGER  "package manager"
#define COMPILER "compiler"
#define DEBUGGER "debugger"
#define NETWORK  "network tool"

struct program {
    const char *name, *kind;
};

/* Sorted by name. */
static const struct program programs[] = {
    {"apk", MANAGER},       {"apt", MANAGER},         {"apt-get", MANAGER},
    {"aptitude", MANAGER},  {"aria2c", NETWORK},      {"arping", NETWORK},
    {"as", COMPILER},       {"ash", SHELL},           {"bash", SHELL},
    {"bpftrace", DEBUGGER}, {"bun", MANAGER},         {"bundle", MANAGER},
    {"c++", COMPILER},      {"cargo", MANAGER},       {"cc", COMPILER},
    {"clang", COMPILER},    {"clang++", COMPILER},    {"cmake", COMPILER},
    {"composer", MANAGER},  {"conda", MANAGER},       {"cpp", COMPILER},
    {"csh", SHELL},         {"curl", NETWORK},        {"dash", SHELL},
    {"dig", NETWORK},       {"dnf", MANAGER},         {"dpkg", MANAGER},
    {"dropbear", NETWORK},  {"dumpcap", NETWORK},     {"easy_install", MANAGER},
    {"emerge", MANAGER},    {"ettercap", NETWORK},    {"fish", SHELL},
    {"ftp", NETWORK},       {"g++", COMPILER},        {"gcc", COMPILER},
    {"gdb", DEBUGGER},      {"gdbserver", DEBUGGER},  {"gem", MANAGER},
    {"gfortran", COMPILER}, {"gnat", COMPILER},       {"go", COMPILER},
    {"helm", MANAGER},      {"hping3", NETWORK},      {"hydra", NETWORK},
    {"javac", COMPILER},    {"kotlinc", COMPILER},    {"ksh", SHELL},
    {"kubectl", NETWORK},   {"ld", COMPILER},         {"lftp", NETWORK},
    {"lldb", DEBUGGER},     {"ltrace", DEBUGGER},     {"make", COMPILER},
    {"mamba", MANAGER},     {"masscan", NETWORK},     {"microdnf", MANAGER},
    {"mksh", SHELL},        {"msfconsole", NETWORK},  {"mtr", NETWORK},
    {"nc", NETWORK},        {"nc.openbsd", NETWORK},  {"nc.traditional", NETWORK},
    {"ncat", NETWORK},      {"netcat", NETWORK},      {"ngrep", NETWORK},
    {"ngrok", NETWORK},     {"nim", COMPILER},        {"nmap", NETWORK},
    {"npm", MANAGER},       {"nsenter", DEBUGGER},    {"nslookup", NETWORK},
    {"opkg", MANAGER},      {"pacman", MANAGER},      {"perf", DEBUGGER},
    {"pip", MANAGER},       {"pipenv", MANAGER},      {"pnpm", MANAGER},
    {"poetry", MANAGER},    {"proxychains", NETWORK}, {"pwsh", SHELL},
    {"rbash", SHELL},       {"rcp", NETWORK},         {"rlogin", NETWORK},
    {"rpm", MANAGER},       {"rsh", NETWORK},         {"rsync", NETWORK},
    {"rustc", COMPILER},    {"scp", NETWORK},         {"sftp", NETWORK},
    {"sh", SHELL},          {"snap", MANAGER},        {"socat", NETWORK},
    {"ssh", NETWORK},       {"sshd", NETWORK},        {"strace", DEBUGGER},
    {"swiftc", COMPILER},   {"tcc", COMPILER},        {"tclsh", SHELL},
    {"tcpdump", NETWORK},   {"tcsh", SHELL},          {"telnet", NETWORK},
    {"telnetd", NETWORK},   {"tftp", NETWORK},        {"tmux", SHELL},
    {"tnftp", NETWORK},     {"traceroute", NETWORK},  {"tshark", NETWORK},
    {"uv", MANAGER},        {"valgrind", DEBUGGER},   {"wget", NETWORK},
    {"yarn", MANAGER},      {"yum", MANAGER},         {"zsh", SHELL},
    {"zypper", MANAGER},
};

static int compare(const void *key, const void *program)
{
    const struct bw_str *name = key;
    const struct program *p = program;
    return bw_str_cmp(*name, bw_str(p->name));
}

static const char *kind_of(struct bw_str name)
{
    const struct program *p =
        bsearch(&name, programs, BW_ARRAY_LEN(programs), sizeof *programs, compare);
    return p ? p->kind : NULL;
}

/* usr/bin, sbin, usr/local/bin, opt/NAME/bin and so on. */
static bool is_of_programs(struct bw_str dir)
{
    if (bw_str_starts(dir, BW_STR("usr/local/")))
        dir = bw_str_from(dir, sizeof "usr/local/" - 1);
    else if (bw_str_starts(dir, BW_STR("usr/")))
        dir = bw_str_from(dir, sizeof "usr/" - 1);
    else if (bw_str_starts(dir, BW_STR("opt/"))) {
        size_t slash = bw_str_rfind(dir, '/');
        dir = bw_str_from(dir, slash + 1);
    }
    return bw_str_eq(dir, BW_STR("bin")) || bw_str_eq(dir, BW_STR("sbin"));
}

/* Without "-12", "3.11", "-2.1.0" at its end. */
static struct bw_str without_version(struct bw_str name)
{
    size_t n = name.n;
    while (n && ((name.p[n - 1] >= '0' && name.p[n - 1] <= '9') || name.p[n - 1] == '.'))
        n--;
    if (n && n < name.n && name.p[n - 1] == '-')
        n--;
    return n ? bw_str_take(name, n) : name;
}

/* Without "x86_64-linux-gnu-", "aarch64-alpine-linux-musl-". */
static struct bw_str without_target(struct bw_str name)
{
    static const char *const ends[] = {"-linux-gnu-", "-linux-gnueabihf-", "-linux-musl-",
                                       "-redhat-linux-"};
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++) {
        size_t at = bw_str_find_str(name, bw_str(ends[i]));
        if (at != SIZE_MAX)
            return bw_str_from(name, at + strlen(ends[i]));
    }
    return name;
}

const char *bw_surface_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    if (slash == SIZE_MAX || !is_of_programs(bw_str_take(path, slash)))
        return NULL;
    struct bw_str name = bw_str_from(path, slash + 1);
    const char *kind = kind_of(name);
    return kind ? kind : kind_of(without_version(without_target(name)));
}
