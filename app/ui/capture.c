/* capture.c - fds 1 and 2 as a pipe whose lines the log pane shows. Main thread; a thread of its own only empties the
 * pipe into memory, as the writer may be the main thread itself (one io.write of 2 MB), or a child that it waits for.
 */
#include "ui/capture.h"

#include "base/clock.h"
#include "plot/plottext.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, HELD_MOST = 16 << 20, STANDARD = 3 };

static const double rest_seconds = 0.1; /* a line without its end is shown after so long */

static struct {
    bool open;
    int real[STANDARD]; /* what fds 0, 1 and 2 were */
    int pipe;           /* read end, never blocks */
    int written, stop;  /* eventfds: something came; the pump shall end */
    pthread_t pump;
    pthread_mutex_t lock; /* of came and dropped, the two that the pump touches */
    PlotText came;
    size_t dropped; /* bytes, in a flood */
    PlotText rest;  /* of a line that has not ended */
    double rest_at; /* when it last grew */
} self = {.real = {-1, -1, -1}, .pipe = -1, .written = -1, .stop = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the pump's thread ---- */

static void hold(const char *bytes, size_t count)
{
    uint64_t one = 1;
    pthread_mutex_lock(&self.lock);
    bool fits = self.came.used + count <= HELD_MOST;
    if (fits) plottext_bytes(&self.came, bytes, count);
    if (!fits || self.came.failed) self.dropped += count;
    pthread_mutex_unlock(&self.lock);
    if (write(self.written, &one, sizeof one) < 0) return; /* full: the loop will look */
}

static void *pump(void *arg)
{
    static char bytes[1 << 16];
    struct pollfd fds[] = {{.fd = self.pipe, .events = POLLIN}, {.fd = self.stop, .events = POLLIN}};
    (void)arg;
    for (;;) {
        poll(fds, 2, -1);
        ssize_t got;
        while ((got = read(self.pipe, bytes, sizeof bytes)) > 0) hold(bytes, (size_t)got);
        if (fds[1].revents || got == 0) return NULL;
    }
}

/* ---- opening and closing ---- */

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Put fds 0, 1 and 2 back, as far as they were kept. */
static void put_back(void)
{
    for (int i = 0; i < STANDARD; i++) {
        if (self.real[i] >= 0) dup2(self.real[i], i);
        shut(&self.real[i]);
    }
}

static Status redirect(int null, int write_end, Err *err)
{
    for (int i = 0; i < STANDARD; i++) {
        self.real[i] = fcntl(i, F_DUPFD_CLOEXEC, STANDARD);
        if (self.real[i] < 0 || dup2(i == 0 ? null : write_end, i) < 0)
            return err_sys(err, "cannot redirect file descriptor %d", i);
    }
    return OK;
}

Status capture_open(Err *err)
{
    int ends[2] = {-1, -1};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    self.written = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    self.stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (null < 0 || self.written < 0 || self.stop < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        err_sys(err, "cannot make the pipe for what is printed");
        goto fail;
    }
    self.pipe = ends[0];
    fcntl(self.pipe, F_SETPIPE_SZ, PIPE_SIZE); /* 64 kB where the system grants no more */
    fcntl(self.pipe, F_SETFL, O_NONBLOCK);
    fflush(NULL);
    TRY(redirect(null, ends[1], err));
    errno = pthread_create(&self.pump, NULL, pump, NULL);
    if (errno) {
        err_sys(err, "cannot start the thread that empties the pipe");
        goto fail;
    }
    self.open = true;
    close(null);
    close(ends[1]);
    return OK;
fail:
    put_back();
    if (null >= 0) close(null);
    if (ends[1] >= 0) close(ends[1]);
    shut(&self.pipe);
    shut(&self.written);
    shut(&self.stop);
    return err ? err->code : ERR_IO;
}

static void write_out(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(STDERR_FILENO, bytes, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return; /* nobody is left to tell */
        bytes += put;
        size -= (size_t)put;
    }
}

void capture_close(void)
{
    uint64_t one = 1;
    if (!self.open) return;
    self.open = false;
    fflush(stdout);
    fflush(stderr);
    put_back();
    if (write(self.stop, &one, sizeof one) == sizeof one) pthread_join(self.pump, NULL);
    if (self.rest.used) write_out(self.rest.bytes, self.rest.used);
    if (self.came.used) write_out(self.came.bytes, self.came.used);
    free(self.rest.bytes);
    free(self.came.bytes);
    self.rest = self.came = (PlotText){0};
    shut(&self.pipe);
    shut(&self.written);
    shut(&self.stop);
}

int capture_fd(void)
{
    return self.written;
}

/* ---- lines ---- */

/* A C string without the carriage return of CR LF; a 0 byte within it shows as '?'. */
static void tell(void (*line)(void *arg, const char *utf8), void *arg, char *bytes, size_t size)
{
    if (size > 0 && bytes[size - 1] == '\r') size--;
    bytes[size] = 0;
    for (char *zero = bytes; (zero = memchr(zero, 0, size - (size_t)(zero - bytes)));) *zero = '?';
    line(arg, bytes);
}

void capture_lines(void (*line)(void *arg, const char *utf8), void *arg)
{
    uint64_t count;
    if (!self.open) return;
    fflush(stdout);
    if (read(self.written, &count, sizeof count) < 0 && self.rest.used == 0) return;
    pthread_mutex_lock(&self.lock);
    PlotText came = self.came;
    size_t dropped = self.dropped;
    self.came = (PlotText){0};
    self.dropped = 0;
    pthread_mutex_unlock(&self.lock);

    if (came.used) self.rest_at = clock_seconds();
    plottext_bytes(&self.rest, came.used ? came.bytes : "", came.used);
    free(came.bytes);
    PlotText all = self.rest;
    self.rest = (PlotText){0};
    size_t at = 0;
    for (char *end; all.used > at && (end = memchr(all.bytes + at, '\n', all.used - at));
         at = (size_t)(end - all.bytes) + 1)
        tell(line, arg, all.bytes + at, (size_t)(end - all.bytes) - at);
    if (all.used > at && clock_seconds() - self.rest_at >= rest_seconds) {
        tell(line, arg, all.bytes + at, all.used - at);
        at = all.used;
    }
    if (all.used > at) plottext_bytes(&self.rest, all.bytes + at, all.used - at);
    free(all.bytes);
    if (dropped == 0) return;
    char note[80];
    snprintf(note, sizeof note, "(%zu bytes more were printed at once, and dropped)", dropped);
    line(arg, note);
}
