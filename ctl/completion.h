/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What could come next on a command line. The shells' scripts only ask the program; everything they offer is from the
 * tables, and names are from the daemon. One thread.
 */
#ifndef VIRTMETER_CTL_COMPLETION_H
#define VIRTMETER_CTL_COMPLETION_H

#include "ctl/flags.h"
#include "serve/text.h"

/* Adds the names that a list of the API (`/v1/domains`) holds, each ended by a line feed; none when nobody answers. */
typedef void vmt_completion_names(void *arg, const struct vmt_settings *settings, const char *path,
                                  struct vmt_text *text);

/*
 * Adds what the last of the words, which are without the program's name, could become: lines of a candidate, a tab and
 * what it is. The line `:files` says that it could be the name of a file.
 */
void vmt_completion_add(struct vmt_text *text, const char *const *words, unsigned count, vmt_completion_names *names,
                        void *arg);

/* The script for bash, zsh or fish, or NULL. */
const char *vmt_completion_script(const char *shell);

/* The command that the scripts run. */
extern const char vmt_completion_command[];

#endif
