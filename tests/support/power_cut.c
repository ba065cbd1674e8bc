/* What a power cut would leave: preloaded, it keeps a shadow of what was made durable below the folder POWER_CUT_ROOT.

   fsync and fdatasync of a file copy its content to POWER_CUT_SHADOW/content/KEY, of a folder its entries to
   POWER_CUT_SHADOW/entries/KEY, each line the key of an entry and its name. A file is in the image only if an entry of
   a folder that was synced names it, and has the content that it had at its own last sync (none without one). Keys are
   the inode with its time of birth, since numbers of inodes are given again.

   With POWER_CUT_LIES set the disk lies: a sync says yes and nothing becomes durable. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int key_of(int folder, const char *name, char *key, size_t size, int *is_folder) {
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
    if (statx(folder, name, flags, STATX_INO | STATX_TYPE | STATX_BTIME, &found)) return -1;
    *is_folder = S_ISDIR(found.stx_mode);
    if (!*is_folder && !S_ISREG(found.stx_mode)) return -1;
    snprintf(key, size, "%llx-%llx-%x", (unsigned long long)found.stx_ino,
             (unsigned long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
    return 0;
}

static int is_below(int fd, const char *root) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t prefix = strlen(root);
    if (length < (ssize_t)prefix) return 0;
    path[length] = 0;
    return strncmp(path, root, prefix) == 0 && (path[prefix] == '/' || path[prefix] == 0);
}

static void copy_content(int fd, FILE *shadow) {
    static __thread char block[1 << 16];
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int source = open(self, O_RDONLY | O_CLOEXEC); /* the descriptor itself may be for writing only */
    ssize_t got;
    while (source >= 0 && (got = read(source, block, sizeof block)) > 0) fwrite(block, 1, (size_t)got, shadow);
    if (source >= 0) close(source);
}

static void copy_entries(int fd, FILE *shadow) {
    int folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char key[64];
        int is_folder;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (key_of(fd, entry->d_name, key, sizeof key, &is_folder)) continue;
        fprintf(shadow, "%s %c %s\n", key, is_folder ? 'd' : 'f', entry->d_name);
    }
    if (entries) closedir(entries);
}

static void keep(int fd) {
    const char *root = getenv("POWER_CUT_ROOT"), *shadow = getenv("POWER_CUT_SHADOW");
    char key[64], kept[PATH_MAX], fresh[PATH_MAX + 32];
    int is_folder, saved = errno;
    if (root && shadow && !getenv("POWER_CUT_LIES") && is_below(fd, root) &&
        !key_of(fd, "", key, sizeof key, &is_folder)) {
        snprintf(kept, sizeof kept, "%s/%s/%s", shadow, is_folder ? "entries" : "content", key);
        snprintf(fresh, sizeof fresh, "%s.%d", kept, gettid());
        FILE *file = fopen(fresh, "we");
        if (!file) abort();
        if (is_folder) copy_entries(fd, file); else copy_content(fd, file);
        if (fclose(file) || rename(fresh, kept)) abort();
    }
    errno = saved;
}

/* The shadow is made once the disk has said yes, and before the caller hears it. */
#define SHADOWED(name)                                                                     \
    int name(int fd) {                                                                     \
        int result = ((int (*)(int))dlsym(RTLD_NEXT, #name))(fd);                          \
        if (result == 0) keep(fd);                                                         \
        return result;                                                                     \
    }

SHADOWED(fsync)
SHADOWED(fdatasync)
