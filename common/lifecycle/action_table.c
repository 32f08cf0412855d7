/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/action.h"

#ifdef VIRTMETER_WITHOUT_FUNCTIONS
#define RUN(function) NULL
#else
#include "common/lifecycle/run.h"
#define RUN(function) (function)
#endif

const char *const vmt_role_names[] = {"none", "viewer", "operator", "power", "definer", NULL};

const char *const vmt_target_names[] = {"host", "domains", "networks", "pools", "domain", "network", "pool", NULL};

const char *const vmt_state_names[] = {"nostate", "running",     "blocked",  "paused", "shutdown", "shutoff",
                                       "crashed", "pmsuspended", "inactive", "active", NULL};

#define SHUTOFF (VMT_STATE_BIT(VMT_STATE_SHUTOFF) | VMT_STATE_BIT(VMT_STATE_CRASHED))
#define RUNNING (VMT_STATE_BIT(VMT_STATE_RUNNING) | VMT_STATE_BIT(VMT_STATE_BLOCKED))
#define PAUSED VMT_STATE_BIT(VMT_STATE_PAUSED)
#define SHUTDOWN VMT_STATE_BIT(VMT_STATE_SHUTDOWN)
#define ASLEEP VMT_STATE_BIT(VMT_STATE_PMSUSPENDED)
#define CRASHED VMT_STATE_BIT(VMT_STATE_CRASHED)
#define LIVE (RUNNING | PAUSED | SHUTDOWN | ASLEEP | CRASHED)
#define INACTIVE VMT_STATE_BIT(VMT_STATE_INACTIVE)
#define ACTIVE VMT_STATE_BIT(VMT_STATE_ACTIVE)

static const char *const shutdown_modes[] = {"acpi", "agent", "both", NULL};
static const char *const reboot_modes[] = {"acpi", "agent", NULL};
static const char *const timeout_policies[] = {"fail", "force", NULL};
static const char *const nvram_fates[] = {"keep", "remove", NULL};
static const char *const affects[] = {"live", "config", "both", NULL};
static const char *const domain_states[] = {"active",   "inactive", "running", "blocked",     "paused",
                                            "shutdown", "shutoff",  "crashed", "pmsuspended", NULL};

enum { KIB = 1024, MIB = 1024 * KIB, NAME_BYTES = 255 };
#define EIB (UINT64_C(1) << 60)

/* One parameter, one line. */
/* clang-format off */
#define PARAMS(...) (const struct vmt_param[]){__VA_ARGS__, {NULL}}
#define NO_PARAMS (const struct vmt_param[]){{NULL}}
#define XML {"xml", VMT_PARAM_XML, .is_required = true, .max = MIB, .help = "The domain, as libvirt's XML"}
#define ENABLED {"enabled", VMT_PARAM_BOOL, .is_required = true, .help = "Whether to start it with the host"}
#define AFFECT {"affect", VMT_PARAM_WORD, .words = affects, .fallback = "both", .help = "What to change: the running domain, its definition, or both as far as there are both"}
#define START_PAUSED {"paused", VMT_PARAM_BOOL, .fallback = "false", .help = "Leave it paused"}
#define SAVED_FILE(required, says) {"file", VMT_PARAM_FILE, .is_required = (required), .max = NAME_BYTES, .help = (says)}
#define NAME_GLOB {"name", VMT_PARAM_TEXT, .max = NAME_BYTES, .help = "Only those whose name matches, with * and ? for any characters"}

