/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of the action table: each does what its row's help says, or sees what keeps it from being done. 0, or a
 * negative errno with the act's failure.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_RUN_H
#define VIRTMETER_COMMON_LIFECYCLE_RUN_H

struct vmt_act;

int vmt_run_host(struct vmt_act *act);
int vmt_run_connection(struct vmt_act *act);
int vmt_run_list(struct vmt_act *act);
int vmt_run_show(struct vmt_act *act);
int vmt_run_info(struct vmt_act *act);
int vmt_run_xml(struct vmt_act *act);
int vmt_run_job(struct vmt_act *act);
int vmt_run_snapshots(struct vmt_act *act);
int vmt_run_networks(struct vmt_act *act);
int vmt_run_network(struct vmt_act *act);
int vmt_run_pools(struct vmt_act *act);
int vmt_run_pool(struct vmt_act *act);
int vmt_run_volumes(struct vmt_act *act);
int vmt_run_start(struct vmt_act *act);
int vmt_run_shutdown(struct vmt_act *act);
int vmt_run_reboot(struct vmt_act *act);
int vmt_run_reset(struct vmt_act *act);
int vmt_run_destroy(struct vmt_act *act);
int vmt_run_suspend(struct vmt_act *act);
int vmt_run_resume(struct vmt_act *act);
int vmt_run_save(struct vmt_act *act);
int vmt_run_restore(struct vmt_act *act);
int vmt_run_managed_save(struct vmt_act *act);
int vmt_run_managed_save_remove(struct vmt_act *act);
int vmt_run_pm_wakeup(struct vmt_act *act);
int vmt_run_inject_nmi(struct vmt_act *act);
int vmt_run_autostart(struct vmt_act *act);
int vmt_run_define(struct vmt_act *act);
int vmt_run_create(struct vmt_act *act);
int vmt_run_undefine(struct vmt_act *act);
int vmt_run_persist(struct vmt_act *act);
int vmt_run_set_vcpus(struct vmt_act *act);
int vmt_run_set_memory(struct vmt_act *act);
int vmt_run_migrate(struct vmt_act *act);
int vmt_run_abort_job(struct vmt_act *act);
int vmt_run_network_start(struct vmt_act *act);
int vmt_run_network_stop(struct vmt_act *act);
int vmt_run_network_autostart(struct vmt_act *act);
int vmt_run_pool_start(struct vmt_act *act);
int vmt_run_pool_stop(struct vmt_act *act);
int vmt_run_pool_autostart(struct vmt_act *act);
int vmt_run_pool_refresh(struct vmt_act *act);

int vmt_check_save(struct vmt_act *act);
int vmt_check_define(struct vmt_act *act);
int vmt_check_create(struct vmt_act *act);
int vmt_check_migrate(struct vmt_act *act);

#endif
