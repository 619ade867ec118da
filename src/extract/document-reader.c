/*
 * Which reader a document is for. By itself, because a program that knows its document (the runtime
 * wrapper) is linked with that one reader and not with all.
 */
#include "extract/document.h"

const struct bw_reader *bw_reader_named(struct bw_str name)
{
    for (size_t i = 0; bw_readers[i]; i++)
        if (bw_str_eq(name, bw_str(bw_readers[i]->name)))
            return bw_readers[i];
    return NULL;
}

const struct bw_reader *bw_reader_for(struct bw_str path, struct bw_str text)
{
    for (size_t i = 0; bw_readers[i]; i++)
        if (bw_readers[i]->recognise(path, text))
            return bw_readers[i];
    return NULL;
}