/* One row, one action. */
const struct vmt_action vmt_actions[] = {
    {"host", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/host", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_host), "Show the host: processors, memory, and what is free of it"},
    {"connection", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/connection", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_connection), "Show the connection to libvirt: URI, driver, versions"},
    {"list", VMT_TARGET_DOMAINS, VMT_ROLE_VIEWER, "/v1/domains", 0, 0, VMT_ACTION_READS, PARAMS({"state", VMT_PARAM_WORD, .words = domain_states, .help = "Only those in this state"}, NAME_GLOB), RUN(vmt_run_list), "List domains"},
    {"show", VMT_TARGET_DOMAIN, VMT_ROLE_VIEWER, "/v1/domains/{id}", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_show), "Show one domain"},
    {"info", VMT_TARGET_DOMAIN, VMT_ROLE_VIEWER, "/v1/domains/{id}/info", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_info), "Show what a domain has and uses: processors, memory, CPU time, disks, what it would lose"},
    {"xml", VMT_TARGET_DOMAIN, VMT_ROLE_VIEWER, "/v1/domains/{id}/xml", 0, 0, VMT_ACTION_READS, PARAMS({"inactive", VMT_PARAM_BOOL, .fallback = "false", .help = "The definition, not the running domain"}), RUN(vmt_run_xml), "Show a domain's XML, without secrets"},
    {"job", VMT_TARGET_DOMAIN, VMT_ROLE_VIEWER, "/v1/domains/{id}/job", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_job), "Show a domain's job: a migration, a save"},
    {"snapshots", VMT_TARGET_DOMAIN, VMT_ROLE_VIEWER, "/v1/domains/{id}/snapshots", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_snapshots), "List a domain's snapshots"},
    {"networks", VMT_TARGET_NETWORKS, VMT_ROLE_VIEWER, "/v1/networks", 0, 0, VMT_ACTION_READS, PARAMS(NAME_GLOB), RUN(vmt_run_networks), "List networks"},
    {"network", VMT_TARGET_NETWORK, VMT_ROLE_VIEWER, "/v1/networks/{id}", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_network), "Show one network"},
    {"pools", VMT_TARGET_POOLS, VMT_ROLE_VIEWER, "/v1/pools", 0, 0, VMT_ACTION_READS, PARAMS(NAME_GLOB), RUN(vmt_run_pools), "List storage pools"},
    {"pool", VMT_TARGET_POOL, VMT_ROLE_VIEWER, "/v1/pools/{id}", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_pool), "Show one storage pool"},
    {"volumes", VMT_TARGET_POOL, VMT_ROLE_VIEWER, "/v1/pools/{id}/volumes", 0, 0, VMT_ACTION_READS, NO_PARAMS, RUN(vmt_run_volumes), "List a storage pool's volumes"},

