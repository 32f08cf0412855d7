/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's event loop (virEventRegisterImpl) on epoll. libvirt's own loop is woken, and builds its list of descriptors
 * anew, twice for each call on any connection, because a call takes the socket away from the loop while it runs; here
 * that is one epoll_ctl, and nobody is woken. A process has one event loop: this module is the one place of the core
 * with a state of its own. All functions are safe from any thread, but one thread turns the loop.
 */
#ifndef VIRTMETER_COMMON_EVENT_EPOLL_H
#define VIRTMETER_COMMON_EVENT_EPOLL_H

/* Registers the loop, before the first connection is opened. -EEXIST when somebody else has registered one already, or
 * another negative errno. Once registered it is there for good; registering it again is fine. */
int vmt_event_epoll_register(void);

/* Waits until something happens or a timer is due, and calls back. */
void vmt_event_epoll_run(void);

/* Makes vmt_event_epoll_run return soon. */
void vmt_event_epoll_wake(void);

#endif
