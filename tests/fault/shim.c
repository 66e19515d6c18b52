/* shim.c - a library for LD_PRELOAD that fails one system or library call of the program, or all from it on.
 *
 *     FAULT_KIND    malloc | write | fsync | rename | mmap | thread
 *     FAULT_AT      which of them, from 1; without it none fails and they are counted
 *     FAULT_ALWAYS  and all that follow
 *     FAULT_COUNT   a file that gets their number when the program ends
 *
 * Allocations count when they are made by the program itself, by Lua or by jansson: what other libraries do without
 * memory is theirs. Writes count where they go to plain files: the program must still be able to say what is wrong. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

enum { RANGES_MOST = 8 };

static struct {
    uintptr_t from, to;
} range[RANGES_MOST]; /* the text of those whose allocations count */
static int ranges;
static const char *kind;
static long at;
static bool always, ready;
static atomic_long calls;
static pid_t self;

static int add_range(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    const char *name = info->dlpi_name;
    if (*name && !strstr(name, "liblua") && !strstr(name, "libjansson")) return 0;
    for (int i = 0; i < info->dlpi_phnum && ranges < RANGES_MOST; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X)) continue;
        range[ranges].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        range[ranges].to = range[ranges].from + info->dlpi_phdr[i].p_memsz;
        ranges++;
    }
    return 0;
}

static void tell(void)
{
    const char *file = getenv("FAULT_COUNT");
    char text[32];
    if (!file || getpid() != self) return;
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644), length = snprintf(text, sizeof text, "%ld\n", (long)calls);
    if (fd < 0) return;
    ready = false;
    if (write(fd, text, (size_t)length) < 0) perror(file);
    close(fd);
}

__attribute__((constructor)) static void begin(void)
{
    const char *n = getenv("FAULT_AT");
    kind = getenv("FAULT_KIND");
    at = n ? atol(n) : 0;
    always = getenv("FAULT_ALWAYS") != NULL;
    self = getpid();
    dl_iterate_phdr(add_range, NULL);
    atexit(tell);
    ready = kind != NULL;
}

/* This call is of the kind, and its turn to fail has come. */
static bool fails(const char *of)
{
    if (!ready || strcmp(kind, of) != 0 || getpid() != self) return false;
    long n = atomic_fetch_add(&calls, 1) + 1;
    return at > 0 && (always ? n >= at : n == at);
}

static bool no_memory(void *caller)
{
    uintptr_t c = (uintptr_t)caller;
    bool counts = false;
    for (int i = 0; i < ranges; i++) counts = counts || (c >= range[i].from && c < range[i].to);
    if (!counts || !fails("malloc")) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return size && no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t size)
{
    struct stat st;
    bool plain = ready && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (plain && fails("write")) return errno = ENOSPC, -1;
    return NEXT(write)(fd, bytes, size);
}

int fsync(int fd)
{
    if (fails("fsync")) return errno = EIO, -1;
    return NEXT(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    if (fails("rename")) return errno = EACCES, -1;
    return NEXT(rename)(from, to);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fails("mmap")) return errno = ENOMEM, MAP_FAILED;
    return NEXT(mmap)(address, size, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    if (fails("thread")) return EAGAIN;
    return NEXT(pthread_create)(thread, attributes, run, arg);
}
