/*
 * The image goes through the reader of image configurations, so that it is the same object whether
 * it was scanned or only its configuration is at hand.
 */
#include "scan/image-object.h"

#include "check/capability.h"
#include "extract/document.h"
#include "wrap/json.h"

#define TEXT_MAX ((size_t)256 << 20)

/* --- the configuration, in the words of the image specification --- */

static void put_list(struct bw_json_writer *w, const char *key, struct bw_strs list)
{
    if (!list.n)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    for (size_t i = 0; i < list.n; i++)
        bw_json_put_str(w, list.v[i]);
    bw_json_end(w);
}

/* Keys; their values, or empty objects. */
static void put_map(struct bw_json_writer *w, const char *key, struct bw_strs keys,
                    const struct bw_strs *values)
{
    if (!keys.n)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_object(w);
    for (size_t i = 0; i < keys.n; i++) {
        bw_json_key(w, keys.v[i]);
        if (values) {
            bw_json_put_str(w, i < values->n ? values->v[i] : BW_STR(""));
        } else {
            bw_json_begin_object(w);
            bw_json_end(w);
        }
    }
    bw_json_end(w);
}

static void put_text(struct bw_json_writer *w, const char *key, struct bw_str text)
{
    if (text.n)
        bw_json_member_str(w, key, text);
}

