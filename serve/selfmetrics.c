/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/selfmetrics.h"
#include "common/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

bool vmt_selfmetrics_parse(const char *text, struct vmt_process_stat *ret_stat)
{
    const char *after_name = strrchr(text, ')'); /* the name itself can hold anything */
    struct vmt_process_stat stat;
    if (!after_name || sscanf(after_name + 1,
                              " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %" SCNu64
                              " %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
                              &stat.threads, &stat.start_ticks, &stat.virtual_bytes, &stat.resident_pages) != 4)
        return false;
    *ret_stat = stat;
    return true;
}

static bool read_stat(struct vmt_process_stat *ret_stat)
{
    char text[1024];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return vmt_selfmetrics_parse(text, ret_stat);
}

/* The kernel counts from its boot; /proc/stat, which says when that was, can be hidden from a service. */
uint64_t vmt_selfmetrics_started_ms(void)
{
    struct vmt_process_stat stat;
    struct timespec since_boot;
    long ticks = sysconf(_SC_CLK_TCK);
    if (!read_stat(&stat) || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot))
        return 0;
    uint64_t boot_ms =
        vmt_wall_ns() / VMT_MS - ((uint64_t)since_boot.tv_sec * 1000 + (uint64_t)since_boot.tv_nsec / VMT_MS);
    return boot_ms + stat.start_ticks * 1000 / (uint64_t)ticks;
}

static void set(struct vmt_sample *sample, const char *key, uint64_t value)
{
    vmt_sample_set(sample, VMT_ENTITY_PROCESS, key, vmt_integer(value));
}

static void add_descriptors(struct vmt_sample *sample)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return;
    uint64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    set(sample, "open_fds", count - 1); /* one was for looking */
}

static void add_process(struct vmt_part *part, uint64_t started_ms)
{
    struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_PROCESS, NULL, NULL);
    struct vmt_process_stat stat;
    struct timespec cpu;
    struct rlimit limit;
    if (!clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu))
        set(sample, "cpu", (uint64_t)cpu.tv_sec * VMT_SECOND + (uint64_t)cpu.tv_nsec);
    add_descriptors(sample);
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur != RLIM_INFINITY)
        set(sample, "max_fds", limit.rlim_cur);
    if (read_stat(&stat)) {
        set(sample, "threads", stat.threads);
        set(sample, "virtual_memory", stat.virtual_bytes);
        set(sample, "resident_memory", stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE));
    }
    if (started_ms)
        set(sample, "start_time", started_ms);
}

struct vmt_part *vmt_selfmetrics_part(const struct vmt_selfmetrics *self)
{
    struct vmt_part *part = vmt_part_new();
    if (!part)
        return NULL;
    const char *labels[] = {self->version, self->revision, self->libvirt_built, self->libvirt_runtime};
    vmt_part_add_info(part, VMT_ENTITY_BUILD, NULL, labels);
    add_process(part, self->started_ms);
    return part;
}
