#include "acquire/mounts.h"

#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Numbers that linux/magic.h lacks, from the file systems' own sources. */
#define BINFMT_MAGIC     0x42494e4d
#define CEPH_MAGIC       0x00c36400
#define CONFIGFS_MAGIC   0x62656570
#define FUSECTL_MAGIC    0x65735543
#define LUSTRE_MAGIC     0x0bd00bd0
#define MQUEUE_MAGIC     0x19800202
#define RPC_PIPEFS_MAGIC 0x67596969
#define VMHGFS_MAGIC     0xbacbacbc

static bool is_pseudo(unsigned long type)
{
    switch (type) {
    case AUTOFS_SUPER_MAGIC:
    case BINFMT_MAGIC:
    case BPF_FS_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CONFIGFS_MAGIC:
    case DEBUGFS_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case EFIVARFS_MAGIC:
    case FUSECTL_MAGIC:
    case HUGETLBFS_MAGIC:
    case MQUEUE_MAGIC:
    case NSFS_MAGIC:
    case PROC_SUPER_MAGIC:
    case PSTOREFS_MAGIC:
    case RPC_PIPEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case SELINUX_MAGIC:
    case SYSFS_MAGIC:
    case TRACEFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static bool is_network(unsigned long type)
{
    switch (type) {
    case AFS_FS_MAGIC:
    case AFS_SUPER_MAGIC:
    case CEPH_MAGIC:
    case CIFS_SUPER_MAGIC:
    case CODA_SUPER_MAGIC:
    case FUSE_SUPER_MAGIC:
    case LUSTRE_MAGIC:
    case NCP_SUPER_MAGIC:
    case NFS_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case V9FS_MAGIC:
    case VMHGFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static bool is_store(struct bw_str path)
{
    static const char *const stores[] = {
        "var/lib/containerd",
        "var/lib/containers",
        "var/lib/docker",
        "var/lib/kubelet/pods",
        "var/lib/rancher/k3s/agent/containerd",
        "var/snap/docker/common/var-lib-docker",
    };
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++)
        if (bw_str_eq(path, bw_str(stores[i])))
            return true;
    return bw_str_starts(path, BW_STR("home/")) &&
           (bw_str_ends(path, BW_STR("/.local/share/containers")) ||
            bw_str_ends(path, BW_STR("/.local/share/docker")));
}

/* devtmpfs says of itself that it is a tmpfs; its name tells it. */
static enum bw_mount classify(int fd, struct bw_str path)
{
    struct statfs fs;
    if (bw_str_eq(path, BW_STR("dev")))
        return BW_MOUNT_PSEUDO;
    if (fstatfs(fd, &fs))
        return BW_MOUNT_ENTER;
    unsigned long type = (unsigned long)fs.f_type & 0xffffffffu;
    return is_pseudo(type) ? BW_MOUNT_PSEUDO : is_network(type) ? BW_MOUNT_NETWORK : BW_MOUNT_ENTER;
}

/* Where engines mount what runs; the note is made at the store it comes from. */
static bool is_running(struct bw_str path)
{
    return bw_str_eq(path, BW_STR("run/containerd")) || bw_str_eq(path, BW_STR("run/docker"));
}

enum bw_mount bw_mounts_look(struct bw_mounts *mounts, int fd, struct bw_str path)
{
    struct stat st;
    if (is_running(path))
        return BW_MOUNT_PSEUDO;
    if (is_store(path))
        return BW_MOUNT_STORE;
    if (fstat(fd, &st))
        return BW_MOUNT_ENTER;
    for (size_t i = 0; i < mounts->n; i++)
        if (mounts->known[i].dev == st.st_dev)
            return mounts->known[i].is;
    enum bw_mount is = path.n ? classify(fd, path) : BW_MOUNT_ENTER;
    /* With the table full, the file systems that come later are asked each time. */
    if (mounts->n < BW_MOUNTS_KNOWN) {
        mounts->known[mounts->n].dev = st.st_dev;
        mounts->known[mounts->n++].is = is;
    }
    return is;
}