static void put_config(struct bw_json_writer *w, const struct bw_image_config *config)
{
    bw_json_key(w, BW_STR("config"));
    bw_json_begin_object(w);
    put_text(w, "User", config->user);
    put_text(w, "WorkingDir", config->working_dir);
    put_text(w, "StopSignal", config->stop_signal);
    put_list(w, "Env", config->env);
    put_list(w, "Entrypoint", config->entrypoint);
    put_list(w, "Cmd", config->cmd);
    put_list(w, "Shell", config->shell);
    put_list(w, "OnBuild", config->on_build);
    put_map(w, "Labels", config->label_keys, &config->label_values);
    put_map(w, "ExposedPorts", config->exposed_ports, NULL);
    put_map(w, "Volumes", config->volumes, NULL);
    if (config->health_check.n) {
        bw_json_key(w, BW_STR("Healthcheck"));
        bw_json_begin_object(w);
        put_list(w, "Test", config->health_check);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_history(struct bw_json_writer *w, struct bw_strs history)
{
    bw_json_key(w, BW_STR("history"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < history.n; i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "created_by", history.v[i]);
        bw_json_end(w);
    }
    bw_json_end(w);
}

/* --- what was found, in the words of policies/schema/images.json --- */

static void put_packages(struct bw_json_writer *w, const struct bw_subject *s)
{
    bw_json_key(w, BW_STR("packages"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < s->packages_n; i++) {
        const struct bw_package *package = s->packages[i].package;
        bw_json_begin_object(w);
        bw_json_member_str(w, "type", bw_str(bw_package_type_name(package->type)));
        bw_json_member_str(w, "name", package->name);
        bw_json_member_str(w, "version", package->version);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_path(struct bw_json_writer *w, struct bw_arena *arena, struct bw_str path)
{
    struct bw_str whole = bw_arena_printf(arena, "/%" BW_STR_F, BW_STR_A(path));
    w->buf->failed |= !whole.p;
    bw_json_member_str(w, "path", whole);
}

static void put_capabilities(struct bw_json_writer *w, struct bw_arena *arena, uint64_t bits)
{
    struct bw_str names = bw_capability_names(bits, arena), name;
    bw_json_key(w, BW_STR("capabilities"));
    bw_json_begin_array(w);
    while (bits && bw_str_split(&names, ',', &name))
        bw_json_put_str(w, bw_str_trim(name));
    bw_json_end(w);
}

static void put_files(struct bw_json_writer *w, const struct bw_subject *s, struct bw_arena *arena)
{
    bw_json_key(w, BW_STR("files"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < s->files_n; i++) {
        const struct bw_notable_file *notable = &s->files[i];
        if (notable->file->type == BW_FILE_SYMLINK)
            continue; /* its mode means nothing */
        bw_json_begin_object(w);
        put_path(w, arena, notable->place.path);
        bw_json_member_u64(w, "mode", notable->file->mode);
        bw_json_member_u64(w, "uid", notable->file->uid);
        bw_json_member_u64(w, "gid", notable->file->gid);
        bw_json_member_bool(w, "setuid", notable->flags & BW_FILE_SETUID);
        bw_json_member_bool(w, "setgid", notable->flags & BW_FILE_SETGID);
        put_capabilities(w, arena, notable->file->capabilities);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_secrets(struct bw_json_writer *w, const struct bw_subject *s,
                        struct bw_arena *arena)
{
    bw_json_key(w, BW_STR("secrets"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < s->secrets_n; i++) {
        bw_json_begin_object(w);
        put_path(w, arena, s->secrets[i].place.path);
        bw_json_member_str(w, "rule", s->secrets[i].secret->rule);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_distribution(struct bw_json_writer *w, const struct bw_subject *s)
{
    bw_json_key(w, BW_STR("distribution"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", s->distribution.id);
    bw_json_member_str(w, "versionId", s->distribution.version_id);
    bw_json_end(w);
}

static void put_platform(struct bw_json_writer *w, struct bw_str platform)
{
    static const char *const keys[] = {"os", "architecture", "variant"};
    struct bw_str part;
    for (size_t i = 0; i < BW_ARRAY_LEN(keys) && bw_str_split(&platform, '/', &part); i++)
        bw_json_member_str(w, keys[i], part);
}

static void put_layers(struct bw_json_writer *w, const struct bw_subject *s)
{
    bw_json_key(w, BW_STR("rootfs"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "type", BW_STR("layers"));
    bw_json_key(w, BW_STR("diff_ids"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < s->layers_n; i++)
        bw_json_put_str(w, s->layers[i].diff_id);
    bw_json_end(w);
    bw_json_end(w);
}

static void put_image(struct bw_json_writer *w, const struct bw_subject *s, struct bw_arena *arena)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "reference", s->tags.n ? s->tags.v[0] : s->name);
    put_text(w, "digest", s->digest);
    put_platform(w, s->platform);
    put_text(w, "created", s->created);
    put_config(w, &s->run);
    put_layers(w, s);
    put_history(w, s->history);
    put_packages(w, s);
    put_distribution(w, s);
    if (s->looked_at_files)
        put_files(w, s, arena);
    if (s->looked_for_secrets)
        put_secrets(w, s, arena);
    bw_json_end(w);
}

/* --- the document --- */

struct gaps {
    struct bw_scan *scan;
    struct bw_target target;
};

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct gaps *gaps = ctx;
    (void)where;
    bw_target_gap(&gaps->target, class, bw_str(gaps->target.argument), what, why);
}

int bw_image_object_add(struct bw_scan *scan, uint32_t subject, struct bw_err *err)
{
    const struct bw_subject *s = &scan->subjects.v[subject];
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    struct bw_json_writer w = bw_json_writer(&json, false);
    struct gaps gaps = {.scan = scan, .target = {.scan = scan, .argument = s->name.p}};
    struct bw_str *wanted;
    size_t wanted_n;
    if (s->kind != BW_SUBJECT_IMAGE)
        return 0;
    put_image(&w, s, scan->arena);
    if (bw_buf_failed(&json))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the configuration of an image");
    const struct bw_reader_request request = {.path = s->name, .text = bw_buf_slice(&json)};
    const struct bw_reader_sink sink = {.ctx = &gaps, .gap = on_gap};
    struct bw_read_document *slot =
        BW_VEC_PUSH(&scan->documents, BW_SCAN_TARGETS_MAX * (size_t)1024);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "no room for more objects");
    int rc = bw_reader_read(bw_reader_named(BW_STR("image-config")), &request, &sink, scan->arena,
                            &slot->document, &wanted, &wanted_n, err);
    if (rc)
        return rc;
    slot->subject = subject;
    for (size_t i = 0; i < slot->document.objects_n; i++)
        slot->document.objects[i].name = s->name;
    /* The text was made here: nobody can look its lines up. */
    slot->document.places_n = slot->document.files_n = 0;
    return 0;
}
