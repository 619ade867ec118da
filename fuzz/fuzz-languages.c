#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte of an input chooses by its place in the alphabet. The order is that of the
 * corpus: append only. */
static const char *const paths[] = {
    "node_modules/a/package.json",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "a.dist-info/METADATA",
    "requirements.txt",
    "Pipfile.lock",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "specifications/a.gemspec",
    "Gemfile.lock",
    "vendor/composer/installed.json",
    "composer.lock",
    "a.deps.json",
    "packages.lock.json",
    "packages.config",
    "Cargo.lock",
    "pubspec.lock",
    "Package.resolved",
    "lib/a/ebin/a.app",
    "mix.lock",
    "conan.lock",
    "conda-meta/a.json",
    "environment.yml",
    "Manifest.toml",
    "library/a/DESCRIPTION",
    "renv.lock",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        fuzz_parse(paths[(uint8_t)(data[0] - 'A') % BW_ARRAY_LEN(paths)], data + 1, size - 1);
    return 0;
}
