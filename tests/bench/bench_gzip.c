/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast an exposition of a big and of a small host is written, and what gzip costs on it: libdeflate, ISA-L and zlib
 * at several levels. Prints MB (10^6 bytes) of exposition per second and the compressed size in per cent.
 *
 *   bench_gzip [DOMAINS…]      default: 900 and 10
 */
#include "serve/exposition.h"

#include <inttypes.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

enum { VCPUS = 4, DISKS = 2, INTERFACES = 2, ROUNDS_MS = 400 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The same numbers in each run: of all sizes, as counters of young and old domains are. */
static uint64_t next_number(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> (state % 40 + 12);
}

/* Adds a sample with a value in each slot; the labels must be as many as the table has. */
#define ADD(part, entity, domain, ...)                                                                                 \
    add_sample(part, entity, domain, (const char *[]){__VA_ARGS__},                                                    \
               sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static void add_sample(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                       const char *const *labels, size_t label_count)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    struct vmt_sample *sample = label_count == table->label_count ? vmt_part_add(part, entity, domain, labels) : NULL;
    if (!sample) {
        fprintf(stderr, "cannot add a sample of '%s'\n", table->name);
        exit(1);
    }
    for (unsigned slot = 0; slot < table->metric_count; slot++) {
        const struct vmt_metric *row = &table->metrics[slot];
        uint64_t value = row->kind == VMT_INFO || row->kind == VMT_STATESET || row->unit == VMT_BOOLEAN ? 1
                         : row->unit == VMT_KIBIBYTES ? next_number() % 1048576 * 64
                                                      : next_number();
        sample->value[slot] = vmt_integer(value);
    }
}

static void add_domain(struct vmt_part *part, unsigned number)
{
    char name[32], uuid[VMT_UUID_TEXT], text[32], mac[32];
    snprintf(name, sizeof name, "instance-%08x", number * 7 + 1);
    snprintf(uuid, sizeof uuid, "%08" PRIx64 "-4d1c-4b7e-9a51-%012" PRIx64, next_number() & 0xFFFFFFFFu,
             next_number() & 0xFFFFFFFFFFFFu);
    const struct vmt_domain *domain = vmt_part_add_domain(part, name, uuid);
    ADD(part, VMT_ENTITY_DOMAIN, domain, name);
    ADD(part, VMT_ENTITY_DOMAIN_INFO, domain, name, uuid, "web front end", "kvm", "hvm", "x86_64", "pc-q35-7.2", "efi");
    ADD(part, VMT_ENTITY_DOMAIN_REASON, domain, name, "running", "booted");
    for (unsigned i = 0; i < VCPUS; i++) {
        snprintf(text, sizeof text, "%u", i);
        ADD(part, VMT_ENTITY_VCPU, domain, name, text);
    }
    for (unsigned i = 0; i < DISKS; i++) {
        snprintf(text, sizeof text, "vd%c", 'a' + i);
        char source[96];
        snprintf(source, sizeof source, "/var/lib/nova/instances/%s/disk%u", uuid, i);
        ADD(part, VMT_ENTITY_BLOCK, domain, name, text);
        ADD(part, VMT_ENTITY_BLOCK_INFO, domain, name, text, "file", "disk", "virtio", "qcow2", "none", "unmap", source,
            NULL);
    }
    for (unsigned i = 0; i < INTERFACES; i++) {
        snprintf(text, sizeof text, "tap%08" PRIx64 "-%x", next_number() & 0xFFFFFFFFu, i);
        snprintf(mac, sizeof mac, "fa:16:3e:%02x:%02x:%02x", number >> 8 & 255, number & 255, i);
        ADD(part, VMT_ENTITY_INTERFACE, domain, name, text);
        ADD(part, VMT_ENTITY_INTERFACE_INFO, domain, name, text, "net0", "bridge", "br-int", mac, "virtio", "1500",
            NULL);
    }
}

static struct vmt_snapshot *make_snapshot(unsigned domains)
{
    struct vmt_part *part = vmt_part_new();
    if (!part)
        exit(1);
    add_sample(part, VMT_ENTITY_NODE, NULL, NULL, 0);
    for (unsigned i = 0; i < domains; i++)
        add_domain(part, i);
    struct vmt_snapshot *snapshot = vmt_snapshot_new(&part, 1);
    vmt_part_unref(part);
    if (!snapshot)
        exit(1);
    return snapshot;
}

struct bench {
    const struct vmt_text *text;
    int level;
    unsigned char *to;
    size_t room;
    struct libdeflate_compressor *compressor;
};

static size_t with_libdeflate(struct bench *bench)
{
    return libdeflate_gzip_compress(bench->compressor, bench->text->bytes, bench->text->length, bench->to, bench->room);
}

static size_t with_isal(struct bench *bench)
{
    static unsigned char memory[ISAL_DEF_LVL3_DEFAULT];
    struct isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.level = (uint32_t)bench->level;
    stream.level_buf = bench->level ? memory : NULL;
    stream.level_buf_size = bench->level ? sizeof memory : 0;
    stream.gzip_flag = IGZIP_GZIP;
    stream.flush = NO_FLUSH;
    stream.end_of_stream = 1;
    stream.next_in = (uint8_t *)bench->text->bytes;
    stream.avail_in = (uint32_t)bench->text->length;
    stream.next_out = bench->to;
    stream.avail_out = (uint32_t)bench->room;
    return isal_deflate_stateless(&stream) == COMP_OK ? stream.total_out : 0;
}

static size_t with_zlib(struct bench *bench)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, bench->level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    stream.next_in = (Bytef *)bench->text->bytes;
    stream.avail_in = (uInt)bench->text->length;
    stream.next_out = bench->to;
    stream.avail_out = (uInt)bench->room;
    bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    size_t length = stream.total_out;
    deflateEnd(&stream);
    return is_done ? length : 0;
}

