/*
 * For run.sh: a static program that asks the kernel for things and says what it answers, one line
 * each: "mount: Operation not permitted". Words are done in turn.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLONE_NEWUSER_FLAG 0x10000000

static void say(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
    fflush(stdout);
}

static int tcp(const char *address, const char *port, struct sockaddr_in *ret)
{
    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    inet_pton(AF_INET, address, &ret->sin_addr);
    return socket(AF_INET, SOCK_STREAM, 0);
}

/* Accepts and hangs up, for ever. */
static void serve(const char *port)
{
    struct sockaddr_in at;
    int fd = tcp("0.0.0.0", port, &at), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 16)) {
        say("serve", -1);
        return;
    }
    say("serve", 0);
    for (;;)
        close(accept(fd, NULL, NULL));
}

/* Within two seconds. */
static void reach(const char *address, const char *port)
{
    struct sockaddr_in at;
    int fd = tcp(address, port, &at), failed = 0;
    socklen_t size = sizeof failed;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    connect(fd, (struct sockaddr *)&at, sizeof at);
    struct pollfd wait = {fd, POLLOUT, 0};
    if (poll(&wait, 1, 2000) != 1) {
        puts("reach: no answer");
        return;
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    errno = failed;
    say("reach", failed ? -1 : 0);
}

/* Children that only wait; how many there can be. */
static void fork_bomb(void)
{
    int count = 0;
    pid_t pid = 0;
    while (count < 3000 && (pid = fork()) > 0)
        count++;
    if (pid == 0) {
        pause();
        _exit(0);
    }
    printf("forked: %d\n", count);
    fflush(stdout);
    kill(-1, SIGKILL);
}

static void try(const char *word)
{
    static char room[256]; /* zeroed: parameters of io_uring_setup */
    if (strcmp(word, "mount") == 0)
        say(word, mount("none", "/tmp", "tmpfs", 0, NULL));
    else if (strcmp(word, "keyctl") == 0)
        say(word, syscall(SYS_keyctl, 0, -3, 1));
    else if (strcmp(word, "io_uring") == 0)
        say(word, syscall(SYS_io_uring_setup, 4, room));
    else if (strcmp(word, "unshare") == 0)
        say(word, syscall(SYS_unshare, CLONE_NEWUSER_FLAG));
    else if (strcmp(word, "clone") == 0)
        say(word, syscall(SYS_clone, CLONE_NEWUSER_FLAG | SIGCHLD, 0, 0, 0, 0));
    else if (strcmp(word, "raw") == 0)
        say(word, socket(AF_INET, SOCK_RAW, 1));
    else if (strcmp(word, "packet") == 0)
        say(word, socket(AF_PACKET, SOCK_RAW, 0));
    else if (strcmp(word, "vsock") == 0)
        say(word, socket(40, SOCK_STREAM, 0));
    else if (strcmp(word, "setuid") == 0)
        say(word, setuid(0));
    else if (strcmp(word, "unknown") == 0)
        say(word, syscall(100000));
    else if (strcmp(word, "fork") == 0)
        fork_bomb();
    else
        printf("%s: not known\n", word);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "serve") == 0 && i + 1 < argc)
            serve(argv[++i]);
        else if (strcmp(argv[i], "reach") == 0 && i + 2 < argc)
            reach(argv[i + 1], argv[i + 2]), i += 2;
        else
            try(argv[i]);
    return 0;
}
