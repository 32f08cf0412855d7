/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `--help` says, from the tables. Pure, safe from any thread.
 */
#ifndef VIRTMETER_CTL_USAGE_H
#define VIRTMETER_CTL_USAGE_H

#include "ctl/command.h"

/* Adds what there is to say about the program; all commands, all flags. */
void vmt_usage_add(struct vmt_text *text);

/* Adds what there is to say about a command. */
void vmt_usage_add_command(struct vmt_text *text, const struct vmt_command *command);

/* Adds a sentence that names the command which was probably meant. */
void vmt_usage_add_nearest(struct vmt_text *text, const char *name);

#endif
