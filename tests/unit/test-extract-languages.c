#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"
#include "extract/record.h"

static struct collected got;

static void expect(const char *path, const char *content, const char *want)
{
    assert_string_equal(collect_str(&got, path, content), want);
}

#define SHA512                                                                                     \
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
#define SHA512_HEX                                                                                 \
    "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"                      \
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA1   "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static void npm_packages(void **state)
{
    (void)state;
    expect("app/node_modules/@s/a/package.json",
           "{\n\"name\": \"@s/a\",\n\"version\": \"1.2.3\", \"license\": \"MIT\",\n"
           "\"dependencies\": {\"b\": \"^1\"}, \"optionalDependencies\": {\"@s/c\": \"2\"}}",
           "package @s/a 1.2.3 source @s/a 1.2.3 licence MIT needs b @s/c line 3:\n");
    expect("usr/lib/node_modules/a/package.json",
           "{\"name\":\"a\",\"version\":\"1\",\"licenses\":[{\"type\":\"MIT\"},\"BSD\"]}",
           "package a 1 source a 1 licence MIT OR BSD line 1:\n");
    expect("node_modules/a/package.json",
           "{\"name\":\"a\",\"version\":\"1\",\"license\":{\"type\":\"ISC\",\"url\":\"x\"}}",
           "package a 1 source a 1 licence ISC line 1:\n");
    expect("node_modules/a/package.json", "{\"type\":\"module\"}", "");
    expect("node_modules/a/package.json", "[1]", "");
    expect("node_modules/a/package.json", "{\"name\":\"a b\",\"version\":\"1\"}",
           "blocking node_modules/a/package.json, line 1: a package has a malformed name\n");
    assert_null(bw_parser_for(BW_STR("app/package.json"), true));
    assert_null(bw_parser_for(BW_STR("node_modules/a/lib/package.json"), true));
}

static void npm_locks(void **state)
{
    (void)state;
    expect("package-lock.json",
           "{\"lockfileVersion\":3,\"packages\":{\n\"\":{\"name\":\"x\",\"version\":\"1\"},\n"
           "\"node_modules/a\":{\"version\":\"1.0.0\",\"resolved\":\"https://r/a.tgz\","
           "\"integrity\":\"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-" SHA512
           "?x\",\"license\":\"MIT\","
           "\"dependencies\":{\"b\":\"1\"}},\n"
           "\"node_modules/a/node_modules/@s/b\":{\"version\":\"2.0.0\",\"dev\":true},\n"
           "\"node_modules/c\":{\"name\":\"real\",\"version\":\"3.0.0\"},\n"
           "\"node_modules/a2/node_modules/@s/b\":{\"version\":\"2.0.0\",\"dev\":true},\n"
           "\"node_modules/w\":{\"resolved\":\"packages/w\",\"link\":true},\n"
           "\"packages/w\":{\"version\":\"9\"},\n"
           "\"node_modules/g\":{\"version\":\"1\",\"resolved\":\"git+ssh://x\"},\n"
           "\"node_modules/n\":{}}}",
           "package a 1.0.0 source a 1.0.0 licence MIT checksum " SHA512_HEX
           " locked needs b line 3:\n"
           "package @s/b 2.0.0 source @s/b 2.0.0 locked development line 4:\n"
           "package real 3.0.0 source real 3.0.0 locked line 5:\n"
           "blocking package-lock.json, line 10: the package n has no version\n"
           "note package-lock.json: 1 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    expect("a/npm-shrinkwrap.json",
           "{\"lockfileVersion\":1,\"dependencies\":{\n\"a\":{\"version\":\"1.0.0\",\"requires\":"
           "{\"b\":\"^1\"},\n\"dependencies\":{\n\"b\":{\"version\":\"2.0.0\",\"dev\":true}}},\n"
           "\"x\":{\"version\":\"npm:@s/y@3.0.0\"},\n\"f\":{\"version\":\"file:f\"}}}",
           "package a 1.0.0 source a 1.0.0 locked needs b line 2:\n"
           "package b 2.0.0 source b 2.0.0 locked development line 4:\n"
           "package @s/y 3.0.0 source @s/y 3.0.0 locked line 5:\n"
           "note a/npm-shrinkwrap.json: 1 packages come from no registry (directories, "
           "repositories, archives): left out\n");
    expect("package-lock.json", "{",
           "error format: no valid JSON: unexpected end of data at byte 1\n");
    expect("package-lock.json", "7", "error format: no lock file of npm: not an object\n");
    assert_null(bw_parser_for(BW_STR("package-lock.json"), false));
}

