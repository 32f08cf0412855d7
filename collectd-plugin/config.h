/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a <Plugin virtmeter> block: those of collectd's virt plugin with its names, meanings and defaults, and
 * some of our own. Filled before the threads start, then only read.
 */
#ifndef VIRTMETER_COLLECTD_CONFIG_H
#define VIRTMETER_COLLECTD_CONFIG_H

#include "collectd-plugin/selection.h"
#include "common/metric.h"

#include <collectd/liboconfig/oconfig.h>

enum vmt_name_field { VMT_NAME_NONE, VMT_NAME_NAME, VMT_NAME_UUID, VMT_NAME_HOSTNAME, VMT_NAME_METADATA };
enum vmt_block_format { VMT_BLOCK_TARGET, VMT_BLOCK_SOURCE };
enum vmt_interface_format { VMT_INTERFACE_NAME, VMT_INTERFACE_ADDRESS, VMT_INTERFACE_NUMBER };

enum { VMT_NAME_FIELDS = 4, VMT_SELECTORS_MAX = 32 };

/* What a name is made of, in this order. */
struct vmt_name_format {
    enum vmt_name_field fields[VMT_NAME_FIELDS];
    unsigned count;
};

struct vmt_config {
    char *connection;         /* NULL: libvirt's default URI */
    unsigned refresh_seconds; /* how old a domain's XML may become; 0: it is read again after events only */
    struct vmt_selection domains, block_devices, interface_devices;
    bool ignores_selected;
    unsigned block_format, interface_format; /* enum vmt_block_format, vmt_interface_format */
    bool block_basename;
    struct vmt_name_format host, plugin_instance;
    char *metadata_namespace, *metadata_xpath; /* NULL: OpenStack Nova's, the instance's name */
    bool reports_blocks, reports_interfaces;
    const char *selectors[VMT_SELECTORS_MAX]; /* of ExtraStats, as the tables write them */
    unsigned selector_count;
    bool wants_fs_info;
    bool notifies_persistently;
    unsigned instances;
    vmt_collectors on, off;  /* by Collector */
    double deadline_seconds; /* 0: not given */
};

/* The defaults. */
void vmt_config_init(struct vmt_config *config);
void vmt_config_done(struct vmt_config *config);

/* Takes up a block, after earlier ones. 0, or -EINVAL with a sentence about the option that is wrong, or -ENOMEM. */
int vmt_config_read(struct vmt_config *config, const oconfig_item_t *block, struct vmt_error *error);

/* Whether ExtraStats has `selector`; NULL is always there. */
bool vmt_config_selects(const struct vmt_config *config, const char *selector);

#endif
