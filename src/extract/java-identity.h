/*
 * java-identity.h: what a Java archive says it is: Maven coordinates out of its metadata.
 *
 * In this order:
 *   - META-INF/maven/GROUP/ARTIFACT/pom.properties (Maven Archiver): certain. A shaded archive has
 *     several, and each is a package that is in it.
 *   - META-INF/MANIFEST.MF (JAR File Specification; OSGi Core 3.2): the version is
 *     Implementation-Version or else Bundle-Version (without OSGi's qualifier); the artifact is the
 *     name of the file before its version, or else Implementation-Title where that is a word; the
 *     group is that of a known family of artifacts ("spring-", "lucene-"),
 * Implementation-Vendor-Id, the part of Bundle-SymbolicName or Automatic-Module-Name before the
 * artifact, or Implementation-Title where it is "group:artifact" or a dotted name.
 *   - the file's name, "NAME-1.2.3.jar": the version of last resort, and never a group.
 * A package without a group cannot be told from others of the same artifact: advisories of Maven do
 * not match it. It is sent by its artifact alone.
 */
#ifndef BW_EXTRACT_JAVA_IDENTITY_H
#define BW_EXTRACT_JAVA_IDENTITY_H

#include <stdbool.h>

#include "base/str.h"

#define BW_JAVA_MANIFEST_MAX ((size_t)1 << 20)
#define BW_JAVA_NAME_MAX     256u

struct bw_java_identity {
    struct bw_str group, artifact, version; /* group may be empty, the others only where it fails */
};

/* The attributes of a manifest's main section, with continuation lines joined. Slices of `room`. */
struct bw_java_manifest {
    struct bw_str title, version, vendor_id; /* Implementation-* */
    struct bw_str bundle, bundle_version;    /* Bundle-SymbolicName, Bundle-Version */
    struct bw_str module;                    /* Automatic-Module-Name */
    struct bw_str jenkins;                   /* Jenkins-Version */
    struct bw_str plugin;                    /* Short-Name of a Jenkins plugin */
    struct bw_str plugin_version, group_id;  /* Plugin-Version, Group-Id */
};

/* `room` has text.n bytes and must outlive the result. */
struct bw_java_manifest bw_java_manifest(struct bw_str text, char *room);

/* false where artifact or version is missing, or a placeholder ("${version}"). */
bool bw_java_from_properties(struct bw_str text, struct bw_java_identity *ret_identity);
bool bw_java_from_manifest(const struct bw_java_manifest *manifest, struct bw_str path,
                           struct bw_java_identity *ret_identity);

#endif
