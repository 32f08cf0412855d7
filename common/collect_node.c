/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(struct vmt_sample *sample, const char *key, unsigned long long number)
{
    vmt_sample_set(sample, VMT_ENTITY_NODE, key, vmt_integer(number));
}

/* Sets `group.field` when the table has such a row: libvirt sends more fields than are exported. */
static void set_field(struct vmt_sample *sample, const char *group, const char *field, unsigned long long number)
{
    char key[VIR_NODE_CPU_STATS_FIELD_LENGTH + 16];
    snprintf(key, sizeof key, "%s.%s", group, field);
    if (vmt_entity_slot(VMT_ENTITY_NODE, key) >= 0)
        set(sample, key, number);
}

static void add_info(struct vmt_session *session, struct vmt_sample *sample)
{
    virNodeInfo info;
    if (VMT_CALL(session, NULL, virNodeGetInfo, session->connection, &info) < 0)
        return;
    set(sample, "cpus", info.cpus);
    set(sample, "mhz", info.mhz);
    set(sample, "memory", info.memory);
    set(sample, "cells", info.nodes);
    set(sample, "sockets", info.sockets);
    set(sample, "cores", info.cores);
    set(sample, "threads", info.threads);
}

/*
 * Both kinds of statistics are asked as libvirt wants it: how many fields there are, which holds for the connection,
 * then so many fields.
 */

static void add_cpu_time(struct vmt_session *session, struct vmt_sample *sample)
{
    int *known = &session->cpu_field_count, count;
    if (!*known && VMT_CALL(session, NULL, virNodeGetCPUStats, session->connection, VIR_NODE_CPU_STATS_ALL_CPUS, NULL,
                            known, 0) < 0)
        return;
    count = *known;
    virNodeCPUStatsPtr stats = calloc((size_t)count + 1, sizeof *stats);
    if (stats && VMT_CALL(session, NULL, virNodeGetCPUStats, session->connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats,
                          &count, 0) == 0)
        for (int i = 0; i < count; i++)
            set_field(sample, "cpu", stats[i].field, stats[i].value);
    free(stats);
}

static void add_memory(struct vmt_session *session, struct vmt_sample *sample)
{
    unsigned long long free_bytes = VMT_CALL(session, NULL, virNodeGetFreeMemory, session->connection);
    if (free_bytes)
        set(sample, "memory.free", free_bytes);
    int *known = &session->memory_field_count, count;
    if (!*known && VMT_CALL(session, NULL, virNodeGetMemoryStats, session->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS,
                            NULL, known, 0) < 0)
        return;
    count = *known;
    virNodeMemoryStatsPtr stats = calloc((size_t)count + 1, sizeof *stats);
    if (stats && VMT_CALL(session, NULL, virNodeGetMemoryStats, session->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS,
                          stats, &count, 0) == 0)
        for (int i = 0; i < count; i++)
            if (strcmp(stats[i].field, "free") != 0) /* virNodeGetFreeMemory said so already, exactly */
                set_field(sample, "memory", stats[i].field, stats[i].value);
    free(stats);
}

/* Cells are numbered, with gaps where a node has no memory: the call fills them with 0, as it does an empty cell. */
static void add_cells(struct vmt_session *session)
{
    enum { CELLS_MAX = 1024 };
    unsigned long long *free_bytes = calloc(CELLS_MAX, sizeof *free_bytes);
    int count = 0;
    if (free_bytes)
        count = VMT_CALL(session, NULL, virNodeGetCellsFreeMemory, session->connection, free_bytes, 0, CELLS_MAX);
    for (int i = 0; i < count; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        const char *const labels[] = {number};
        struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_CELL, NULL, labels);
        vmt_sample_set(sample, VMT_ENTITY_CELL, "memory.free", vmt_integer(free_bytes[i]));
    }
    free(free_bytes);
}

void vmt_collect_node(struct vmt_session *session)
{
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_NODE, NULL, NULL);
    add_info(session, sample);
    add_memory(session, sample);
    add_cpu_time(session, sample);
    add_cells(session);
}
