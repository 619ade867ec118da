#include "check/baseline.h"

#include <stddef.h>

#include "base/compiler.h"

#define UID BW_MODE_SETUID
#define GID BW_MODE_SETGID

/* capability.h */
#define CAP(number)          ((uint64_t)1 << (number))
#define CAP_NET_BIND_SERVICE CAP(10)
#define CAP_NET_ADMIN        CAP(12)
#define CAP_NET_RAW          CAP(13)
#define CAP_IPC_LOCK         CAP(14)
#define CAP_SYS_NICE         CAP(23)
#define CAP_SETUID           CAP(7)
#define CAP_SETGID           CAP(6)

/* A '*' stands for one directory. Paths are those of a merged /usr. */
static const struct {
    const char *path;
    uint32_t mode;
} modes[] = {
    {"usr/bin/at", UID | GID},
    {"usr/bin/bsd-write", GID},
    {"usr/bin/chage", GID},
    {"usr/bin/chfn", UID},
    {"usr/bin/chsh", UID},
    {"usr/bin/crontab", GID},
    {"usr/bin/dotlockfile", GID},
    {"usr/bin/expiry", GID},
    {"usr/bin/fusermount", UID},
    {"usr/bin/fusermount3", UID},
    {"usr/bin/gpasswd", UID},
    {"usr/bin/lockfile", GID},
    {"usr/bin/mail-lock", GID},
    {"usr/bin/mail-touchlock", GID},
    {"usr/bin/mail-unlock", GID},
    {"usr/bin/mlocate", GID},
    {"usr/bin/mount", UID},
    {"usr/bin/newgidmap", UID},
    {"usr/bin/newgrp", UID},
    {"usr/bin/newuidmap", UID},
    {"usr/bin/ntfs-3g", UID},
    {"usr/bin/passwd", UID},
    {"usr/bin/ping", UID},
    {"usr/bin/pkexec", UID},
    {"usr/bin/plocate", GID},
    {"usr/bin/procmail", UID | GID},
    {"usr/bin/screen", GID},
    {"usr/bin/ssh-agent", GID},
    {"usr/bin/su", UID},
    {"usr/bin/sudo", UID},
    {"usr/bin/traceroute6.iputils", UID},
    {"usr/bin/umount", UID},
    {"usr/bin/wall", GID},
    {"usr/bin/write", GID},
    {"usr/lib/*/utempter/utempter", GID},
    {"usr/lib/chromium/chrome-sandbox", UID},
    {"usr/lib/dbus-1.0/dbus-daemon-launch-helper", UID},
    {"usr/lib/eject/dmcrypt-get-device", UID},
    {"usr/lib/openssh/ssh-keysign", UID},
    {"usr/lib/policykit-1/polkit-agent-helper-1", UID},
    {"usr/lib/polkit-1/polkit-agent-helper-1", UID},
    {"usr/lib/snapd/snap-confine", UID | GID},
    {"usr/lib/xorg/Xorg.wrap", UID | GID},
    {"usr/libexec/camel-lock-helper-1.2", GID},
    {"usr/libexec/polkit-agent-helper-1", UID},
    {"usr/sbin/exim4", UID},
    {"usr/sbin/mount.cifs", UID},
    {"usr/sbin/mount.nfs", UID},
    {"usr/sbin/pam_extrausers_chkpwd", GID},
    {"usr/sbin/postdrop", GID},
    {"usr/sbin/postqueue", GID},
    {"usr/sbin/pppd", UID},
    {"usr/sbin/unix_chkpwd", GID},
};

static const struct {
    const char *path;
    uint64_t capabilities;
} capabilities_of[] = {
    {"usr/bin/arping", CAP_NET_RAW},
    {"usr/bin/clockdiff", CAP_NET_RAW | CAP_SYS_NICE},
    {"usr/bin/dumpcap", CAP_NET_ADMIN | CAP_NET_RAW},
    {"usr/bin/fping", CAP_NET_RAW},
    {"usr/bin/gnome-keyring-daemon", CAP_IPC_LOCK},
    {"usr/bin/mtr-packet", CAP_NET_RAW},
    {"usr/bin/newgidmap", CAP_SETGID},
    {"usr/bin/newuidmap", CAP_SETUID},
    {"usr/bin/ping", CAP_NET_RAW},
    {"usr/lib/*/gstreamer1.0/gstreamer-1.0/gst-ptp-helper",
     CAP_NET_BIND_SERVICE | CAP_NET_ADMIN | CAP_SYS_NICE},
};

/* At most one '*'. */
static bool fits(struct bw_str pattern, struct bw_str path)
{
    size_t star = bw_str_find(pattern, '*');
    if (star == SIZE_MAX)
        return bw_str_eq(pattern, path);
    struct bw_str behind = bw_str_from(pattern, star + 1);
    if (path.n < pattern.n || !bw_str_starts(path, bw_str_take(pattern, star)) ||
        !bw_str_ends(path, behind))
        return false;
    struct bw_str part = bw_str_n(path.p + star, path.n - star - behind.n);
    return bw_str_find(part, '/') == SIZE_MAX;
}

/* A path of an unmerged /usr as it would be in a merged one. */
static bool is_at(const char *pattern, struct bw_str path)
{
    const struct bw_str usr = BW_STR("usr/");
    struct bw_str merged = bw_str(pattern);
    if (!bw_str_starts(path, usr))
        merged = bw_str_from(merged, usr.n);
    return fits(merged, path);
}

bool bw_baseline_has_mode(struct bw_str path, uint32_t mode)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(modes); i++)
        if (is_at(modes[i].path, path))
            return (mode & (UID | GID) & ~modes[i].mode) == 0;
    return false;
}

bool bw_baseline_has_capabilities(struct bw_str path, uint64_t capabilities)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(capabilities_of); i++)
        if (is_at(capabilities_of[i].path, path))
            return (capabilities & ~capabilities_of[i].capabilities) == 0;
    return false;
}
