#include "acquire/source.h"

#include <unistd.h>

#include "base/fd.h"

/* What stands behind "WORD:", or NULL. */
static const char *behind_prefix(const char *argument, struct bw_str word)
{
    struct bw_str s = bw_str(argument);
    return word.n && bw_str_starts(s, word) && s.n > word.n && s.p[word.n] == ':'
               ? argument + word.n + 1
               : NULL;
}

static const char *behind_any_prefix(const struct bw_source *source, const char *argument)
{
    struct bw_str aliases = bw_str(source->aliases), alias;
    const char *rest = behind_prefix(argument, bw_str(source->name));
    while (!rest && bw_str_split(&aliases, ' ', &alias))
        rest = behind_prefix(argument, alias);
    return rest;
}

static const struct bw_source *find_source(const char *argument, const char **ret_rest)
{
    for (size_t i = 0; bw_sources[i]; i++) {
        *ret_rest = behind_any_prefix(bw_sources[i], argument);
        if (*ret_rest)
            return bw_sources[i];
    }
    *ret_rest = argument;
    for (size_t i = 0; bw_sources[i]; i++)
        if (bw_sources[i]->probe && bw_sources[i]->probe(argument))
            return bw_sources[i];
    return NULL;
}

int bw_image_open(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                  struct bw_err *err)
{
    const char *rest;
    const struct bw_source *source = find_source(argument, &rest);
    struct bw_image image = {.stream_fd = -1};
    if (!source)
        return bw_err_set(err, BW_ENOENT, "%s: no such file or directory", argument);
    if (!*rest)
        return bw_err_set(err, BW_EUSAGE, "%s: nothing behind the prefix", argument);
    image.subject.name = bw_arena_str(acquire->arena, bw_str(argument));
    image.subject.source = bw_str(source->name);
    if (!image.subject.name.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = source->open(acquire, rest, &image, err);
    if (rc)
        bw_image_close(&image);
    else
        *ret_image = image;
    return rc;
}

void bw_image_close(struct bw_image *image)
{
    if (image->close)
        image->close(image);
    for (size_t i = 0; i < image->files_n; i++)
        close(image->files[i]);
    for (size_t i = 0; image->form == BW_FORM_TREES && i < image->layers_n; i++)
        bw_fd_closep(&image->layers[i].directory);
    if (image->form == BW_FORM_STREAM)
        bw_fd_closep(&image->stream_fd);
    *image = (struct bw_image){.stream_fd = -1};
}
