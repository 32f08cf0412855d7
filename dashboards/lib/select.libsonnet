// Puts what sites differ in into PromQL: expressions are written with these names in %(...)s.
function(config) {
  local this = self,
  cluster: config.clusterLabel,
  up: config.libvirtSelector,
  // The labels that identify a host, a domain, a disk, an interface and a pool: for on (...) and by (...).
  host: this.cluster + ', job, instance',
  domain: this.host + ', domain',
  disk: this.domain + ', device',
  nic: this.domain + ', interface',
  pool: this.host + ', storage_pool',
  // What the variables of a dashboard select: `fleet` wherever it is, `s` on the chosen hosts.
  fleet: '%s=~"$cluster", job=~"$job"' % this.cluster,
  s: this.fleet + ', instance=~"$instance"',
  // One guest by its name, wherever it is, and what of that is the chosen one: a guest that migrates stays one line.
  g: this.fleet + ', domain="$domain"',
  // Neither the copy that a migration makes, nor the definition that it left behind.
  here: ' unless on (%s) libvirt_domain_state_reason_info{%s, state=~"paused|shutoff", reason=~"migration|migrated"}' % [this.domain, this.g],
  is: ' and on (%s) libvirt_domain_info{%s, uuid="$uuid"}' % [this.domain, this.g],
}