#define D "/v1/domains/{id}/"
    {"start", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "start", SHUTOFF, RUNNING, VMT_ACTION_PERSISTENT | VMT_ACTION_LONG, PARAMS(START_PAUSED), RUN(vmt_run_start), "Start a domain"},
    {"shutdown", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "shutdown", RUNNING | SHUTDOWN, SHUTOFF, VMT_ACTION_STOPS, PARAMS(
        {"mode", VMT_PARAM_WORD, .words = shutdown_modes, .fallback = "acpi", .help = "Whom to ask: the guest by ACPI, its agent, or the agent and then ACPI"},
        {"timeout", VMT_PARAM_SECONDS, .min = 1, .max = 3600, .fallback = "120", .help = "How long to wait for the guest"},
        {"resend", VMT_PARAM_SECONDS, .max = 3600, .fallback = "15", .help = "Ask again so often while waiting; 0: ask once"},
        {"on_timeout", VMT_PARAM_WORD, .words = timeout_policies, .fallback = "fail", .grave = "force", .help = "What then: fail, or force it off"}),
        RUN(vmt_run_shutdown), "Ask the guest to shut down, and wait until it has", "If it must be forced off: what the guest has in memory and has not written to its disks."},
    {"reboot", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "reboot", RUNNING, 0, VMT_ACTION_STOPS, PARAMS(
        {"mode", VMT_PARAM_WORD, .words = reboot_modes, .fallback = "acpi", .help = "Whom to ask: the guest by ACPI, or its agent"},
        {"timeout", VMT_PARAM_SECONDS, .min = 1, .max = 3600, .fallback = "120", .help = "How long to wait for the guest"}),
        RUN(vmt_run_reboot), "Ask the guest to reboot, and wait until it does"},
    {"reset", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "reset", RUNNING | PAUSED, 0, VMT_ACTION_DESTROYS | VMT_ACTION_STOPS, NO_PARAMS, RUN(vmt_run_reset), "Reset a domain, as its button would", "What the guest has in memory and has not written to its disks."},
    {"destroy", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "destroy", LIVE, VMT_STATE_BIT(VMT_STATE_SHUTOFF), VMT_ACTION_DESTROYS | VMT_ACTION_STOPS | VMT_ACTION_BESIDE, PARAMS(
        {"graceful", VMT_PARAM_BOOL, .fallback = "false", .help = "Do not kill a hypervisor process that does not end by itself"}),
        RUN(vmt_run_destroy), "Turn a domain off at once", "What the guest has in memory and has not written to its disks."},
    {"suspend", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "suspend", RUNNING, PAUSED, VMT_ACTION_STOPS, NO_PARAMS, RUN(vmt_run_suspend), "Pause a domain"},
    {"resume", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "resume", PAUSED, RUNNING, 0, NO_PARAMS, RUN(vmt_run_resume), "Let a paused domain run"},
    {"save", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "save", RUNNING | PAUSED, 0, VMT_ACTION_STOPS | VMT_ACTION_LONG, PARAMS(
        SAVED_FILE(true, "The file to write, in the daemon's directory"),
        {"paused", VMT_PARAM_BOOL, .fallback = "false", .help = "Leave it paused when it is restored"}),
        RUN(vmt_run_save), "Save a domain's memory to a file and stop it", .check = RUN(vmt_check_save)},
    {"restore", VMT_TARGET_DOMAINS, VMT_ROLE_OPERATOR, "/v1/domains/restore", 0, 0, VMT_ACTION_LONG, PARAMS(
        SAVED_FILE(true, "The file to read, in the daemon's directory"), START_PAUSED),
        RUN(vmt_run_restore), "Start a domain from a file that save wrote"},
    {"managed-save", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "managed-save", RUNNING | PAUSED, 0, VMT_ACTION_PERSISTENT | VMT_ACTION_STOPS | VMT_ACTION_LONG, PARAMS(
        {"paused", VMT_PARAM_BOOL, .fallback = "false", .help = "Leave it paused when it is started"}),
        RUN(vmt_run_managed_save), "Save a domain's memory where its next start finds it, and stop it"},
    {"managed-save-remove", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "managed-save-remove", 0, 0, VMT_ACTION_PERSISTENT | VMT_ACTION_DESTROYS, NO_PARAMS, RUN(vmt_run_managed_save_remove), "Throw the saved memory away: the next start boots", "The saved memory: what the guest had not written to its disks."},
    {"pm-wakeup", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "pm-wakeup", ASLEEP, RUNNING, 0, NO_PARAMS, RUN(vmt_run_pm_wakeup), "Wake a guest that suspended itself"},
    {"inject-nmi", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "inject-nmi", RUNNING, 0, VMT_ACTION_DESTROYS | VMT_ACTION_STOPS, NO_PARAMS, RUN(vmt_run_inject_nmi), "Send the guest a non-maskable interrupt: many panic on it", "If the guest panics: what it has in memory and has not written to its disks."},
    {"autostart", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "autostart", 0, 0, VMT_ACTION_PERSISTENT, PARAMS(ENABLED), RUN(vmt_run_autostart), "Say whether a domain starts with the host"},
    {"define", VMT_TARGET_DOMAINS, VMT_ROLE_DEFINER, "/v1/domains/define", 0, 0, VMT_ACTION_BIG_BODY, PARAMS(
        XML,
        {"replaces", VMT_PARAM_TEXT, .max = 64, .help = "The sha256 of the definition that this one replaces, as xml shows it with inactive; without it none is replaced"}),
        RUN(vmt_run_define), "Define a domain", .check = RUN(vmt_check_define)},
    {"create", VMT_TARGET_DOMAINS, VMT_ROLE_DEFINER, "/v1/domains/create", 0, 0, VMT_ACTION_BIG_BODY, PARAMS(XML, START_PAUSED), RUN(vmt_run_create), "Start a transient domain, which is gone when it stops", .check = RUN(vmt_check_create)},
    {"undefine", VMT_TARGET_DOMAIN, VMT_ROLE_DEFINER, D "undefine", 0, 0, VMT_ACTION_PERSISTENT | VMT_ACTION_DESTROYS, PARAMS(
        {"nvram", VMT_PARAM_WORD, .words = nvram_fates, .help = "What becomes of its NVRAM; must be said if it has one"},
        {"managed_save", VMT_PARAM_BOOL, .fallback = "false", .help = "Throw its saved memory away too"},
        {"snapshots_metadata", VMT_PARAM_BOOL, .fallback = "false", .help = "Forget its snapshots too; their data stays"}),
        RUN(vmt_run_undefine), "Forget a domain's definition; its disks stay", "Its definition."},
    {"persist", VMT_TARGET_DOMAIN, VMT_ROLE_DEFINER, D "persist", RUNNING | PAUSED | ASLEEP, 0, VMT_ACTION_TRANSIENT, NO_PARAMS, RUN(vmt_run_persist), "Give a transient domain a definition, so that it stays"},
    {"set-vcpus", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "set-vcpus", 0, 0, 0, PARAMS(
        {"count", VMT_PARAM_NUMBER, .is_required = true, .min = 1, .max = 4096, .help = "Virtual processors"}, AFFECT),
        RUN(vmt_run_set_vcpus), "Set the number of a domain's virtual processors"},
    {"set-memory", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "set-memory", 0, 0, 0, PARAMS(
        {"size", VMT_PARAM_BYTES, .is_required = true, .min = MIB, .max = EIB, .help = "Memory, in bytes; libvirt rounds up to KiB"}, AFFECT),
        RUN(vmt_run_set_memory), "Set a domain's memory"},
    {"migrate", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "migrate", RUNNING | PAUSED, 0, VMT_ACTION_LONG, PARAMS(
        {"uri", VMT_PARAM_URI, .is_required = true, .max = 1024, .help = "libvirt on the host to go to; one that the daemon allows"},
        {"live", VMT_PARAM_BOOL, .fallback = "true", .help = "Let it run meanwhile"},
        {"persist", VMT_PARAM_BOOL, .fallback = "false", .help = "Define it there"},
        {"undefine_source", VMT_PARAM_BOOL, .fallback = "false", .help = "Forget its definition here; only with persist"},
        {"copy_storage", VMT_PARAM_BOOL, .fallback = "false", .help = "Copy its disks too"}),
        RUN(vmt_run_migrate), "Move a domain to another host", .check = RUN(vmt_check_migrate)},
    {"abort-job", VMT_TARGET_DOMAIN, VMT_ROLE_POWER, D "abort-job", LIVE, 0, VMT_ACTION_BESIDE, NO_PARAMS, RUN(vmt_run_abort_job), "Abort a domain's job: a migration, a save"},
    {"unprotect", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "unprotect", 0, 0, VMT_ACTION_LIFTS, PARAMS(
        {"duration", VMT_PARAM_SECONDS, .min = 1, .max = 3600, .fallback = "600", .help = "For how long"}),
        NULL, "Lift a domain's protection for a while, for everybody else"},
    {"protect", VMT_TARGET_DOMAIN, VMT_ROLE_OPERATOR, D "protect", 0, 0, VMT_ACTION_LIFTS, NO_PARAMS, NULL, "End the lifting of a domain's protection"},
