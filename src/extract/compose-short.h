/*
 * compose-short.h: the short forms of compose files; the conversions that the table of types in
 * compose-model.c names. Each has the signature of `convert` or `identity` there.
 */
#ifndef BW_EXTRACT_COMPOSE_SHORT_H
#define BW_EXTRACT_COMPOSE_SHORT_H

#include "extract/compose-model.h"

/* Most ports that all ranges of a document may stand for. */
#define BW_COMPOSE_PORTS_MAX 131072u

#define BW_COMPOSE_CONVERT(name)                                                                   \
    struct bw_value bw_compose_##name(struct bw_compose *compose, struct bw_value value,           \
                                      const char *field)
#define BW_COMPOSE_IDENTITY(name)                                                                  \
    struct bw_str bw_compose_##name(struct bw_compose *compose, struct bw_value element)

/* A part of a string that has been split: with its place, and with what is unknown in it. */
struct bw_value bw_compose_piece(struct bw_compose *compose, struct bw_value whole,
                                 struct bw_str piece);

/* Sets a member; its key has the place of the map. */
void bw_compose_set(struct bw_compose *compose, struct bw_value *map, const char *name,
                    struct bw_value value);

/* A container as what stands where `value` stood, with the tags it had. */
struct bw_value bw_compose_in_place(struct bw_value container, struct bw_value value);

/* Whether an unknown part is in it. */
bool bw_compose_has_hole(struct bw_value whole, struct bw_str piece);

/* --- to containers --- */
BW_COMPOSE_CONVERT(to_list);      /* "a" -> ["a"] */
BW_COMPOSE_CONVERT(to_words);     /* "a 'b c'" -> ["a", "b c"], as a shell splits */
BW_COMPOSE_CONVERT(to_test);      /* "a" -> ["CMD-SHELL", "a"] */
BW_COMPOSE_CONVERT(to_variables); /* ["A=1", "B"] -> {A: "1", B: null} */
BW_COMPOSE_CONVERT(to_texts);     /* ["A=1", "B"] -> {A: "1", B: ""} */
BW_COMPOSE_CONVERT(to_contexts);  /* ["A=1"] -> {A: "1"}; paths are seen from the document's */
BW_COMPOSE_CONVERT(to_names);     /* ["a"] -> {a: null} */
BW_COMPOSE_CONVERT(
    to_dependencies);              /* ["a"] -> {a: {condition: service_started, required: true}} */
BW_COMPOSE_CONVERT(to_hosts);      /* ["a=1.2.3.4", "a:::1"] -> {a: ["1.2.3.4", "::1"]} */
BW_COMPOSE_CONVERT(to_build);      /* "dir" -> {context: "dir"} */
BW_COMPOSE_CONVERT(to_extends);    /* "a" -> {service: "a"} */
BW_COMPOSE_CONVERT(to_ports);      /* ["127.0.0.1:80-81:80-81/udp"] -> a map each */
BW_COMPOSE_CONVERT(to_mount);      /* "/a:/b:ro" -> {type: bind, source, target, read_only, ...} */
BW_COMPOSE_CONVERT(to_device);     /* "/a:/b:r" -> {source, target, permissions} */
BW_COMPOSE_CONVERT(to_file_mount); /* "a" -> {source: "a"} */
BW_COMPOSE_CONVERT(to_env_file);   /* "a" -> {path: "a", required: true} */
BW_COMPOSE_CONVERT(to_gpus);       /* "all" -> [{count: "all"}] */
BW_COMPOSE_CONVERT(to_include);    /* "a" -> {path: ["a"]} */
BW_COMPOSE_CONVERT(to_resource);   /* {external: {name: a}} -> {external: true, name: a} */

/* --- what makes elements one --- */
BW_COMPOSE_IDENTITY(by_text);    /* a string itself */
BW_COMPOSE_IDENTITY(by_content); /* all of it */
BW_COMPOSE_IDENTITY(by_name);    /* what stands before its "=" */
BW_COMPOSE_IDENTITY(by_target);  /* of mounts and devices */
BW_COMPOSE_IDENTITY(by_path);    /* of env files */
BW_COMPOSE_IDENTITY(by_port);
BW_COMPOSE_IDENTITY(by_secret);
BW_COMPOSE_IDENTITY(by_config);

#endif