static void measure(const char *name, size_t (*compress_with)(struct bench *), struct bench *bench)
{
    size_t length = 0;
    double best = 1e9, end = now() + ROUNDS_MS / 1e3;
    do {
        double began = now();
        length = compress_with(bench);
        double took = now() - began;
        best = took < best ? took : best;
    } while (now() < end);
    printf("%-10s %5d %10.0f %8.2f %%\n", name, bench->level, (double)bench->text->length / best / 1e6,
           100.0 * (double)length / (double)bench->text->length);
}

static void measure_all(const struct vmt_text *text)
{
    struct bench bench = {.text = text, .room = text->length + text->length / 8 + 4096};
    bench.to = malloc(bench.room);
    static const int libdeflate_levels[] = {1, 2, 3, 4, 6, 9};
    for (size_t i = 0; i < sizeof libdeflate_levels / sizeof *libdeflate_levels; i++) {
        bench.level = libdeflate_levels[i];
        bench.compressor = libdeflate_alloc_compressor(bench.level);
        measure("libdeflate", with_libdeflate, &bench);
        libdeflate_free_compressor(bench.compressor);
    }
    for (bench.level = 0; bench.level <= 3; bench.level++)
        measure("ISA-L", with_isal, &bench);
    static const int zlib_levels[] = {1, 3, 6};
    for (size_t i = 0; i < sizeof zlib_levels / sizeof *zlib_levels; i++) {
        bench.level = zlib_levels[i];
        measure("zlib", with_zlib, &bench);
    }
    free(bench.to);
}

static void bench_host(unsigned domains)
{
    struct vmt_snapshot *snapshot = make_snapshot(domains);
    struct vmt_exposition exposition = {0};
    struct vmt_text text = {0};
    double best = 1e9, end = now() + ROUNDS_MS / 1e3;
    do {
        vmt_text_reset(&text);
        double began = now();
        if (vmt_exposition_write(&exposition, snapshot, NULL, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL, &text))
            exit(1);
        double took = now() - began;
        best = took < best ? took : best;
    } while (now() < end);
    size_t series = 0;
    for (size_t i = 0; i < text.length; i++)
        series += text.bytes[i] == '\n';
    printf("\n%u domains: %zu lines, %.3f MB, written in %.2f ms: %.0f MB/s, %.0f ns a line\n", domains, series,
           (double)text.length / 1e6, best * 1e3, (double)text.length / best / 1e6, best * 1e9 / (double)series);
    printf("%-10s %5s %10s %10s\n", "library", "level", "MB/s", "size");
    measure_all(&text);
    vmt_text_done(&text);
    vmt_exposition_done(&exposition);
    vmt_snapshot_unref(snapshot);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        bench_host(900);
        bench_host(10);
    }
    for (int i = 1; i < count; i++)
        bench_host((unsigned)atoi(arguments[i]));
    return 0;
}
