#include <stdio.h>
#include <stdlib.h>

#include "enforce/service-parts.h"

/* A log that cannot be written is found at the start and not at the first decision. */
static int try_log(const struct bw_service_options *options, struct bw_err *err)
{
    struct bw_evidence *evidence = NULL;
    int rc = bw_evidence_open(&options->log, &evidence, err);
    bw_evidence_close(evidence);
    return rc;
}

int bw_service_log_prepare(struct bw_service_setup *setup, struct bw_err *err)
{
    if (!setup->options.log.path)
        return 0;
    struct bw_str path = bw_str(setup->options.log.path);
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str directory =
        slash == SIZE_MAX ? BW_STR(".") : bw_str_take(path, slash ? slash : 1);
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    setup->log_directory = strndup(directory.p, directory.n);
    if (!setup->log_directory || asprintf(&setup->log_name, "/%" BW_STR_F, BW_STR_A(name)) < 0) {
        setup->log_name = NULL;
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    return try_log(&setup->options, err);
}

void bw_service_log_mark(struct bw_service_setup *setup)
{
    if (setup->log_directory && stat(setup->log_directory, &setup->log_seen))
        setup->log_seen.st_ino = 0;
}

bool bw_service_log_moved(const struct bw_service_setup *setup)
{
    struct stat now;
    return setup->log_directory && stat(setup->log_directory, &now) == 0 &&
           (now.st_ino != setup->log_seen.st_ino || now.st_dev != setup->log_seen.st_dev);
}

void bw_service_log_free(struct bw_service_setup *setup)
{
    free(setup->log_directory);
    free(setup->log_name);
}
