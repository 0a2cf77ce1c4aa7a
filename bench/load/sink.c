/* An SMTP server that swallows mail as fast as it can: one process, PIPELINING, nothing kept. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 18, EVENTS = 64 };

struct peer {
    int socket;
    int is_in_data;
    size_t length;
    char bytes[ROOM];
};

static void say(struct peer *peer, const char *line)
{
    if (write(peer->socket, line, strlen(line)) < 0)
        peer->length = 0;
}

/* Answer whatever is complete in the buffer, and keep the rest for later. */
static void answer(struct peer *peer)
{
    char *at = peer->bytes, *end = peer->bytes + peer->length;

    for (;;) {
        if (peer->is_in_data) {
            char *dot = memmem(at, end - at, "\r\n.\r\n", 5);
            if (!dot) {
                if (end - at > 4)
                    at = end - 4;
                break;
            }
            at = dot + 5;
            peer->is_in_data = 0;
            say(peer, "250 2.0.0 Ok: queued\r\n");
        } else {
            char *newline = memchr(at, '\n', end - at);
            if (!newline)
                break;
            if (!strncasecmp(at, "EHLO", 4))
                say(peer, "250-sink\r\n250 PIPELINING\r\n");
            else if (!strncasecmp(at, "DATA", 4)) {
                peer->is_in_data = 1;
                say(peer, "354 go on\r\n");
            } else
                say(peer, "250 ok\r\n");
            at = peer->is_in_data ? newline - 1 : newline + 1; /* an empty message begins with this line's end */
        }
    }
    peer->length = end - at;
    memmove(peer->bytes, at, peer->length);
}

static void greet(int listener, int poll)
{
    int one = 1;
    struct peer *peer = calloc(1, sizeof *peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};

    peer->socket = accept(listener, NULL, NULL);
    setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(poll, EPOLL_CTL_ADD, peer->socket, &event);
    say(peer, "220 sink\r\n");
}

int main(int count, char **arguments)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(arguments[1]) : 2525)};
    struct epoll_event events[EVENTS], first = {.events = EPOLLIN, .data.ptr = NULL};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);

    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 128))
        return 1;
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            struct peer *peer = events[index].data.ptr;
            if (!peer) {
                greet(listener, poll);
                continue;
            }
            ssize_t got = read(peer->socket, peer->bytes + peer->length, ROOM - peer->length);
            if (got <= 0) {
                close(peer->socket);
                free(peer);
                continue;
            }
            peer->length += got;
            answer(peer);
        }
    }
}
