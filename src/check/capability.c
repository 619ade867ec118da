#include "check/capability.h"

#include <stdio.h>

/* capability.h of Linux 6.12, by number. `root`: it leads to all others. */
static const struct {
    const char *name;
    bool root;
} names[] = {
    {"cap_chown", true},
    {"cap_dac_override", true},
    {"cap_dac_read_search", true},
    {"cap_fowner", true},
    {"cap_fsetid", false},
    {"cap_kill", false},
    {"cap_setgid", true},
    {"cap_setuid", true},
    {"cap_setpcap", true},
    {"cap_linux_immutable", false},
    {"cap_net_bind_service", false},
    {"cap_net_broadcast", false},
    {"cap_net_admin", false},
    {"cap_net_raw", false},
    {"cap_ipc_lock", false},
    {"cap_ipc_owner", false},
    {"cap_sys_module", true},
    {"cap_sys_rawio", true},
    {"cap_sys_chroot", false},
    {"cap_sys_ptrace", true},
    {"cap_sys_pacct", false},
    {"cap_sys_admin", true},
    {"cap_sys_boot", true},
    {"cap_sys_nice", false},
    {"cap_sys_resource", false},
    {"cap_sys_time", false},
    {"cap_sys_tty_config", false},
    {"cap_mknod", true},
    {"cap_lease", false},
    {"cap_audit_write", false},
    {"cap_audit_control", false},
    {"cap_setfcap", true},
    {"cap_mac_override", true},
    {"cap_mac_admin", true},
    {"cap_syslog", false},
    {"cap_wake_alarm", false},
    {"cap_block_suspend", false},
    {"cap_audit_read", false},
    {"cap_perfmon", true},
    {"cap_bpf", true},
    {"cap_checkpoint_restore", true},
};

struct bw_str bw_capability_names(uint64_t capabilities, struct bw_arena *arena)
{
    char text[64 * 28];
    size_t n = 0;
    for (unsigned i = 0; i < 64; i++) {
        if (!(capabilities >> i & 1))
            continue;
        const char *comma = n ? ", " : "";
        n += (size_t)(i < BW_ARRAY_LEN(names)
                          ? snprintf(text + n, sizeof text - n, "%s%s", comma, names[i].name)
                          : snprintf(text + n, sizeof text - n, "%scap_%u", comma, i));
    }
    return bw_arena_str(arena, bw_str_n(text, n));
}

bool bw_capability_is_root(uint64_t capabilities)
{
    for (unsigned i = 0; i < BW_ARRAY_LEN(names); i++)
        if (names[i].root && (capabilities >> i & 1))
            return true;
    return false;
}
