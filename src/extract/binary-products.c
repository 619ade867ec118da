/*
 * The products that are recognised in ELF files. The literals stand in the programs as their
 * projects or Debian build them. Programs whose version stands among other strings without any mark
 * (MongoDB, MySQL 8, Envoy, Fluent Bit) are not here: a wrong version is worse than none.
 */
#include "extract/product.h"

#define LIT(s)                                                                                     \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }
#define V(before, after)                                                                           \
    {                                                                                              \
        BW_FORM_VERSION, LIT(before), LIT(after)                                                   \
    }
#define LETTER(before, after)                                                                      \
    {                                                                                              \
        BW_FORM_LETTER, LIT(before), LIT(after)                                                    \
    }
#define THREE(before)                                                                              \
    {                                                                                              \
        BW_FORM_THREE, LIT(before), LIT("")                                                        \
    }
#define DATE(before)                                                                               \
    {                                                                                              \
        BW_FORM_DATE, LIT(before), LIT("")                                                         \
    }
#define ALONE                                                                                      \
    {                                                                                              \
        .form = BW_FORM_ALONE                                                                      \
    }
#define ALONE_OF(before)                                                                           \
    {                                                                                              \
        BW_FORM_ALONE, LIT(before), LIT("")                                                        \
    }
#define NAMED                                                                                      \
    {                                                                                              \
        .form = BW_FORM_NAMED                                                                      \
    }
#define BUILD                                                                                      \
    {                                                                                              \
        .form = BW_FORM_BUILD                                                                      \
    }
#define FROM_PATH                                                                                  \
    {                                                                                              \
        .form = BW_FORM_PATH                                                                       \
    }