static void yarn_locks(void **state)
{
    (void)state;
    expect(
        "yarn.lock",
        "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.2.0\"\n"
        "  resolved \"https://r/a.tgz#" SHA1
        "\"\n  dependencies:\n    \"@s/b\" \"^7\"\n    c \"1\"\n"
        "\nc@1, c@^1:\n  version \"1.0.0\"\n  integrity sha512-" SHA512 "\n\n"
        "x@npm:@s/y@^2:\n  version \"2.0.0\"\n\nz@user/z:\n  version \"1.0.0\"\n"
        "w@git+ssh://h/w:\n  version \"1.0.0\"\nn@1:\n  resolved \"u\"\n",
        "package @s/a 1.2.0 source @s/a 1.2.0 checksum sha1:" SHA1 " locked needs @s/b c line 3:\n"
        "package c 1.0.0 source c 1.0.0 checksum " SHA512_HEX " locked line 10:\n"
        "package @s/y 2.0.0 source @s/y 2.0.0 locked line 14:\n"
        "blocking yarn.lock, line 21: the package n has no version\n"
        "note yarn.lock: 2 packages come from no registry (directories, repositories, archives): "
        "left out\n");
    expect(
        "yarn.lock",
        "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0, a@npm:^1.1.0\":\n  version: 1.2.0\n"
        "  resolution: \"a@npm:1.2.0\"\n  dependencies:\n    \"@s/b\": \"npm:^7\"\n"
        "  checksum: 10c0/ab\n\n\"x@workspace:.\":\n  version: 0.0.0-use.local\n"
        "  resolution: \"x@workspace:.\"\n\"t@patch:t@npm%3A5.0.0#p\":\n  version: 5.0.0\n"
        "  resolution: \"t@patch:t@npm%3A5.0.0#p\"\n\"g@https://h/g\":\n  version: 1.0.0\n"
        "  resolution: \"g@https://h/g#commit=1\"\n",
        "package a 1.2.0 source a 1.2.0 locked needs @s/b line 4:\n"
        "package t 5.0.0 source t 5.0.0 locked line 14:\n"
        "note yarn.lock: 1 packages come from no registry (directories, repositories, archives): "
        "left out\n");
    expect("yarn.lock", "a: b\n",
           "error format: no lock file of Yarn: neither version 1 nor __metadata\n");
}

static void pnpm_locks(void **state)
{
    (void)state;
    expect("pnpm-lock.yaml",
           "lockfileVersion: 5.4\npackages:\n  /a/1.0.0_b@2.0.0:\n    resolution: {integrity: "
           "sha512-" SHA512
           "}\n    dev: true\n    dependencies:\n      b: 2.0.0\n  /@s/c/3.0.0:\n    dev: false\n"
           "  github.com/u/r/abc:\n    name: r\n    version: 1.0.0\n",
           "package a 1.0.0 source a 1.0.0 checksum " SHA512_HEX
           " locked development needs b line 3:\n"
           "package @s/c 3.0.0 source @s/c 3.0.0 locked line 8:\n"
           "note pnpm-lock.yaml: 1 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    expect(
        "pnpm-lock.yaml",
        "lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0(b@2.0.0)(@s/c@1.0.0):\n    dev: false\n",
        "package @s/a 1.0.0 source @s/a 1.0.0 locked line 3:\n");
    expect("pnpm-lock.yaml",
           "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        "
           "specifier: 1\n"
           "        version: 1.0.0(p@1.0.0)\n      al:\n        specifier: npm:real@1\n"
           "        version: real@1.0.0\n    devDependencies:\n      d:\n        version: 4.0.0\n"
           "packages:\n  a@1.0.0: {}\n  '@s/b@2.0.0': {}\n  d@4.0.0: {}\n  real@1.0.0: {}\n"
           "  g@https://h/g: {}\nsnapshots:\n  a@1.0.0(p@1.0.0):\n    dependencies:\n"
           "      '@s/b': 2.0.0\n  '@s/b@2.0.0': {}\n  d@4.0.0: {}\n  real@1.0.0: {}\n",
           "package a 1.0.0 source a 1.0.0 locked needs @s/b line 15:\n"
           "package @s/b 2.0.0 source @s/b 2.0.0 locked line 16:\n"
           "package d 4.0.0 source d 4.0.0 locked development line 17:\n"
           "package real 1.0.0 source real 1.0.0 locked line 18:\n"
           "note pnpm-lock.yaml: 1 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    expect("pnpm-lock.yaml", "lockfileVersion: 12\n",
           "blocking pnpm-lock.yaml, line 1: a lock file of version 12, known are 5, 6 and 9\n");
    expect("pnpm-lock.yaml", "a: b\n", "error format: no lock file of pnpm: no lockfileVersion\n");
    expect("pnpm-lock.yaml", "", "error format: no lock file of pnpm: no lockfileVersion\n");
}

