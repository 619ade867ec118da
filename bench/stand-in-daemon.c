/*
 * stand-in-daemon: a Docker daemon that has nothing.
 *
 *     stand-in-daemon SOCKET
 *
 * Answers every request with 404 at once, so that what is measured is who asks.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                             "Content-Length: 27\r\nConnection: close\r\n\r\n"
                             "{\"message\":\"no such thing\"}";

/* Requests have no body. */
static void serve(int fd)
{
    char request[8192];
    size_t n = 0;
    while (n < sizeof request - 1) {
        ssize_t got = read(fd, request + n, sizeof request - 1 - n);
        if (got <= 0)
            return;
        n += (size_t)got;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    if (write(fd, answer, sizeof answer - 1) < 0)
        perror("stand-in-daemon");
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
        fputs("usage: stand-in-daemon SOCKET\n", stderr);
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) {
        perror(argv[1]);
        return 1;
    }
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        serve(fd);
    return 1;
}
