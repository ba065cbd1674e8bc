/* A disk that fails on demand: preloaded, it looks at the file that DISK_FAULT names before each write and fsync.
   "eio" in it fails fsync with EIO, "full" fails writes with ENOSPC; without the file all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int fault(const char *kind) {
    const char *path = getenv("DISK_FAULT");
    char found[8] = {0};
    int saved = errno, file = path ? open(path, O_RDONLY) : -1;
    if (file >= 0) {
        if (read(file, found, sizeof found - 1) < 0) found[0] = 0;
        close(file);
    }
    errno = saved;
    return strcmp(found, kind) == 0;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

int fsync(int fd) {
    if (fault("eio")) { errno = EIO; return -1; }
    return REAL("fsync", int (*)(int))(fd);
}

int fdatasync(int fd) {
    if (fault("eio")) { errno = EIO; return -1; }
    return REAL("fdatasync", int (*)(int))(fd);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    if (fault("full")) { errno = ENOSPC; return -1; }
    return REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t))(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    if (fault("full")) { errno = ENOSPC; return -1; }
    return REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size) {
    struct stat file; /* a pipe or a socket is on no disk */
    if (fd > 2 && fault("full") && fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) { errno = ENOSPC; return -1; }
    return REAL("write", ssize_t (*)(int, const void *, size_t))(fd, data, size);
}