static void bun_locks(void **state)
{
    (void)state;
    expect("bun.lock",
           "{ // "
           "c\n\"workspaces\":{\"\":{\"dependencies\":{\"a\":\"1\"},\"devDependencies\":{\"d\":"
           "\"1\"},},},\n"
           "\"packages\":{\n\"a\":[\"a@1.0.0\",\"\",{\"dependencies\":{\"@s/"
           "b\":\"1\"}},\"sha512-" SHA512
           "\"],\n\"a/@s/b\":[\"@s/b@2.0.0\",\"\",{},\"\"],\n\"d\":[\"d@1.0.0\",\"\",{},\"\"],\n"
           "\"w\":[\"w@workspace:w\"],\n\"g\":[\"g@github:u/g#1\",{},\"x\"],\n\"n\":[],\n},}",
           "package a 1.0.0 source a 1.0.0 checksum " SHA512_HEX " locked needs @s/b line 4:\n"
           "package @s/b 2.0.0 source @s/b 2.0.0 locked line 5:\n"
           "package d 1.0.0 source d 1.0.0 locked development line 6:\n"
           "blocking bun.lock, line 9: a package without NAME@VERSION\n"
           "note bun.lock: 1 packages come from no registry (directories, repositories, archives): "
           "left out\n");
    expect("bun.lock", "{}", "error format: no lock file of Bun: no packages\n");
}

static void python_packages(void **state)
{
    (void)state;
    expect("usr/lib/python3/site-packages/a-1.dist-info/METADATA",
           "Metadata-Version: 2.1\nName: A.b\nVersion: 1.2.post1\nLicense: MIT\n"
           "Classifier: License :: OSI Approved :: BSD License\nRequires-Dist: c (>=1)\n"
           "Requires-Dist: d[x]>=2; python_version < '3'\nRequires-Dist: e; extra == 'y'\n\n"
           "Name: not\n",
           "package A.b 1.2.post1 source A.b 1.2.post1 licence MIT needs c d line 2:\n");
    expect("a.egg-info/PKG-INFO",
           "Name: a\nVersion: 1\nLicense: UNKNOWN\nClassifier: License :: OSI Approved\n"
           "Classifier: License :: OSI Approved :: MIT License\n"
           "Classifier: License :: OSI Approved :: Apache Software License\n",
           "package a 1 source a 1 licence MIT License OR Apache Software License line 1:\n");
    expect("x/a.egg-info", "Name: a\r\nVersion: 1\r\nLicense: long\r\n        text\r\n",
           "package a 1 source a 1 licence long line 1:\n");
    expect("a.dist-info/METADATA", "Name: a\nVersion: 1\nLicense: x\nLicense-Expression: MIT\n",
           "package a 1 source a 1 licence MIT line 1:\n");
    expect("a.dist-info/METADATA", "Name: a\n",
           "blocking a.dist-info/METADATA, line 1: the package a has no version\n");
    expect("a.dist-info/METADATA", "", "blocking a.dist-info/METADATA: a package has no name\n");
}