const struct bw_product bw_binary_products[] = {
    /* servers */
    {"nginx", {"**/nginx", "**/nginx-debug"}, {V("nginx version: nginx/", "")}},
    {"openresty", {"**/nginx", "**/openresty"}, {V("nginx version: openresty/", "")}},
    {"apache", {"**/httpd", "**/apache2"}, {V("Apache/", "")}},
    {"haproxy", {"**/haproxy"}, {V(" version ", ", released 20"), V("HA-Proxy version ", " ")}},
    {"lighttpd", {"**/lighttpd"}, {V("lighttpd/", "")}},
    {"varnish", {"**/varnishd"}, {V("varnish-", " revision ")}},
    {"squid", {"**/squid"}, {V("squid/", "\0")}},
    {"redis",
     {"**/redis-server", "**/redis-sentinel"},
     {BUILD, V("Server started, Redis version ", "\0")}},
    {"keydb", {"**/keydb-server", "**/keydb-sentinel"}, {BUILD}},
    {"valkey", {"**/valkey-server", "**/valkey-sentinel"}, {BUILD}},
    {"memcached", {"**/memcached"}, {V("\0memcached ", "\0")}},
    {"postgresql", {"**/postgres"}, {V("postgres (PostgreSQL) ", ""), V("PostgreSQL ", " on ")}},
    {"pgbouncer", {"**/pgbouncer"}, {V("PgBouncer ", "\0")}},
    {"pgpool", {"**/pgpool"}, {ALONE}},
    {"mariadb", {"**/mariadbd", "**/mysqld"}, {THREE("\0MariaDB ")}},
    {"mysql", {"**/mysqld"}, {V("/mysql-", "/")}},
    {"openldap", {"**/slapd"}, {V("$OpenLDAP: slapd ", "")}},
    {"named", {"**/named"}, {V("\0libisc-", "")}},
    {"dnsmasq", {"**/dnsmasq"}, {V("\0dnsmasq-", "\0")}},
    {"unbound", {"**/unbound"}, {V("\0unbound ", "\0")}},
    {"mosquitto", {"**/mosquitto"}, {ALONE}},
    {"openssh", {"**/sshd"}, {LETTER("\0OpenSSH_", "p")}},
    {"openvpn", {"**/openvpn"}, {THREE("\0OpenVPN ")}},
    {"stunnel", {"**/stunnel", "**/stunnel4"}, {V("stunnel/", "\0")}},
    {"coturn", {"**/turnserver"}, {V("Coturn-", " ")}},
    {"tor", {"**/tor"}, {V("\0tor ", "\0")}},
    {"proftpd", {"**/proftpd"}, {V("ProFTPD Version ", "\0")}},
    {"dovecot", {"**/dovecot"}, {V("Dovecot v", " (")}},
    {"exim", {"**/exim", "**/exim4"}, {V("<<eximcnumber>>\0", "\0<<eximversion>>")}},
    {"postfix", {"**/libpostfix-global.so*"}, {V("mail_version\0", "\0")}},
    {"arangodb", {"**/arangod"}, {V("ArangoDB \0", " [linux]")}},
    {"ceph", {"**/ceph-osd", "**/ceph-mon", "**/radosgw", "**/ceph-authtool"}, {ALONE}},

    /* languages */
    {"node",
     {"**/node", "**/nodejs", "**/libnode.so.*"},
     {V("nodejs.org/download/release/v", "/"), V("node.js/v", "\0"), V("node v", "\0")}},
    {"python",
     {"**/python2.*", "**/python3.*", "**/libpython2.*.so.*", "**/libpython3.*.so.*"},
     {NAMED}},
    {"php",
     {"**/php", "**/php5*", "**/php7*", "**/php8*", "**/php-*"},
     {V("X-Powered-By: PHP/", "")}},
    {"libphp", {"**/libphp*.so"}, {V("X-Powered-By: PHP/", "")}},
    {"ruby", {"**/ruby", "**/ruby2*", "**/ruby3*", "**/libruby*.so*"}, {V("\0ruby ", " (")}},
    {"perl", {"**/perl", "**/perl5*", "**/libperl.so*"}, {THREE("/perl5/"), THREE("/perl/")}},
    {"bun", {"**/bun"}, {V("\nBun v", "\n")}},
    {"deno", {"**/deno"}, {THREE("Deno/")}},
    {"julia", {"**/libjulia-internal.so.*"}, {NAMED}},
    {"lua", {"**/lua", "**/lua5*", "**/liblua*.so*"}, {V("Lua ", " "), V("Lua ", "  Copyright")}},
    {"luajit", {"**/luajit*", "**/libluajit*.so*"}, {V("LuaJIT ", "\0")}},
    {"rust", {"**/librustc_driver-*.so"}, {V("rustc ", " ("), V("rustc-", "-src/")}},
    {"dotnet", {"**/shared/Microsoft.NETCore.App/*/libcoreclr.so"}, {FROM_PATH}},

    /* tools */
    {"busybox", {"**/busybox", "**/busybox.*"}, {V("BusyBox v", "")}},
    {"bash", {"**/bash"}, {V("@(#)Bash version ", "(")}},
    {"curl", {"**/curl"}, {V("\0curl/", "\0")}},
    {"libcurl", {"**/libcurl.so.*", "**/libcurl-gnutls.so.*"}, {V("libcurl/", "\0")}},
    {"git", {"**/git"}, {V("git/", "\0")}},
    {"openssl", {"**/openssl", "**/libcrypto.so.*", "**/libssl.so.*"}, {LETTER("OpenSSL ", " ")}},
    {"tini", {"**/tini", "**/tini-static"}, {V("tini version ", "")}},
    {"ffmpeg",
     {"**/ffmpeg", "**/libavcodec.so.*"},
     {V("FFmpeg version ", "\0"), V("%s version ", "\0")}},
    {"sudo", {"**/sudo"}, {LETTER("Sudo version %s\n\0", "\0")}},

    /* libraries */
    {"sqlite", {"**/sqlite3", "**/libsqlite3.so.*"}, {ALONE_OF("3.")}},
    {"zlib", {"**/libz.so.*"}, {V(" deflate ", " Copyright")}},
    {"apr", {"**/libapr-1.so.*"}, {V("\0apr_initialize\0", "\0"), ALONE}},
    {"libmaxminddb", {"**/libmaxminddb.so.*"}, {ALONE}},
    {"libmemcached", {"**/libmemcached.so.*"}, {ALONE}},
    {"rabbitmq-c", {"**/librabbitmq.so.*"}, {ALONE}},
    {"openblas", {"**/libopenblas*.so*"}, {V("OpenBLAS ", " ")}},
    {"modsecurity", {"**/libmodsecurity.so.*"}, {V("ModSecurity v", " (")}},
    {"modsecurity2", {"**/mod_security2.so"}, {V("ModSecurity for Apache/", " (")}},
    {"gdal", {"**/libgdal.so.*"}, {V("GDAL ", ", released ")}},

    /* Go programs that do not know the version of their own module */
    {"minio", {"**/minio"}, {DATE("RELEASE.")}},
    {"consul", {"**/consul"}, {V("CONSUL_VERSION: ", "")}},
    {NULL, {NULL}, {{.form = BW_FORM_VERSION}}},
};

