// What sites differ in. Write your own in a file that adds to the mixin: see README.md beside this file.
{
  _config+:: {
    // Which targets of Prometheus are virtmeter-exporter.
    libvirtSelector: 'job="libvirt"',

    // The label that tells clusters apart. Targets without it are one cluster; nothing need be changed for them.
    clusterLabel: 'cluster',

    dashboardNamePrefix: 'virtmeter / ',
    dashboardTags: ['virtmeter'],
    dashboardRefresh: '1m',
    dashboardFrom: 'now-3h',

    // Before the path of a dashboard in the alerts' annotation dashboard_url: the address of your Grafana.
    grafanaUrl: '',
    // Before the file name of a runbook in runbook_url: where you serve the directory runbooks/.
    runbookUrl: 'https://runbooks.example/virtmeter/',

    // The scrape_timeout of the job, and the part of it that a scrape may take.
    scrapeTimeoutSeconds: 10,
    scrapeTimeRatio: 0.8,
    // Flag --libvirt.max-stuck-calls of the exporter.
    stuckCallsMax: 3,

    // A guest that wants fewer cores is idle: what part of that it loses means nothing.
    idleCores: 0.05,
    // Part of the CPU time that it wanted which a guest may lose to others, when it is more than that many cores.
    vcpuDelayRatio: 0.1,
    vcpuDelayCores: 0.1,
    // Part of a guest's memory that must stay usable, and how old the guest's own figures may be to count.
    guestMemoryUsableRatio: 0.05,
    balloonAgeSeconds: 300,
    guestSwapBytesPerSecond: 1024 * 1024,
    // Mean time of a request of a disk that makes more than that many a second.
    diskLatencySeconds: 0.1,
    diskRequestsPerSecond: 1,
    // Part of the packets of an interface that may be dropped, and errors a second.
    dropRatio: 0.01,
    dropsPerSecond: 1,
    interfaceErrorsPerSecond: 0.1,
    // Part of a block device taken by the image on it, and the hours of warning that you want.
    thinImageRatio: 0.9,
    thinImageHours: 4,
    // Part of a pool that is left; the days of warning; the kinds of pool whose free space means something.
    poolLowRatio: 0.1,
    poolFullRatio: 0.03,
    poolPredictionRatio: 0.4,
    poolDays: 4,
    poolTypes: 'dir|fs|netfs|gluster|rbd|zfs|logical|vstorage|sheepdog',
    // vCPUs per CPU, and memory of guests per memory of the host.
    vcpuOvercommitRatio: 4,
    memoryOvercommitRatio: 1,
    // Migrations older than that are looked at: are they getting on?
    migrationSeconds: 1800,
    // Requests that the admin daemon denied in 15 minutes.
    adminDenials: 5,
  },
}