static void python_requirements(void **state)
{
    (void)state;
    expect("requirements.txt",
           "# c\n-r other.txt\nA[x,y]==1.0 # c\nb === 2.0 ; python_version > '3'\nc==1.*\nd>=1,<2\n"
           "e==1.0,==1.0\n-e ./f\ng @ https://h/g.zip\ngit+https://h/i\n./j.whl\n--index-url x\n"
           "k==1.0 \\\n    --hash=sha256:" SHA256 "\nl==1 --hash=sha256:a --hash=sha256:b\nm\n"
           "n==3\\\n",
           "package A 1.0 source A 1.0 locked line 3:\n"
           "package b 2.0 source b 2.0 locked line 4:\n"
           "package k 1.0 source k 1.0 checksum sha256:" SHA256 " locked line 13:\n"
           "package l 1 source l 1 locked line 15:\n"
           "package n 3 source n 3 locked line 17:\n"
           "note requirements.txt: 4 requirements without an exact version\n"
           "note requirements.txt: 1 includes of other files, which are read only under a name of "
           "their own\n"
           "note requirements.txt: 4 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    /* Including itself is no matter to what opens no file. */
    expect(
        "requirements/base.txt", "-r base.txt\n",
        "note requirements/base.txt: 1 includes of other files, which are read only under a name "
        "of their own\n");
}

static void python_locks(void **state)
{
    (void)state;
    expect(
        "Pipfile.lock",
        "{\"_meta\":{},\n\"default\":{\n\"a\":{\"version\":\"==1.0\",\"hashes\":[\"sha256:" SHA256
        "\"]},\n\"g\":{\"git\":\"u\"}},\n\"develop\":{\n\"b\":{\"version\":\"==2.0\",\"hashes\":["
        "\"sha256:0\","
        "\"sha256:1\"]}}}",
        "package a 1.0 source a 1.0 checksum sha256:" SHA256 " locked line 3:\n"
        "package b 2.0 source b 2.0 locked development line 6:\n"
        "note Pipfile.lock: 1 packages come from no registry (directories, repositories, "
        "archives): left out\n");
    expect(
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"main\", \"dev\"]\n"
        "files = [{file = \"f\", hash = \"sha256:" SHA256
        "\"}]\n[package.dependencies]\nb = \">=1\"\n"
        "[[package]]\nname = \"b\"\nversion = \"2.0\"\ngroups = [\"dev\"]\n[[package]]\nname = "
        "\"c\"\n"
        "version = \"3.0\"\ncategory = \"dev\"\n[package.source]\ntype = \"legacy\"\n[[package]]\n"
        "name = \"d\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\n",
        "package a 1.0 source a 1.0 checksum sha256:" SHA256 " locked needs b line 1:\n"
        "package b 2.0 source b 2.0 locked development line 8:\n"
        "package c 3.0 source c 3.0 locked development line 12:\n"
        "note poetry.lock: 1 packages come from no registry (directories, repositories, "
        "archives): left out\n");
    expect(
        "pdm.lock",
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"x\"]\ndependencies = [\"b>=1\", "
        "\"c; x\"]\n[[package]]\nname = \"g\"\nversion = \"1\"\ngit = \"u\"\n",
        "package a 1.0 source a 1.0 locked needs b c line 1:\n"
        "note pdm.lock: 1 packages come from no registry (directories, repositories, archives): "
        "left out\n");
    expect(
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"u\" }\n"
        "sdist = { url = \"u\", hash = \"sha256:" SHA256 "\" }\ndependencies = [{ name = \"b\" }]\n"
        "[[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"u\" }\n[[package]]\n"
        "name = \"d\"\nversion = \"3\"\nsource = { registry = \"u\" }\n[[package]]\nname = \"p\"\n"
        "version = \"0\"\nsource = { editable = \".\" }\ndependencies = [{ name = \"a\" }]\n"
        "[package.dev-dependencies]\ndev = [{ name = \"d\" }]\n[[package]]\nname = \"g\"\n"
        "version = \"1\"\nsource = { git = \"u\" }\n",
        "package a 1.0 source a 1.0 checksum sha256:" SHA256 " locked needs b line 2:\n"
        "package b 2 source b 2 locked line 8:\n"
        "package d 3 source d 3 locked development line 12:\n"
        "note uv.lock: 1 packages come from no registry (directories, repositories, archives): "
        "left out\n");
}

static void ruby_packages(void **state)
{
    (void)state;
    expect(
        "usr/share/gems/specifications/a-1.2.gemspec",
        "# -*- encoding: utf-8 -*-\n# stub: a-b 1.2.3 x86_64-linux lib\n\n"
        "Gem::Specification.new do |s|\n  s.name = \"a-b\".freeze\n  s.version = \"1.2.3\"\n"
        "  s.required_ruby_version = \">= 2\"\n  s.licenses = [\"MIT\".freeze, \"Ruby\".freeze]\n"
        "  s.add_runtime_dependency(%q<c>.freeze, [\"~> 1.0\"])\n"
        "  s.add_development_dependency(%q<d>.freeze, [\"~> 1.0\"])\n"
        "  s.add_dependency(%q<e>, [\">= 0\"])\nend\n",
        "package a-b 1.2.3 source a-b 1.2.3 licence MIT OR Ruby needs c e line 0:\n");
    expect("specifications/default/a.gemspec",
           "  s.name = %q{x}\n  s.name = 'b'\n  s.version = Gem::Version.new(\"2.0\")\n",
           "package b 2.0 source b 2.0 line 0:\n");
    expect("specifications/a.gemspec",
           "# stub: a 1 ruby lib\n  if s.respond_to? :add_runtime_dependency then\n"
           "    s.add_runtime_dependency(%q<b>, [\"x\"])\n"
           "    s.add_development_dependency(%q<c>, [\"x\"])\n  else\n"
           "    s.add_dependency(%q<b>, [\"x\"])\n    s.add_dependency(%q<c>, [\"x\"])\n  end\n",
           "package a 1 source a 1 needs b line 0:\n");
    expect("specifications/a.gemspec", "  s.name = \"a\"\n  s.version = A::VERSION\n",
           "blocking specifications/a.gemspec: the package a has no version\n");
    expect(
        "Gemfile.lock",
        "GIT\n  remote: u\n  specs:\n    g (1.0)\n      h\n\nGEM\n  remote: "
        "https://gems.example.org/\n"
        "  specs:\n    a (1.0.0)\n      b (>= 1, < 2)\n      c\n    b (1.5-x86_64-linux)\n"
        "    b (1.5-java)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a!\n    z (1)\n\nBUNDLED WITH\n  "
        " 2.4\n",
        "package a 1.0.0 source a 1.0.0 locked needs b c line 10:\n"
        "package b 1.5 source b 1.5 locked line 13:\n"
        "note Gemfile.lock: 1 packages come from no registry (directories, repositories, "
        "archives): left out\n");
}

static void php_packages(void **state)
{
    (void)state;
    expect("composer.lock",
           "{\"packages\":[\n{\"name\":\"v/a\",\"version\":\"v1.0\",\"license\":[\"MIT\",\"BSD\"],"
           "\"require\":{\"php\":\">=8\",\"v/b\":\"1\"},\"dist\":{\"shasum\":\"" SHA1 "\"}}],\n"
           "\"packages-dev\":[\n{\"name\":\"v/b\",\"version\":\"2.0\"}]}",
           "package v/a v1.0 source v/a v1.0 licence MIT OR BSD checksum sha1:" SHA1
           " locked needs v/b line 2:\n"
           "package v/b 2.0 source v/b 2.0 locked development line 4:\n");
    expect(
        "app/vendor/composer/installed.json",
        "{\"packages\":[{\"name\":\"v/a\",\"version\":\"1\"},{\"name\":\"v/b\",\"version\":\"2\"}],"
        "\"dev-package-names\":[\"v/b\"]}",
        "package v/a 1 source v/a 1 line 1:\npackage v/b 2 source v/b 2 development line 1:\n");
    expect("vendor/composer/installed.json", "[{\"name\":\"v/a\",\"version\":\"1\"}]",
           "package v/a 1 source v/a 1 line 1:\n");
    expect("vendor/composer/installed.json", "{}", "error format: no list of packages\n");
}

static void dotnet_packages(void **state)
{
    (void)state;
    expect("app/x.deps.json",
           "\xef\xbb\xbf{\"targets\":{\"net8\":{\"x/1.0.0\":{},\"A/"
           "1.0.0\":{\"dependencies\":{\"B\":\"2\"}}}},\n"
           "\"libraries\":{\n\"x/1.0.0\":{\"type\":\"project\"},\n\"A/"
           "1.0.0\":{\"type\":\"package\",\"sha512\":"
           "\"sha512-" SHA512
           "\"},\n\"runtimepack.M.Runtime.linux-x64/8.0.1\":{\"type\":\"runtimepack\"}}}",
           "package A 1.0.0 source A 1.0.0 checksum " SHA512_HEX " needs B line 4:\n"
           "package M.Runtime.linux-x64 8.0.1 source M.Runtime.linux-x64 8.0.1 line 5:\n");
    expect("packages.lock.json",
           "{\"version\":1,\"dependencies\":{\"net6.0\":{\n\"A\":{\"type\":\"Direct\",\"resolved\":"
           "\"1.0\","
           "\"contentHash\":\"" SHA512
           "\",\"dependencies\":{\"B\":\"2\"}},\n\"p\":{\"type\":\"Project\"}},"
           "\"net8.0\":{\"A\":{\"type\":\"Direct\",\"resolved\":\"1.0\"}}}}",
           "package A 1.0 source A 1.0 checksum " SHA512_HEX " locked needs B line 2:\n");
    expect("packages.config",
           "<packages>\n<package id=\"A\" version=\"1.0\"/>\n"
           "<package id=\"B\" version=\"2.0\" developmentDependency=\"true\"/></packages>",
           "package A 1.0 source A 1.0 locked line 2:\n"
           "package B 2.0 source B 2.0 locked development line 3:\n");
    expect(
        "src/x.csproj",
        "<Project><ItemGroup>\n<PackageReference Include=\"A\" Version=\"[1.0]\"/>\n"
        "<PackageReference Include=\"B\"><Version>2.0</Version><PrivateAssets>all</PrivateAssets>"
        "</PackageReference>\n<PackageReference Include=\"C\" Version=\"1.*\"/>\n"
        "<PackageReference Include=\"D\" Version=\"$(V)\"/><PackageReference Include=\"E\"/>\n"
        "<PackageReference Include=\"F\" Version=\"[1,2)\"/></ItemGroup></Project>",
        "package A 1.0 source A 1.0 locked line 2:\n"
        "package B 2.0 source B 2.0 locked development line 3:\n"
        "note src/x.csproj: 3 references without an exact version\n");
    expect(
        "Directory.Packages.props",
        "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1.0\"/></ItemGroup></Project>",
        "package A 1.0 source A 1.0 locked line 1:\n");
    expect("packages.config", "<a", "error format: no valid XML: unclosed token at line 1\n");
}

static void other_locks(void **state)
{
    (void)state;
    expect(
        "Cargo.lock",
        "version = 3\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n[[package]]\nname = \"a\"\n"
        "version = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
        "checksum = \"" SHA256 "\"\ndependencies = [\n \"b\",\n \"c 1.0 (registry+u)\",\n]\n"
        "[[package]]\nname = \"g\"\nversion = \"1\"\nsource = \"git+u\"\n",
        "package a 1.0.0 source a 1.0.0 checksum sha256:" SHA256 " locked needs b c line 5:\n"
        "note Cargo.lock: 1 packages come from no registry (directories, repositories, archives): "
        "left out\n");
    expect("pubspec.lock",
           "packages:\n  a:\n    dependency: \"direct dev\"\n    description:\n      name: a\n"
           "      sha256: " SHA256 "\n    source: hosted\n    version: \"1.0.0\"\n  flutter:\n"
           "    source: sdk\n    version: \"0.0.0\"\nsdks:\n  dart: \">=3\"\n",
           "package a 1.0.0 source a 1.0.0 checksum sha256:" SHA256 " locked development line 2:\n"
           "note pubspec.lock: 1 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    expect("Package.resolved",
           "{\"pins\":[\n{\"identity\":\"a\",\"kind\":\"remoteSourceControl\",\"location\":"
           "\"https://GitHub.com/Apple/a.git\",\"state\":{\"version\":\"1.0.0\"}},\n"
           "{\"location\":\"git@github.com:o/b.git\",\"state\":{\"version\":\"2.0.0\"}},\n"
           "{\"kind\":\"registry\",\"identity\":\"m.c\",\"location\":\"\",\"state\":{\"version\":"
           "\"3.0.0\"}},\n"
           "{\"location\":\"https://h/d\",\"state\":{\"branch\":\"main\"}}],\"version\":2}",
           "package github.com/Apple/a 1.0.0 source github.com/Apple/a 1.0.0 locked line 2:\n"
           "package github.com/o/b 2.0.0 source github.com/o/b 2.0.0 locked line 3:\n"
           "package m.c 3.0.0 source m.c 3.0.0 locked line 4:\n"
           "note Package.resolved: 1 packages come from no registry (directories, repositories, "
           "archives): left out\n");
    expect("Package.resolved",
           "{\"object\":{\"pins\":[{\"package\":\"A\",\"repositoryURL\":\"https://h/a/\","
           "\"state\":{\"version\":\"1.0.0\"}}]},\"version\":1}",
           "package h/a 1.0.0 source h/a 1.0.0 locked line 1:\n");
    expect("conan.lock",
           "{\"version\":\"0.5\",\"requires\":[\n\"zlib/"
           "1.2.11#rev%1.0\"],\n\"build_requires\":[\"cmake/3.22@u/c\"]}",
           "package zlib 1.2.11 source zlib 1.2.11 locked line 2:\n"
           "package cmake 3.22 source cmake 3.22 locked development line 3:\n");
    expect("conan.lock",
           "{\"graph_lock\":{\"nodes\":{\"0\":{\"ref\":\"x/1\",\"path\":\"conanfile.txt\"},\n"
           "\"1\":{\"ref\":\"zlib/1.2.11\",\"context\":\"host\"},\"2\":{\"ref\":\"c/"
           "1\",\"context\":\"build\"}}}}",
           "package zlib 1.2.11 source zlib 1.2.11 locked line 2:\n"
           "package c 1 source c 1 locked development line 2:\n");
    expect(
        "Manifest.toml",
        "julia_version = \"1.9\"\nmanifest_format = \"2.0\"\n[[deps.Dates]]\ndeps = [\"Printf\"]\n"
        "[[deps.JSON]]\ndeps = [\"Dates\", \"Parsers\"]\nversion = \"0.21.4\"\n[[deps.P]]\n"
        "version = \"1\"\npath = \"p\"\n[[deps.X]]\nversion = \"2\"\n[deps.X.deps]\nY = \"u\"\n",
        "package JSON 0.21.4 source JSON 0.21.4 locked needs Dates Parsers line 5:\n"
        "package X 2 source X 2 locked needs Y line 11:\n"
        "note Manifest.toml: 1 packages come from no registry (directories, repositories, "
        "archives): left out\n");
    expect("Manifest.toml", "[[JSON]]\nversion = \"0.21.4\"\n",
           "package JSON 0.21.4 source JSON 0.21.4 locked line 1:\n");
    expect(
        "renv.lock",
        "{\"R\":{\"Version\":\"4\"},\"Packages\":{\n\"a\":{\"Package\":\"a\",\"Version\":\"1.0\","
        "\"Source\":"
        "\"Repository\",\"Requirements\":[\"R\",\"b\"]},\"g\":{\"Version\":\"1\",\"Source\":"
        "\"GitHub\"}}}",
        "package a 1.0 source a 1.0 locked needs b line 2:\n"
        "note renv.lock: 1 packages come from no registry (directories, repositories, archives): "
        "left out\n");
    expect("mix.lock",
           "%{\n  \"a\": {:hex, :real_a, \"1.0.0\", \"" SHA256
           "\", [:mix], [{:b, \"~> 1.0\", [hex: :b, "
           "optional: false]}, {:c, \">= 0.0.0\", []}], \"hexpm\", \"" SHA256 "\"},\n"
           "  \"g\": {:git, \"https://h/g\", \"abc\", []},\n}\n",
           "package real_a 1.0.0 source real_a 1.0.0 checksum sha256:" SHA256
           " locked needs b c line 2:\n"
           "note mix.lock: 1 packages come from no registry (directories, repositories, archives): "
           "left out\n");
    expect(
        "environment.yml",
        "dependencies:\n- python=3.9\n- conda-forge::numpy=1.21.0\n- zlib=1.2=h0_1\n- scipy==1.7\n"
        "- pip:\n  - scipy==1.7\n  - Flask==1.0\n  - x>=1\n- y\n",
        "package numpy 1.21.0 source numpy 1.21.0 locked line 3:\n"
        "package zlib 1.2 source zlib 1.2 locked line 4:\n"
        "package scipy 1.7 source scipy 1.7 locked line 5:\n"
        "package scipy 1.7 source scipy 1.7 locked line 7:\n"
        "package Flask 1.0 source Flask 1.0 locked line 8:\n"
        "note environment.yml: 3 requirements without an exact version\n");
}

static void other_packages(void **state)
{
    (void)state;
    expect("usr/lib/R/library/base/DESCRIPTION",
           "Package: base\nVersion: 4.2.2\nPriority: base\nLicense: Part of R 4.2.2\n",
           "package base 4.2.2 source base 4.2.2 licence Part of R 4.2.2 line 1:\n");
    expect("usr/lib/R/site-library/x/DESCRIPTION",
           "Type: Package\nPackage: x\nVersion: 1.0-2\nDepends: R (>= 3.5), methods\n"
           "Imports: Rcpp (>=\n        1.0), b\n",
           "package x 1.0-2 source x 1.0-2 needs methods Rcpp b line 2:\n");
    expect("opt/conda/conda-meta/zlib-1.2.json",
           "{\"name\":\"zlib\",\"version\":\"1.2\",\"license\":\"Zlib\",\"depends\":[\"libgcc-ng "
           ">=7\"],"
           "\"sha256\":\"" SHA256 "\"}",
           "package zlib 1.2 source zlib 1.2 licence Zlib checksum sha256:" SHA256
           " needs libgcc-ng line 1:\n");
    expect("app/lib/cowboy-2.9.0/ebin/cowboy.app",
           "%% c\n{application, 'cowboy', [\n\t{description, \"a {vsn, \\\"1\\\"}\"},\n\t{vsn, "
           "\"2.9.0\"},\n"
           "\t{modules, ['a','b']},\n\t{applications, [kernel,stdlib,cowlib]},\n"
           "\t{env, [{vsn, \"3\"}]}]}.\n",
           "package cowboy 2.9.0 source cowboy 2.9.0 needs kernel stdlib cowlib line 2:\n");
    expect("lib/erlang/lib/kernel-9/ebin/kernel.app", "{application, kernel, [{vsn,\"9\"}]}.", "");
    expect("lib/a/ebin/a.app", "{x}", "error format: no application of Erlang\n");
}

/* --- hostile --- */

static void repeat(struct bw_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bw_buf_str(buf, bw_str(text));
}

/* Half a million entries end at a limit that the gap names, or are all read. */
static void lock_files_of_500000_entries(void **state)
{
    (void)state;
    static const struct {
        const char *path, *start, *entry, *end, *gap;
    } cases[] = {
        {"package-lock.json", "{\"packages\":{\"\":{}", ",\"node_modules/p%u\":{\"version\":\"1\"}",
         "}}", "more than 200000 packages"},
        {"yarn.lock", "# yarn lockfile v1\n", "p%u@1:\n  version \"1\"\n", "",
         "more than 200000 packages"},
        {"pnpm-lock.yaml", "lockfileVersion: '6.0'\npackages:\n", "  /p%u@1: {a: b}\n", "",
         "YAML of more than 1048576 values"},
        {"Cargo.lock", "", "[[package]]\nname=\"p%u\"\nversion=\"1\"\nsource=\"registry+u\"\n", "",
         "TOML of more than 1048576 values"},
        {"requirements.txt", "", "p%u==1\n", "", "more than 200000 packages"},
        {"bun.lock", "{\"packages\":{", "\"p%u\":[\"p%u@1\"],", "}}",
         "more than 400000 packages in a lock file"},
        {"Gemfile.lock", "GEM\n  specs:\n", "    p%u (1)\n", "", "more than 200000 packages"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
        bw_buf_str(&content, bw_str(cases[i].start));
        for (unsigned n = 0; n < 500000; n++)
            bw_buf_printf(&content, cases[i].entry, n, n);
        bw_buf_str(&content, bw_str(cases[i].end));
        got.quiet = true;
        const char *text = collect(&got, cases[i].path, content.p, content.n);
        got.quiet = false;
        assert_non_null(strstr(text, cases[i].gap));
        assert_true(got.packages <= BW_EXTRACT_PACKAGES_MAX);
    }
}

static void deep_nesting(void **state)
{
    (void)state;
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    repeat(&content, "{\"version\":\"1\",\"dependencies\":{\"a\":", 100000);
    bw_buf_str(&content, BW_STR("{}"));
    repeat(&content, "}}", 100000);
    got.quiet = true;
    const char *text = collect(&got, "package-lock.json", content.p, content.n);
    got.quiet = false;
    assert_non_null(strstr(text, "dependencies deeper than 64 levels: left out"));
}

static void huge_words(void **state)
{
    (void)state;
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    bw_buf_str(&content, BW_STR("{\"name\":\"a\",\"version\":\""));
    repeat(&content, "9", 1 << 20);
    bw_buf_str(&content, BW_STR("\"}"));
    expect("node_modules/a/package.json", "", "error format: no JSON: empty\n");
    const char *text = collect(&got, "node_modules/a/package.json", content.p, content.n);
    assert_string_equal(text, "blocking node_modules/a/package.json, line 1: the package a has a "
                              "malformed version\n");
    bw_buf_clear(&content);
    repeat(&content, "a==1\\\n", 100000);
    text = collect(&got, "requirements.txt", content.p, content.n);
    assert_non_null(strstr(text, "a requirement longer than 65536 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npm_packages),        cmocka_unit_test(npm_locks),
        cmocka_unit_test(yarn_locks),          cmocka_unit_test(pnpm_locks),
        cmocka_unit_test(bun_locks),           cmocka_unit_test(python_packages),
        cmocka_unit_test(python_requirements), cmocka_unit_test(python_locks),
        cmocka_unit_test(ruby_packages),       cmocka_unit_test(php_packages),
        cmocka_unit_test(dotnet_packages),     cmocka_unit_test(other_locks),
        cmocka_unit_test(other_packages),      cmocka_unit_test(lock_files_of_500000_entries),
        cmocka_unit_test(deep_nesting),        cmocka_unit_test(huge_words),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    bw_buf_free(&got.text);
    return rc;
}
