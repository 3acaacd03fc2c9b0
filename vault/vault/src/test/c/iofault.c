/*
 * Lets one call to the files of a folder fail, or every call from one on, so that it shows what a bad or full disk does to a
 * vault. To be preloaded (LD_PRELOAD); iofault_arm(folder, at, kind) sets what fails, by the number of the call from 1 up, and
 * iofault_calls() tells how many there were since. Counted are calls that make, write, cut, sync, rename and remove; calls that
 * read have a count of their own, iofault_reads(), and kinds of their own.
 *
 * Kinds: 0 nothing fails    1 EIO, once    2 EIO, from then on    3 ENOSPC, from then on, of calls that take room
 *   4 as 3, but the first write takes a half    5 the control, which no program can see: it is said to be done, and is not
 *   6 EIO of a read, once    7 EIO of reads, from then on
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 4096

enum kind { NONE, EIO_ONCE, EIO_ON, FULL, HALF, SILENT, READ_ONCE, READ_ON };
enum outcome { DO, FAIL, WRITE_HALF, PRETEND };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static char watched[FDS];
static long calls, reads, failing;
static int how;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

void iofault_arm(const char *path, long at, int kind) {
    pthread_mutex_lock(&lock);
    snprintf(folder, sizeof folder, "%s", path);
    calls = 0;
    reads = 0;
    failing = at;
    how = kind;
    pthread_mutex_unlock(&lock);
}

long iofault_calls(void) { return calls; }

long iofault_reads(void) { return reads; }

static int is_inside(const char *path) {
    size_t length = strlen(folder);
    return length > 0 && path && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_watched(int fd) { return fd >= 0 && fd < FDS && watched[fd]; }

/* What becomes of the next call; with errno set where it fails. */
static enum outcome outcome(int takes_room, int is_write) {
    enum outcome result = DO;
    pthread_mutex_lock(&lock);
    long number = ++calls;
    int first = number == failing;
    int from = failing > 0 && number >= failing;
    if ((how == EIO_ONCE && first) || (how == EIO_ON && from)) {
        errno = EIO;
        result = FAIL;
    } else if ((how == FULL || how == HALF) && from && takes_room) {
        result = how == HALF && first && is_write ? WRITE_HALF : FAIL;
        errno = ENOSPC;
    } else if (how == SILENT && first) {
        result = PRETEND;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/* Whether this call that reads fails; with errno set then. */
static int fails_to_read(int fd) {
    if (!is_watched(fd)) return 0;
    pthread_mutex_lock(&lock);
    long number = ++reads;
    int result = (how == READ_ONCE && number == failing) || (how == READ_ON && failing > 0 && number >= failing);
    if (result) errno = EIO;
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t read(int fd, void *bytes, size_t count) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = next("read");
    return fails_to_read(fd) ? -1 : real(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    static ssize_t (*real)(int, void *, size_t, off_t);
    if (!real) real = next("pread");
    return fails_to_read(fd) ? -1 : real(fd, bytes, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset) {
    static ssize_t (*real)(int, void *, size_t, off64_t);
    if (!real) real = next("pread64");
    return fails_to_read(fd) ? -1 : real(fd, bytes, count, offset);
}

static int open_with(const char *real, const char *path, int flags, va_list list) {
    int (*call)(const char *, int, ...) = next(real);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
    struct stat st;
    int inside = is_inside(path);
    if (inside && (flags & O_CREAT) && stat(path, &st) != 0 && outcome(1, 0) == FAIL) return -1;
    int fd = call(path, flags, mode);
    if (fd >= 0 && fd < FDS) watched[fd] = (char) inside;
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    int fd = open_with("open", path, flags, list);
    va_end(list);
    return fd;
}

int open64(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    int fd = open_with("open64", path, flags, list);
    va_end(list);
    return fd;
}

int close(int fd) {
    static int (*real)(int);
    if (!real) real = next("close");
    if (fd >= 0 && fd < FDS) watched[fd] = 0;
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = next("write");
    if (!is_watched(fd)) return real(fd, bytes, count);
    switch (outcome(1, 1)) {
        case FAIL: return -1;
        case WRITE_HALF: return real(fd, bytes, count > 1 ? count / 2 : count);
        case PRETEND: return lseek(fd, (off_t) count, SEEK_CUR) < 0 ? -1 : (ssize_t) count;
        default: return real(fd, bytes, count);
    }
}

static ssize_t positioned(const char *name, int fd, const void *bytes, size_t count, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = next(name);
    if (!is_watched(fd)) return real(fd, bytes, count, offset);
    switch (outcome(1, 1)) {
        case FAIL: return -1;
        case WRITE_HALF: return real(fd, bytes, count > 1 ? count / 2 : count, offset);
        case PRETEND: return (ssize_t) count;
        default: return real(fd, bytes, count, offset);
    }
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return positioned("pwrite", fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    return positioned("pwrite64", fd, bytes, count, offset);
}

static int cut(const char *name, int fd, off64_t length) {
    int (*real)(int, off64_t) = next(name);
    enum outcome result = is_watched(fd) ? outcome(0, 0) : DO;
    return result == DO ? real(fd, length) : result == FAIL ? -1 : 0;
}

int ftruncate(int fd, off_t length) { return cut("ftruncate", fd, length); }

int ftruncate64(int fd, off64_t length) { return cut("ftruncate64", fd, length); }

static int synced(const char *name, int fd) {
    int (*real)(int) = next(name);
    enum outcome result = is_watched(fd) ? outcome(1, 0) : DO;
    return result == DO ? real(fd) : result == FAIL ? -1 : 0;
}

int fsync(int fd) { return synced("fsync", fd); }

int fdatasync(int fd) { return synced("fdatasync", fd); }

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = next("rename");
    enum outcome result = is_inside(from) ? outcome(1, 0) : DO;
    return result == DO ? real(from, to) : result == FAIL ? -1 : 0;
}

int unlink(const char *path) {
    int (*real)(const char *) = next("unlink");
    enum outcome result = is_inside(path) ? outcome(0, 0) : DO;
    return result == DO ? real(path) : result == FAIL ? -1 : 0;
}

int mkdir(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = next("mkdir");
    enum outcome result = is_inside(path) ? outcome(1, 0) : DO;
    return result == DO ? real(path, mode) : result == FAIL ? -1 : 0;
}
