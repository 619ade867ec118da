/* A ZIP archive: its directory, and what its entries unpack to. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "wrap/crc32.h"
#include "wrap/zip.h"

#define ENTRIES_READ 64
#define ENTRY_MAX    ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct bw_zip *zip)
{
    struct bw_buf bytes = BW_BUF(ENTRY_MAX);
    struct bw_err err;
    for (uint64_t i = 0; i < bw_zip_count(zip) && i < ENTRIES_READ; i++) {
        struct bw_zip_entry entry;
        bw_buf_clear(&bytes);
        if (bw_zip_stat(zip, i, &entry, &err) || bw_zip_read(zip, i, &bytes, &err))
            continue;
        if (bytes.n != entry.size || bw_crc32(0, bytes.p, bytes.n) != entry.crc32)
            abort();
    }
    bw_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd BW_CLEANUP(bw_fd_closep) = memfd_create("zip", MFD_CLOEXEC);
    struct bw_zip *zip = NULL;
    struct bw_err err;
    if (fd < 0 || bw_fd_write_full(fd, data, size))
        return 0;
    if (bw_zip_open(fd, &zip, &err) == 0)
        read_all(zip);
    bw_zip_close(zip);
    return 0;
}
