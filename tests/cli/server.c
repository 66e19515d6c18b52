/* server.c MODE FOLDER - a small web server for the tests of scripts/fetch-data: it serves a folder's files on a free
 * port of 127.0.0.1, and misbehaves as MODE says. It prints the port, then a line for each request: the file and the
 * byte that it was asked from. One connection at a time; it ends by itself after two minutes. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUEST_SIZE = 8192, FILE_MOST = 1 << 20, LIFE = 120 };

/* How a mode departs from what is right. */
typedef struct {
    const char *name;
    int cuts;                             /* requests that get only a third of the file, and the connection closed */
    bool stalls;                          /* those connections stay open and silent instead */
    bool lies, whole_only, missing, page; /* wrong bytes; no ranges; 404; a login page for every file */
} Mode;

static const Mode modes[] = {
    {.name = "good"},
    {.name = "cut", .cuts = 2},
    {.name = "stall", .cuts = 1, .stalls = true},
    {.name = "lie", .lies = true},
    {.name = "whole", .cuts = 1, .whole_only = true},
    {.name = "hopeless", .cuts = 1000, .whole_only = true},
    {.name = "gone", .missing = true},
    {.name = "page", .page = true},
};

/* The 200, 206, 404 or 416 that belongs to a request from byte `from`; from < 0: the request had no range. */
typedef struct {
    unsigned char *bytes; /* the file */
    size_t size;
    long from;
} Answer;

static void send_all(int to, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t sent = write(to, at, size);
        if (sent <= 0) return; /* the client has left */
        at += sent;
        size -= (size_t)sent;
    }
}

static void send_head(int to, const char *status, size_t from, size_t size)
{
    char head[400];
    int length =
        snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n", status, size - from);
    if (from)
        length += snprintf(head + length, sizeof head - (size_t)length, "Content-Range: bytes %zu-%zu/%zu\r\n", from,
                           size - 1, size);
    length += snprintf(head + length, sizeof head - (size_t)length, "\r\n");
    send_all(to, head, (size_t)length);
}

static void answer(int to, const Mode *m, const Answer *a, int request)
{
    size_t from = a->from > 0 && !m->whole_only ? (size_t)a->from : 0;
    if (m->missing || !a->bytes) {
        send_head(to, "404 Not Found", 0, 0);
        return;
    }
    if (from >= a->size) {
        send_head(to, "416 Range Not Satisfiable", 0, 0);
        return;
    }
    size_t count = a->size - from;
    if (request < m->cuts && count > a->size / 3) count = a->size / 3;
    send_head(to, from ? "206 Partial Content" : "200 OK", from, a->size);
    if (m->lies) a->bytes[a->size / 2] ^= 1;
    send_all(to, a->bytes + from, count);
    if (request < m->cuts && m->stalls) { /* until the client leaves */
        struct pollfd left = {.fd = to, .events = POLLIN};
        poll(&left, 1, LIFE * 1000);
    }
}

/* The request's lines into text (REQUEST_SIZE), up to the empty one; false when the client leaves before. */
static bool read_request(int from, char *text)
{
    size_t used = 0;
    text[0] = 0;
    while (!strstr(text, "\r\n\r\n")) {
        ssize_t got = read(from, text + used, REQUEST_SIZE - 1 - used);
        if (got <= 0) return false;
        used += (size_t)got;
        text[used] = 0;
    }
    return true;
}

static void read_file(Answer *a, const char *name)
{
    static unsigned char bytes[FILE_MOST];
    FILE *f = fopen(name, "rb");
    if (!f) return;
    a->size = fread(bytes, 1, sizeof bytes, f);
    a->bytes = bytes;
    fclose(f);
}

static void serve(int client, const Mode *m, int request)
{
    static unsigned char page[] = "<html>please log in</html>";
    char text[REQUEST_SIZE], name[256] = "";
    if (!read_request(client, text) || sscanf(text, "GET /%255[^ /]", name) != 1) return;
    const char *range = strcasestr(text, "\r\nRange: bytes=");
    Answer a = {.from = range ? strtol(range + strlen("\r\nRange: bytes="), NULL, 10) : -1};
    printf("%s %ld\n", name, a.from > 0 ? a.from : 0);
    read_file(&a, name);
    if (m->page) a = (Answer){.bytes = page, .size = sizeof page - 1, .from = a.from};
    answer(client, m, &a, request);
}

int main(int argc, char **argv)
{
    const Mode *m = NULL;
    for (size_t i = 0; argc == 3 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) m = &modes[i];
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof where;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!m || chdir(argv[2]) != 0 || bind(listening, (struct sockaddr *)&where, length) != 0 ||
        listen(listening, 8) != 0 || getsockname(listening, (struct sockaddr *)&where, &length) != 0) {
        fprintf(stderr, "usage: server MODE FOLDER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFE);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    printf("%d\n", ntohs(where.sin_port));
    for (int request = 0;; request++) {
        int client = accept(listening, NULL, NULL);
        if (client < 0) return 1;
        serve(client, m, request);
        close(client);
    }
}