#undef D

#define N "/v1/networks/{id}/"
    {"network-start", VMT_TARGET_NETWORK, VMT_ROLE_OPERATOR, N "start", INACTIVE, ACTIVE, VMT_ACTION_PERSISTENT, NO_PARAMS, RUN(vmt_run_network_start), "Start a network"},
    {"network-stop", VMT_TARGET_NETWORK, VMT_ROLE_POWER, N "stop", ACTIVE, INACTIVE, VMT_ACTION_DESTROYS | VMT_ACTION_STOPS, NO_PARAMS, RUN(vmt_run_network_stop), "Stop a network: its domains lose it", "The connection of all domains that use it, until it is started and they are attached again."},
    {"network-autostart", VMT_TARGET_NETWORK, VMT_ROLE_OPERATOR, N "autostart", 0, 0, VMT_ACTION_PERSISTENT, PARAMS(ENABLED), RUN(vmt_run_network_autostart), "Say whether a network starts with the host"},
#undef N
#define P "/v1/pools/{id}/"
    {"pool-start", VMT_TARGET_POOL, VMT_ROLE_OPERATOR, P "start", INACTIVE, ACTIVE, VMT_ACTION_PERSISTENT, NO_PARAMS, RUN(vmt_run_pool_start), "Start a storage pool"},
    {"pool-stop", VMT_TARGET_POOL, VMT_ROLE_POWER, P "stop", ACTIVE, INACTIVE, VMT_ACTION_DESTROYS | VMT_ACTION_STOPS, NO_PARAMS, RUN(vmt_run_pool_stop), "Stop a storage pool; its data stays", "Access to its volumes, until it is started again; their data stays."},
    {"pool-autostart", VMT_TARGET_POOL, VMT_ROLE_OPERATOR, P "autostart", 0, 0, VMT_ACTION_PERSISTENT, PARAMS(ENABLED), RUN(vmt_run_pool_autostart), "Say whether a storage pool starts with the host"},
    {"pool-refresh", VMT_TARGET_POOL, VMT_ROLE_OPERATOR, P "refresh", ACTIVE, 0, 0, NO_PARAMS, RUN(vmt_run_pool_refresh), "Read a storage pool's volumes anew"},
#undef P
};
/* clang-format on */

const unsigned vmt_action_count = sizeof vmt_actions / sizeof *vmt_actions;
