/*
 * Writes down what a process does to the files of a folder, in order, so that what a power cut would have left can be made of
 * it. To be preloaded (LD_PRELOAD); POWERCUT_FOLDER is the folder, POWERCUT_LOG the file it writes to. What goes to standard
 * output is written down, too: it is what the process has acknowledged.
 *
 * A record: kind (1 byte), file's number (4, little-endian), offset (8), length (4), that many bytes.
 *   N a name is made, bytes: name    U a name is removed, bytes: name    R bytes: old name, 0, new name
 *   W a write    T offset: new length    S the file is synced    D the folder is synced    A bytes: acknowledged
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS 4096
#define FOLDER (-2)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *folder;
static int watched[FDS]; /* inode's number plus one, FOLDER, or 0 */

static ssize_t (*real_write)(int, const void *, size_t);

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    int (*real_open)(const char *, int, ...) = next("open");
    real_write = next("write");
    folder = getenv("POWERCUT_FOLDER");
    const char *file = getenv("POWERCUT_LOG");
    if (folder && file) log_fd = real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(char kind, int file, uint64_t offset, const void *bytes, uint32_t length) {
    char head[17];
    uint32_t number = (uint32_t) file;
    head[0] = kind;
    memcpy(head + 1, &number, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 4);
    char *all = malloc(sizeof head + length);
    if (!all) abort();
    memcpy(all, head, sizeof head);
    if (length) memcpy(all + sizeof head, bytes, length);
    if (real_write(log_fd, all, sizeof head + length) != (ssize_t) (sizeof head + length)) abort();
    free(all);
}

/* The name within the folder, or NULL where it is not in it or is of no account after a power cut. */
static const char *name_of(const char *path) {
    if (log_fd < 0 || strncmp(path, folder, strlen(folder)) != 0 || path[strlen(folder)] != '/') return NULL;
    const char *name = path + strlen(folder) + 1;
    size_t length = strlen(name);
    if (strchr(name, '/') || (length > 4 && strcmp(name + length - 4, "-shm") == 0)) return NULL;
    return name;
}

static void opened(const char *path, int fd, int existed) {
    if (fd < 0 || fd >= FDS || log_fd < 0) return;
    pthread_mutex_lock(&lock);
    watched[fd] = 0;
    const char *name = name_of(path);
    struct stat st;
    if (strcmp(path, folder) == 0) {
        watched[fd] = FOLDER;
    } else if (name && fstat(fd, &st) == 0) {
        watched[fd] = (int) st.st_ino + 1;
        if (!existed) put('N', (int) st.st_ino + 1, 0, name, (uint32_t) strlen(name));
    }
    pthread_mutex_unlock(&lock);
}

static int open_with(const char *real, const char *path, int flags, va_list list) {
    int (*call)(const char *, int, ...) = next(real);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    struct stat st;
    int existed = stat(path, &st) == 0;
    int fd = call(path, flags, mode);
    opened(path, fd, existed);
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

static int number_of(int fd) { return fd >= 0 && fd < FDS && log_fd >= 0 ? watched[fd] : 0; }

static ssize_t positioned(const char *name, int fd, const void *bytes, size_t count, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = next(name);
    if (number_of(fd) <= 0) return real(fd, bytes, count, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = real(fd, bytes, count, offset);
    if (done > 0) put('W', number_of(fd), (uint64_t) offset, bytes, (uint32_t) done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return positioned("pwrite", fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    return positioned("pwrite64", fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (!real_write) real_write = next("write");
    int number = number_of(fd);
    if (number <= 0 && (fd != 1 || log_fd < 0)) return real_write(fd, bytes, count);
    pthread_mutex_lock(&lock);
    off_t offset = fd == 1 ? 0 : lseek(fd, 0, SEEK_CUR);
    ssize_t done = real_write(fd, bytes, count);
    if (done > 0) put(fd == 1 ? 'A' : 'W', number, (uint64_t) offset, bytes, (uint32_t) done);
    pthread_mutex_unlock(&lock);
    return done;
}

static int truncated(const char *name, int fd, off64_t length) {
    int (*real)(int, off64_t) = next(name);
    if (number_of(fd) <= 0) return real(fd, length);
    pthread_mutex_lock(&lock);
    int done = real(fd, length);
    if (done == 0) put('T', number_of(fd), (uint64_t) length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t length) { return truncated("ftruncate", fd, length); }

int ftruncate64(int fd, off64_t length) { return truncated("ftruncate64", fd, length); }

static int synced(const char *name, int fd) {
    int (*real)(int) = next(name);
    int number = number_of(fd);
    if (number == 0) return real(fd);
    pthread_mutex_lock(&lock);
    int done = real(fd);
    if (done == 0) put(number == FOLDER ? 'D' : 'S', number, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return synced("fsync", fd); }

int fdatasync(int fd) { return synced("fdatasync", fd); }

int unlink(const char *path) {
    int (*real)(const char *) = next("unlink");
    const char *name = name_of(path);
    if (!name) return real(path);
    pthread_mutex_lock(&lock);
    int done = real(path);
    if (done == 0) put('U', 0, 0, name, (uint32_t) strlen(name));
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = next("rename");
    const char *before = name_of(from);
    const char *after = name_of(to);
    if (!before || !after) return real(from, to);
    pthread_mutex_lock(&lock);
    int done = real(from, to);
    if (done == 0) {
        char both[512];
        int length = snprintf(both, sizeof both, "%s%c%s", before, 0, after);
        put('R', 0, 0, both, (uint32_t) length);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
