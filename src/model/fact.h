/*
 * fact.h: an immutable statement about a subject, with the place it was found at.
 *
 * Facts are what extraction yields and checks want. They are produced in the sandboxed worker,
 * cross to the parent in the form of wire.h, and live in the arena of the scan.
 */
#ifndef BW_MODEL_FACT_H
#define BW_MODEL_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/bill.h"
#include "model/distribution.h"
#include "model/elf.h"
#include "model/image-document.h"
#include "model/package.h"
#include "model/secret.h"

/* Where a fact was found. */
struct bw_place {
    uint32_t layer;      /* index into the subject's layers, lowest layer 0 */
    struct bw_str path;  /* without leading '/', no "." or ".." or empty components */
    struct bw_str inner; /* within the file at path: "WEB-INF/lib/a.jar!/META-INF/MANIFEST.MF" in an
                            archive, "Env PATH" in an image's configuration (path is then empty);
                            empty for the file itself */
    uint32_t line;       /* from 1; 0 where lines have no meaning */
};

/* The values are part of the wire form: append only. */
enum bw_fact_kind {
    BW_FACT_FILE,         /* an entry of a layer's file tree that decides what is visible */
    BW_FACT_DISTRIBUTION, /* from an os-release file */
    BW_FACT_PACKAGE,      /* from a package database */
    BW_FACT_OWNERSHIP,    /* files of a package whose database keeps them apart (dpkg) */
    BW_FACT_DOCUMENT,     /* a JSON document that describes an image */
    BW_FACT_SECRET,       /* a credential in a file, a variable, a label or a build step */
    BW_FACT_ELF,          /* of a program or a library */
    BW_FACT_BILL,         /* what a bill of materials is about */
};
#define BW_FACT_KIND_COUNT 8

enum bw_file_type {
    BW_FILE_REGULAR,
    BW_FILE_DIRECTORY,
    BW_FILE_SYMLINK,
    BW_FILE_HARDLINK, /* `link` is the path of the entry it shares, in the same layer */
    BW_FILE_OTHER,    /* device, fifo, socket */
    BW_FILE_WHITEOUT, /* hides `path` of the layers below (OCI image-spec, layer.md) */
    BW_FILE_OPAQUE,   /* hides everything below `path` of the layers below */
};
#define BW_FILE_TYPE_COUNT 7

/* An entry at place.path. The order of file facts within a layer is the order of the entries: a
 * later one replaces an earlier one of the same path. */
struct bw_file {
    enum bw_file_type type;
    struct bw_str link; /* symbolic link: as stored; hard link: normalised path */
    uint64_t size;      /* bytes of a regular file */
    uint64_t offset;    /* of its content in an archive whose members are listed, else 0 */
    bool read;          /* its content went through a parser: facts with the same place follow */
    bool examined;      /* its content was looked at for secrets and the like: facts may follow */
    bool has_mode;      /* mode, uid, gid are known */
    uint32_t mode;      /* the 07777 bits */
    uint32_t uid, gid;
    uint64_t capabilities;   /* permitted and inheritable, from security.capability; 0 for none */
    struct bw_digest digest; /* of a regular file's content, where it was asked for */
};

/* The bits of a security.capability attribute (struct vfs_cap_data, revisions 1 to 3;
 * capabilities(7)) that a program would gain: permitted and inheritable ones. 0 for what is no such
 * attribute. */
uint64_t bw_file_capabilities(const void *p, size_t n);

/* What another file than the package's own record says of it: which files it owns
 * (var/lib/dpkg/info/NAME[:ARCH].list), their checksums (.md5sums), which of them are for the
 * administrator to change (Conffiles), its licence (usr/share/doc/NAME/copyright). */
struct bw_ownership {
    enum bw_package_type type;
    struct bw_str package; /* "NAME" or "NAME:ARCH"; empty for files that the package manager put
                              in each other's place (diversions): owned, and by whom is not told */
    struct bw_strs files;
    struct bw_file_record *records; /* one for each of files, or NULL */
    struct bw_str licence;
};

struct bw_fact {
    enum bw_fact_kind kind;
    struct bw_place place;
    union {
        struct bw_file file;
        struct bw_distribution distribution;
        struct bw_package package;
        struct bw_ownership ownership;
        struct bw_image_document document;
        struct bw_secret secret;
        struct bw_elf elf;
        struct bw_bill bill;
    };
};

#endif
