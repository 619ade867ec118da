/*
 * escape-probe: tries one thing that a hardened container may not do, and says what the kernel
 * answers. Static, so that it runs in an image that has nothing else.
 *
 *     escape-probe mount | keyctl | raw-socket | write PATH | setuid | forks N | sleep
 *
 * Prints "done" or the name of the error. `setuid` executes /setuid, a copy that belongs to root
 * and has the setuid bit, and prints the user it runs as. `forks` starts at most N children that
 * sleep, and prints how many there were when the kernel refused one.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORKS_MAX 5000

static int say(long rc)
{
    puts(rc < 0 ? strerrorname_np(errno) : "done");
    return rc < 0;
}

static int fork_many(int wanted)
{
    static pid_t children[FORKS_MAX];
    int n = 0;
    for (; n < wanted && n < FORKS_MAX; n++) {
        children[n] = fork();
        if (children[n] < 0)
            break;
        if (children[n] == 0) {
            sleep(60);
            _exit(0);
        }
    }
    printf("%d\n", n);
    fflush(stdout);
    for (int i = 0; i < n; i++)
        kill(children[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "mount") == 0)
        return say(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
    if (strcmp(what, "keyctl") == 0) /* KEYCTL_GET_KEYRING_ID of the session, creating it */
        return say(syscall(SYS_keyctl, 0, -3, 1));
    if (strcmp(what, "raw-socket") == 0)
        return say(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    if (strcmp(what, "write") == 0 && argc > 2)
        return say(open(argv[2], O_WRONLY | O_CREAT, 0644));
    if (strcmp(what, "setuid") == 0)
        return say(execl("/setuid", "setuid", "whoami", (char *)NULL));
    if (strcmp(what, "whoami") == 0)
        return printf("%d\n", (int)geteuid()) < 0;
    if (strcmp(what, "forks") == 0 && argc > 2)
        return fork_many(atoi(argv[2]));
    if (strcmp(what, "sleep") == 0)
        return (int)sleep(600);
    return 2;
}
