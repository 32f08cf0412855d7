/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collectd that loads the plugin and notes what it is given: it defines collectd's own functions, and a test program
 * links it instead of the daemon. Its types are those of the installed types.db. It notes what the real one would
 * complain of: a type that does not exist, a wrong number of values, the same identifier twice in one read, a value
 * that its type cannot hold. Safe from any thread.
 */
#ifndef VIRTMETER_TESTS_FAKE_COLLECTD_H
#define VIRTMETER_TESTS_FAKE_COLLECTD_H

#include <collectd/core/daemon/plugin.h>
#include <collectd/liboconfig/oconfig.h>

#include <stdbool.h>

/* ---- the daemon's life ---- */

/* Forgets everything; the plugin registers itself (module_register). */
void fake_collectd_start(void);

/* The inside of a <Plugin> block, a line an option, as collectd reads it. What the plugin's callback says. */
int fake_collectd_configure(const char *text);

int fake_collectd_init(void);

/* One read; forgets the values of the one before. */
int fake_collectd_read(void);

int fake_collectd_shutdown(void);

void fake_collectd_set_interval(double seconds);

/* The virt plugin is loaded too, until the next start. */
void fake_collectd_load_virt(void);

/* plugin_get_ds does not know this type any more, until the next start. */
void fake_collectd_forget_type(const char *type);

/* How long each notification takes to be taken. */
void fake_collectd_set_notification_ms(unsigned ms);

/* The items of a block, to be given back by fake_collectd_free_config. */
oconfig_item_t *fake_collectd_parse(const char *text);
void fake_collectd_free_config(oconfig_item_t *block);

/* Gives all memory back, for the end of the program. */
void fake_collectd_free(void);

/* ---- what it was given ---- */

/* Value lists of the last read. */
unsigned fake_collectd_count(void);

/* The one of this identifier: "host/plugin-instance/type-instance", as collectd writes it. NULL: there is none. Valid
 * until the next read. */
const value_list_t *fake_collectd_find(const char *identifier);

/* Those whose identifier matches the pattern (fnmatch). */
unsigned fake_collectd_count_matching(const char *pattern);

/* Waits until `count` notifications of this type and type instance (NULL: any) have come; the last is copied. False
 * when they have not come in time. */
bool fake_collectd_await_notification(const char *type, const char *instance, unsigned count, unsigned within_ms,
                                      notification_t *ret_last);
unsigned fake_collectd_notifications(const char *type, const char *instance);

/* Whether a log line of this level or worse has `text` in it; waits for it. */
bool fake_collectd_await_log(int level, const char *text, unsigned within_ms);
unsigned fake_collectd_log_lines(int level);

/* Complaints, printed to stderr. */
unsigned fake_collectd_complaints(void);

#endif
