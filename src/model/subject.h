/*
 * subject.h: what is examined: an image by digest, a root filesystem, a source tree, a bill of
 * materials, later a container, a host.
 */
#ifndef BW_MODEL_SUBJECT_H
#define BW_MODEL_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/distribution.h"
#include "model/fact.h"
#include "model/layer.h"

enum bw_subject_kind {
    BW_SUBJECT_IMAGE,
    BW_SUBJECT_FILESYSTEM, /* a root filesystem: what is installed counts */
    BW_SUBJECT_SOURCE,     /* a source tree: what its lock files name counts as well */
    BW_SUBJECT_SBOM,       /* a bill of materials: packages alone */
    BW_SUBJECT_DOCUMENTS,  /* Dockerfiles, manifests and the like, below one path */
};

/* A package in the topmost view. */
struct bw_installed_package {
    const struct bw_package *package;
    uint32_t layer;      /* that brought this version */
    struct bw_str path;  /* of the database that lists it, or the file it was recognised by */
    struct bw_str inner; /* within that file, as in struct bw_place */
    uint32_t line;
    const struct bw_package *owner; /* the package of the operating system that owns that file, for
                                       a package of a language; NULL where none does */
};

/* A package that an earlier layer installed and a later layer removed or replaced. The image still
 * carries its files. */
struct bw_removed_package {
    const struct bw_package *package;
    uint32_t installed_in; /* the layer whose database last had it */
    uint32_t removed_in;   /* the layer whose database, or whiteout, took it away */
};

/* Why a file is worth a look. */
enum bw_file_flag {
    BW_FILE_SETUID = 1 << 0,
    BW_FILE_SETGID = 1 << 1,
    BW_FILE_CAPABILITIES = 1 << 2,
    BW_FILE_WORLD_WRITABLE = 1 << 3,
    BW_FILE_BASELINE = 1 << 4, /* setuid, setgid or capabilities: as the owning package ships it */
    BW_FILE_CHANGED = 1 << 5,  /* differs from what its package shipped */
    BW_FILE_UNOWNED = 1 << 6,  /* a binary that no package owns */
    BW_FILE_WEAK_ELF = 1 << 7, /* `elf` says what it lacks */
    BW_FILE_SURFACE = 1 << 8,  /* a shell, package manager, compiler or network tool */
    BW_FILE_KEY = 1 << 9,      /* authorised keys, host keys */
};

/* A file of the topmost view that is worth a look. */
struct bw_notable_file {
    struct bw_place place;
    uint32_t flags; /* enum bw_file_flag */
    const struct bw_file *file;
    const struct bw_elf *elf;       /* NULL for what is no ELF file */
    const struct bw_package *owner; /* NULL for what no package owns */
    struct bw_str what;             /* of its surface: "shell", "package manager", ... */
};

/* A secret, wherever in the layers it is: one that a later layer deletes is still carried. */
struct bw_kept_secret {
    const struct bw_secret *secret;
    struct bw_place place;
    bool deleted; /* not in the topmost view */
    uint32_t deleted_in;
};

/* A regular file of the topmost view, for bills of materials. */
struct bw_listed_file {
    struct bw_str path;
    uint32_t layer;
    const struct bw_file *file;
};

struct bw_subject {
    enum bw_subject_kind kind;
    struct bw_str name;     /* as the person named it */
    struct bw_str source;   /* "docker-archive", "oci", "rootfs", "docker": as the prefixes */
    struct bw_str digest;   /* of the manifest, else of the configuration; empty for a filesystem */
    struct bw_str platform; /* "linux/amd64", "linux/arm64/v8" */
    struct bw_strs tags;
    struct bw_layer *layers; /* lowest first; a filesystem has one without digests */
    size_t layers_n;
    struct bw_distribution distribution;   /* id is empty where none was found */
    struct bw_installed_package *packages; /* by type, name, version, arch */
    size_t packages_n;
    struct bw_removed_package *removed;
    size_t removed_n;
    struct bw_notable_file *files; /* by path */
    size_t files_n;
    uint64_t files_seen;            /* regular files of the topmost view; or the documents */
    uint64_t files_owned;           /* by packages of the operating system */
    uint64_t files_checked;         /* with a package's checksum */
    struct bw_kept_secret *secrets; /* by path, line, rule */
    size_t secrets_n;
    bool looked_for_secrets, looked_at_files;
    struct bw_listed_file *all_files; /* by path; only where they were asked for */
    size_t all_files_n;
    struct bw_image_config run; /* of an image */
    struct bw_strs history;     /* every step, also those without a layer */
    struct bw_str created;      /* RFC 3339, as the image says */
    struct bw_str config_digest;
    struct bw_strs annotation_keys, annotation_values;
    struct bw_base_image base;
};

const char *bw_subject_kind_name(enum bw_subject_kind kind);

#endif