const struct bw_go_product bw_go_products[] = {
    {"code.gitea.io/gitea", "gitea"},
    {"github.com/argoproj/argo-cd", "argo-cd"},
    {"github.com/argoproj/argo-workflows", "argo-workflows"},
    {"github.com/caddyserver/caddy", "caddy"},
    {"github.com/cert-manager/cert-manager", "cert-manager"},
    {"github.com/cilium/cilium", "cilium"},
    {"github.com/cockroachdb/cockroach", "cockroachdb"},
    {"github.com/concourse/concourse", "concourse"},
    {"github.com/containerd/containerd", "containerd"},
    {"github.com/coredns/coredns", "coredns"},
    {"github.com/crossplane/crossplane", "crossplane"},
    {"github.com/docker/cli", "docker-cli"},
    {"github.com/docker/docker", "docker"},
    {"github.com/envoyproxy/gateway", "envoy-gateway"},
    {"github.com/fluxcd/flux2", "flux"},
    {"github.com/git-lfs/git-lfs", "git-lfs"},
    {"github.com/goharbor/harbor", "harbor"},
    {"github.com/grafana/grafana", "grafana"},
    {"github.com/grafana/loki", "grafana-loki"},
    {"github.com/grafana/pyroscope", "grafana-pyroscope"},
    {"github.com/grafana/tempo", "grafana-tempo"},
    {"github.com/hashicorp/consul", "consul"},
    {"github.com/hashicorp/nomad", "nomad"},
    {"github.com/hashicorp/terraform", "terraform"},
    {"github.com/hashicorp/vault", "vault"},
    {"github.com/influxdata/influxdb", "influxdb"},
    {"github.com/influxdata/telegraf", "telegraf"},
    {"github.com/jaegertracing/jaeger", "jaeger"},
    {"github.com/kyverno/kyverno", "kyverno"},
    {"github.com/milvus-io/milvus", "milvus"},
    {"github.com/minio/minio", "minio"},
    {"github.com/nats-io/nats-server", "nats"},
    {"github.com/nginx/agent", "nginx-agent"},
    {"github.com/nginxinc/nginx-kubernetes-gateway", "nginx-gateway-fabric"},
    {"github.com/oauth2-proxy/oauth2-proxy", "oauth2-proxy"},
    {"github.com/open-telemetry/opentelemetry-collector-releases", "opentelemetry-collector"},
    {"github.com/openbao/openbao", "openbao"},
    {"github.com/opencontainers/runc", "runc"},
    {"github.com/projectcontour/contour", "contour"},
    {"github.com/prometheus/alertmanager", "alertmanager"},
    {"github.com/prometheus/blackbox_exporter", "blackbox-exporter"},
    {"github.com/prometheus/node_exporter", "node-exporter"},
    {"github.com/prometheus/prometheus", "prometheus"},
    {"github.com/rclone/rclone", "rclone"},
    {"github.com/seaweedfs/seaweedfs", "seaweedfs"},
    {"github.com/sigstore/cosign", "cosign"},
    {"github.com/bitnami-labs/sealed-secrets", "sealed-secrets"},
    {"github.com/syncthing/syncthing", "syncthing"},
    {"github.com/thanos-io/thanos", "thanos"},
    {"github.com/tianon/gosu", "gosu"},
    {"github.com/traefik/traefik", "traefik"},
    {"gitlab.com/gitlab-org/gitlab-runner", "gitlab-runner"},
    {"go.etcd.io/etcd", "etcd"},
    {"go.pinniped.dev", "pinniped"},
    {"go.temporal.io/server", "temporal"},
    {"go.opentelemetry.io/collector", "opentelemetry-collector"},
    {"helm.sh/helm", "helm"},
    {"k8s.io/kubernetes", "kubernetes"},
    {"oras.land/oras", "oras"},
    {"sigs.k8s.io/kustomize", "kustomize"},
    {NULL, NULL},
};
