// Every capacity of the agent, in one place, each with its unit and its reason. What does not fit
// is counted and reported, never fatal. Memory is mapped but untouched until something needs it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nma::limits {

// Reading ---------------------------------------------------------------------------------------

// The largest kernel text we read: /proc/net/dev is about 130 bytes an interface, /proc/stat about
// 120 bytes a processor plus 2 bytes or more an interrupt line. A larger file is `truncated`.
inline constexpr std::size_t read_buffer_bytes = std::size_t{1} << 20;

// One getdents64 call: about 800 entries of /proc. Larger directories take more calls.
inline constexpr std::size_t directory_buffer_bytes = 32 * 1024;

// PATH_MAX of Linux, with the NUL.
inline constexpr std::size_t path_bytes = 4096;

// NAME_MAX of Linux, without the NUL: no directory, so no container, has a longer name.
inline constexpr std::size_t name_bytes_max = 255;

// The node ----------------------------------------------------------------------------------------

inline constexpr std::size_t cpu_count_max = 1024;           // large servers of today have 512
inline constexpr std::size_t interface_count_max = 2048;     // a node with 1,000 veth pairs
inline constexpr std::size_t disk_count_max = 256;           // whole disks, not partitions
inline constexpr std::size_t mount_count_max = 256;          // real file systems, after the filter
inline constexpr std::size_t block_device_count_max = 1024;  // disks, partitions, loops
inline constexpr std::size_t thermal_zone_count_max = 256;   // large servers have tens
inline constexpr std::size_t sensors_per_chip_max = 64;      // and as many chips
inline constexpr std::size_t sensor_count_max = 512;         // in all; more go missing, counted

// Paths of mount points, with the NUL: container runtimes' longest are near 200.
inline constexpr std::size_t mount_path_bytes = 1024;

// Threads that ask file systems: one for local ones, the others may all be stuck in dead ones.
inline constexpr std::size_t statfs_thread_count = 4;

// Datapoints of a thing of each kind in the full view; the readers hold to these.
inline constexpr std::size_t samples_per_cpu_max = 12;
inline constexpr std::size_t samples_per_interface_max = 8;
inline constexpr std::size_t samples_per_disk_max = 17;
inline constexpr std::size_t samples_per_mount_max = 6;
inline constexpr std::size_t samples_of_node_alone_max = 1024;

inline constexpr std::size_t node_sample_count_max = 40 * 1024;
static_assert(node_sample_count_max >= cpu_count_max * samples_per_cpu_max +
                                           interface_count_max * samples_per_interface_max +
                                           disk_count_max * samples_per_disk_max +
                                           mount_count_max * samples_per_mount_max +
                                           sensor_count_max + samples_of_node_alone_max,
              "a node with everything at its limit still fits into one snapshot");

inline constexpr std::size_t node_subject_count_max = 4608;
static_assert(node_subject_count_max >= 1 + cpu_count_max + interface_count_max + disk_count_max +
                                            mount_count_max + sensor_count_max + 64);

// Names of interfaces, disks and mount points. Mount points are the only long ones.
inline constexpr std::size_t node_text_bytes = 256 * 1024;

// Containers --------------------------------------------------------------------------------------

inline constexpr std::size_t container_count_default = 1024;
inline constexpr std::size_t container_count_max = 16 * 1024;

// Containers that ended and are still shown, and for how long by default.
inline constexpr std::size_t exited_count_default = 256;
inline constexpr std::size_t exited_count_max = 4096;
inline constexpr std::uint32_t exited_age_s_default = 120;
inline constexpr std::uint32_t exited_age_s_max = 3600;

// Readings of containers between two ticks: their first, and their last before they end. The room
// is for as many containers as may be shown after their end, a few readings each.
inline constexpr std::size_t interim_readings_per_exited = 4;

// How old figures of an idle container may become before they are read again all the same.
inline constexpr std::uint32_t idle_age_s_default = 30;
inline constexpr std::uint32_t idle_age_s_max = 3600;

// Per container: up to 38 figures of memory, 17 of processors, 28 of pressure, 71 of its network,
// 13 of processes and huge pages; and of each block device, and of their sum, 12 (version 2 with a
// cost model) or up to 84 (version 1 with cfq). So 203 with two devices on version 2. It is an
// average: the room is shared by all containers.
inline constexpr std::size_t samples_per_container = 256;
inline constexpr std::size_t subjects_per_container = 8;  // two devices, sum, two sizes, volume

// Per container: its id (64 bytes for most runtimes), device names, and what its runtime says of
// it: note_bytes_per_container below. An average, too.
inline constexpr std::size_t text_bytes_per_container = 256 + 1024;

// Groups of figures that are missing, each with its reason: the node's, and on average a
// container's.
inline constexpr std::size_t node_missing_count_max = 128;
inline constexpr std::size_t missing_per_container = 20;

// Cgroups that one search visits, over all hierarchies, and how deep. The rest is counted.
inline constexpr std::size_t cgroup_count_max = 64 * 1024;
inline constexpr std::size_t cgroup_depth_max = 32;

// Mounted hierarchies that we read: cpu, cpuacct, memory, blkio, pids, hugetlb, unified.
inline constexpr std::size_t cgroup_hierarchy_count_max = 8;

// Names of cgroups that were listed but not visited yet: all siblings along one path.
inline constexpr std::size_t cgroup_pending_count_max = 32 * 1024;
inline constexpr std::size_t cgroup_pending_bytes = cgroup_pending_count_max * 64;

// Names, images and labels that runtimes give, per container: an average. And for how many
// containers they are looked up at one tick, and how often for one.
inline constexpr std::size_t note_bytes_per_container = 1024;
inline constexpr std::size_t names_per_round_max = 256;
inline constexpr std::uint8_t name_tries_max = 4;

// Watches for changes, per container (its cgroup, its cgroup.events and some cgroups below) and for
// the cgroups above, with their paths. A change where no watch had room means a search.
inline constexpr std::size_t watches_per_container = 4;
inline constexpr std::size_t watch_reserve_count = 4096;
inline constexpr std::size_t watch_path_bytes = 128;
inline constexpr std::size_t watch_event_bytes = 16 * 1024;  // read in one call

// Changes that are taken in one go; more of them mean a search, which costs less.
inline constexpr std::size_t changes_per_look_max = 4096;

// Removals of cgroups after which a search gives back what the kernel keeps for their watches.
inline constexpr std::uint32_t removals_per_search_max = 4096;

// Per container: cgroups that hold its processes (its own, and those below it). An average.
inline constexpr std::size_t cgroups_per_container = 8;

// Per container: paths of cgroups that we may not keep open. An average.
inline constexpr std::size_t cgroup_path_bytes_per_container = 1024;

// Block devices that one container uses, per file of statistics.
inline constexpr std::size_t devices_per_container_max = 64;

// Labels of one container, keys and values with a NUL after each: Kubernetes' own take about 300.
inline constexpr std::size_t container_label_bytes = 1024;

// The tree of one state file of a runtime, and its text. A tree takes 4 to 6 times its text; such
// files have 5 to 20 KB, with large annotations 250 KB.
inline constexpr std::size_t runtime_state_json_bytes = std::size_t{2} << 20;

// containers.json and its like, all that there are: 0.7 to 1.5 KB a container.
inline constexpr std::size_t runtime_state_list_bytes = std::size_t{2} << 20;
inline constexpr std::size_t runtime_state_listed_count_max = 4096;

// containerd's namespaces: k8s.io, moby, default, and whom else it serves.
inline constexpr std::size_t containerd_namespace_count_max = 16;

// Processes of one container that are looked at one by one, for their descriptors and the time of
// their start: 2 µs and 10 µs each at every tick. Most containers have fewer than ten.
inline constexpr std::size_t processes_per_container_max = 64;

// Descriptors of one container's processes that are counted by listing them, at 0.3 µs each, where
// the kernel does not count them itself (before Linux 6.2).
inline constexpr std::size_t descriptors_listed_max = 4096;

// Sandboxes of Mesos ------------------------------------------------------------------------------

// A sandbox's path below the Mesos agent's work_dir: ids of agent, framework, executor and
// container, the executor's being the only long one (a task's name, up to 255 bytes).
inline constexpr std::size_t sandbox_path_bytes = 1024;

// Per container: persistent volumes that are mounted into its sandbox. An average.
inline constexpr std::size_t sandbox_volumes_per_container = 1;

// Directories that one search lists. Mesos keeps sandboxes of ended containers for a week.
inline constexpr std::size_t sandbox_directory_count_max = 32 * 1024;

// Entries of one directory that a search looks at: one that a container fills costs no more.
inline constexpr std::size_t sandbox_entries_per_directory_max = 32 * 1024;

// How deep containers are nested in one another: a pod's task is at 1, a check of it at 2.
inline constexpr std::size_t sandbox_nesting_max = 4;

// Names that were listed but not visited yet: all executors of one framework.
inline constexpr std::size_t sandbox_pending_count_max = 16 * 1024;
inline constexpr std::size_t sandbox_pending_bytes = sandbox_pending_count_max * 64;

// One walk over a sandbox that has no quota: more entries, or deeper ones, and it has no figure.
inline constexpr std::size_t walk_entry_count_max = 256 * 1024;
inline constexpr std::size_t walk_depth_max = 64;  // each level holds a descriptor
inline constexpr std::size_t walk_pending_count_max = 16 * 1024;
inline constexpr std::size_t walk_pending_bytes = walk_pending_count_max * 32;

// Files with several names that one walk may meet, so that each counts once.
inline constexpr std::size_t walk_linked_count_max = 8 * 1024;

// What the configuration may ask for at most: a reading's tenth of a second is over sooner.
inline constexpr std::uint32_t walk_entries_per_s_max = 100'000;

// Descriptors that the cgroups leave for connections, sockets and files of the node.
inline constexpr std::size_t file_reserve_count = 512;

// Who gets in ------------------------------------------------------------------------------------

inline constexpr std::size_t authorizer_count_max = 8;  // kinds: own, ACL, external

// An ACL: 1,024 uids with a scope of one container each take about 128 bytes a uid. Its JSON tree
// takes 4 to 6 times its text. There are two: one in use, one to read into.
inline constexpr std::size_t acl_uid_count_max = 1024;
inline constexpr std::size_t acl_permission_count_max = 4 * acl_uid_count_max;  // an average
inline constexpr std::size_t acl_text_bytes = 128 * 1024;
inline constexpr std::size_t acl_json_bytes = 8 * acl_text_bytes;

// Questions to an external authorizer. Each in flight has a connection, so a descriptor and a place
// in the loop; the others wait. What has no room among the answers, asked or known, is denied.
inline constexpr std::size_t authorizer_connection_count_max = 16;
inline constexpr std::size_t authorizer_answer_count_max = 256;
static_assert(authorizer_answer_count_max > authorizer_connection_count_max);

// A uid in a question: names of users and services are far shorter. Longer ones are denied.
inline constexpr std::size_t authorizer_uid_bytes_max = 128;

// How long it may take to answer, and how long an answer holds: nobody waits longer for a page.
inline constexpr std::uint32_t authorizer_timeout_ms_default = 500;
inline constexpr std::uint32_t authorizer_timeout_ms_max = 10'000;
inline constexpr std::uint32_t authorizer_cache_s_default = 30;
inline constexpr std::uint32_t authorizer_cache_s_max = 3600;

// A failure to ask is no answer: soon after, it is tried again.
inline constexpr std::uint32_t authorizer_failure_s = 1;

// Failures that are told apart (address and cause), and lines about them in a minute: enough to see
// who is wrong, too few to fill a disk.
inline constexpr std::size_t failure_log_entry_count_max = 64;
inline constexpr std::size_t failure_log_lines_per_minute_max = 60;
// Tokens ------------------------------------------------------------------------------------------

// Longer ones are refused unread. Tokens of DC/OS have 300 to 900 bytes; servers in front of us
// take header lines of 8 KiB.
inline constexpr std::size_t token_bytes_max = 8192;

// Names of people and services, and of keys, in bytes: far longer than those that are in use.
inline constexpr std::size_t uid_bytes_max = 128;
inline constexpr std::size_t key_id_bytes_max = 128;

// Keys of all files together: an issuer that rotates its keys shows two or three of each kind.
inline constexpr std::size_t token_key_count_max = 32;

// Keys that one token without a `kid` is tried with, at 30 to 200 µs each: what a stranger may cost
// us.
inline constexpr std::size_t token_key_tries_max = 8;

// RSA from 2048 to 4096 bits: less is weak, more is slow. Its exponent, nearly always 65537, has at
// most 64 bits.
inline constexpr std::size_t rsa_modulus_bytes_min = 256;
inline constexpr std::size_t rsa_modulus_bytes_max = 512;
inline constexpr std::size_t rsa_exponent_bytes_max = 8;

// The shared secret. RFC 7518 wants 32 bytes and more; clusters that have less are warned, those
// that have less than 16 are not served.
inline constexpr std::size_t token_secret_bytes_min = 16;
inline constexpr std::size_t token_secret_bytes_advised = 32;
inline constexpr std::size_t token_secret_bytes_max = 512;

// A file of keys or of static tokens. 256 tokens may have 256 bytes each.
inline constexpr std::size_t token_file_bytes_max = 64 * 1024;

// The tree of a key set or of a token's parts: 4 to 6 times a usual text; 32 times for the oddest
// one that fits into a token.
inline constexpr std::size_t token_json_bytes = 512 * 1024;
inline constexpr std::size_t token_json_depth_max = 16;    // claims nest two or three deep
inline constexpr std::size_t token_json_member_max = 128;  // compared with one another for twins

// Static tokens, and the permissions that one may bring.
inline constexpr std::size_t static_token_count_max = 256;
inline constexpr std::size_t static_token_permissions_max = 16;
inline constexpr std::size_t permission_bytes_max = 128;

// Tokens that were proven and are remembered: one for each client that polls.
inline constexpr std::size_t token_cache_count = 256;
// Connections -------------------------------------------------------------------------------------

// What one listener may be configured to hold.
inline constexpr std::size_t connections_per_listener_max = 1024;

// Connections that one listener takes before others get their turn.
inline constexpr std::size_t accepts_per_turn_max = 64;

// How long a connection may wait for its next request before it has to make room for a newcomer: a
// client that is there has sent its request by then.
inline constexpr std::uint32_t undisturbed_wait_ms = 1000;

// The same for a client that takes its answer. An answer is some hundred kilobytes, so a client
// that wants it has it by then over any network.
inline constexpr std::uint32_t undisturbed_answer_ms = 3000;

// How long nobody is let in after the system had no descriptor for one.
inline constexpr std::uint32_t accept_pause_ms = 100;

// Groups of a process that connects, besides its own. One in more of them counts by its own only.
inline constexpr std::size_t peer_group_count_max = 1024;

// An entry of the system's list of users or groups; a group's names all its members.
inline constexpr std::size_t user_entry_bytes = 16 * 1024;

// Groups that a user is a member of, where the agent itself reads /etc/group.
inline constexpr std::size_t user_group_count = 256;

// How long we wait for another process that is busy in a unix socket's directory: it makes a
// socket, as we do.
inline constexpr std::uint32_t socket_lock_ms_max = 500;

// Sockets that systemd hands over: those of units, and one for each registered container that it
// kept. More is a mistake.
inline constexpr std::size_t systemd_socket_count_max = 32 * 1024;

// PEM files of TLS, with the NUL. A chain has 2 to 4 certificates of 1 to 3 KB; a list of all
// public authorities has 220 KB.
inline constexpr std::size_t tls_certificate_bytes = 64 * 1024;
inline constexpr std::size_t tls_key_bytes = 16 * 1024;
inline constexpr std::size_t tls_client_ca_bytes = 512 * 1024;

// How long a client certificate that was good is not looked at again.
inline constexpr std::uint32_t client_certificate_s_max = 60;

// Requests with a body, on listeners that serve registrations: bodies on their way at the same
// time, and the largest. Most of the 64 connections that a listener has by default may be at it.
inline constexpr std::size_t command_count_max = 48;
inline constexpr std::size_t command_body_bytes_max = 4096;

// How long one has its memory though others want it: it comes with the header, or right after.
inline constexpr std::uint64_t command_undisturbed_ms = 100;

// What an answer to one has at least: a registration takes 350 bytes, an error 400.
inline constexpr std::size_t command_answer_bytes = 1024;

// Applications ------------------------------------------------------------------------------------

// Of what an application sends: one name, as long as a file's may be; and the tags of one sample,
// keys and values with a NUL after each. Libraries send two to ten tags of 10 to 40 bytes.
inline constexpr std::size_t app_name_bytes_max = 255;
inline constexpr std::size_t app_tag_count_max = 32;
inline constexpr std::size_t app_tag_bytes_max = 1024;

// The smallest sample rate that is believed: less than one in a thousand million is a mistake.
inline constexpr double statsd_rate_min = 1e-9;

// A series is one metric with one set of tags. In all, 16 for each of 1,024 containers; a container
// may have 64 times its share, so that 16 that send without end are needed to take it all.
inline constexpr std::size_t app_container_count_default = 1024;
inline constexpr std::size_t app_series_count_default = 16 * 1024;
inline constexpr std::size_t app_series_per_container_default = 1024;

// Names and tags of series, in pieces of 60 bytes: three for each series, where most need two.
inline constexpr std::size_t app_text_bytes_default = std::size_t{3} << 20;
inline constexpr std::size_t app_text_bytes_per_container_default = 256 * 1024;

// Distinct members of sets in one window: 36 bytes each.
inline constexpr std::size_t app_member_count_default = 64 * 1024;
inline constexpr std::size_t app_members_per_container_default = 8 * 1024;

// Timers that have percentiles: 8 KiB each. The others have all but these.
inline constexpr std::size_t app_sketch_count_default = 2048;
inline constexpr std::size_t app_sketches_per_container_default = 256;

inline constexpr std::size_t app_percentile_count_max = 4;

// What may be configured of all these: 16 times the default.
inline constexpr std::size_t app_container_count_max = 16 * app_container_count_default;
inline constexpr std::size_t app_series_count_max = 16 * app_series_count_default;
inline constexpr std::size_t app_text_bytes_max = 16 * app_text_bytes_default;
inline constexpr std::size_t app_member_count_max = 16 * app_member_count_default;
inline constexpr std::size_t app_sketch_count_max = 16 * app_sketch_count_default;

// How long a gauge, a set, a timer or a scraped value is shown after it was sent last: twice the
// longest interval that is usual for senders.
inline constexpr std::uint32_t app_expiry_s_default = 120;
inline constexpr std::uint32_t app_expiry_s_max = 3600;

// Metrics of one container that are candidates for the one that overflowed most.
inline constexpr std::size_t app_offender_count_max = 4;
// One registration, posted or in a file: an ID of 255 bytes, an address and a port take 350. Its
// tree takes 64 bytes for each value, of which there should be three.
inline constexpr std::size_t registration_bytes_max = 4096;
inline constexpr std::size_t registration_json_bytes = 64 * 1024;

// Ports of a range that are tried for one registration when others than we have them.
inline constexpr std::uint32_t port_tries_max = 256;

// At the start there may be as many messages to systemd as registrations, and it keeps 10 or 512
// waiting. How long one may wait for room then, and all of them together: systemd itself waits 90 s
// for a service to start.
inline constexpr std::uint32_t fd_store_wait_ms = 100;
inline constexpr std::uint64_t fd_store_wait_all_ms = 20'000;

// Skipped state files that are named in the log; the others are counted.
inline constexpr std::uint32_t skipped_files_named_max = 16;

// One packet: clients of StatsD send up to 1,432 bytes over a network and 8,192 over a unix socket.
inline constexpr std::size_t packet_bytes_max = 8192;

// Packets that one call receives, all from one socket; and how long packets are read before
// everybody else on the loop has a turn: a registration is due within 10 ms. The time is looked at
// after each batch, so that is as much longer as a batch may take: packets of 8 KiB that are full
// of values take 0.2 ms each. More than 8 would spare less than a tenth of a call for each.
inline constexpr std::size_t packets_per_batch = 8;
inline constexpr std::uint64_t inlet_turn_us = 2000;

// Sockets that packets of several containers come in by.
inline constexpr std::size_t shared_inlet_count_max = 16;

// Senders on unix sockets whose containers are remembered, each with a descriptor, and for how
// long: a process can be moved to another cgroup.
inline constexpr std::size_t sender_count_max = 256;
inline constexpr std::uint64_t sender_age_ms = 2000;

// /proc/<pid>/cgroup: a dozen lines of version 1 with paths of 200 bytes take 3 KiB.
inline constexpr std::size_t sender_cgroup_bytes = 8192;

// How long the last figures are shown of containers that were unregistered.
inline constexpr std::uint32_t departed_age_s = 120;
// What the configuration says of the node, keys and texts with a NUL after each: a dozen of them.
inline constexpr std::size_t static_tag_bytes = 4000;

// Names, and as many prefixes, of labels of Mesos' tasks that are shown: DC/OS has one of each.
inline constexpr std::size_t label_rule_count_max = 16;

// Prometheus endpoints of one task: an application has one, with its helpers three.
inline constexpr std::size_t targets_per_task_max = 8;

// What the Mesos agent answers to GET_STATE: about 5 KB a task, so more than 3,000 tasks. A larger
// one is not taken.
inline constexpr std::size_t mesos_state_bytes_max = std::size_t{16} << 20;

// One task, executor or framework of it, as text and as a tree of JSON. They have 2 to 10 KB; with
// large environments of executors 64 KB. A tree takes 4 to 6 times its text.
inline constexpr std::size_t mesos_element_bytes_max = 64 * 1024;
inline constexpr std::size_t mesos_element_json_bytes = 512 * 1024;

// Frameworks that run tasks on one node.
inline constexpr std::size_t mesos_framework_count_max = 256;

// One text of it: a name or an id. Longer ones are left out, because a part of one would lie.
inline constexpr std::size_t mesos_text_bytes_max = 1024;

// Per container: all such texts and its labels. An average. And its own entry, and its executor's.
inline constexpr std::size_t mesos_text_bytes_per_container = 1024;
inline constexpr std::size_t mesos_records_per_container = 2;

// Text of it that one turn of the event loop goes through: about 2 ms.
inline constexpr std::size_t mesos_step_bytes = 256 * 1024;

// Of containers that the Mesos agent does not know: notes on when to ask again, per container, and
// how many of them are looked at for one.
inline constexpr std::size_t mesos_unknown_per_container = 2;
inline constexpr std::size_t mesos_unknown_probe_count = 8;

// Between two questions to the Mesos agent, while it does not answer, and for one answer.
inline constexpr std::uint32_t mesos_ask_interval_s = 5;
inline constexpr std::uint32_t mesos_backoff_s_max = 60;
inline constexpr std::uint32_t mesos_timeout_ms = 10'000;

// Between two questions for one container that it does not know: it may never.
inline constexpr std::uint32_t mesos_unknown_backoff_s_max = 600;

// A line of HTTP's header Authorization: tokens of DC/OS have 300 to 900 bytes.
inline constexpr std::size_t authorization_bytes = 4096;
// Requests that the agent makes of others, at the same time: enough for 1,000 endpoints that answer
// within 80 ms at every interval of 10 s. Bodies: a large exporter's text has 1 to 2 MiB, the state
// of a Mesos agent with 1,000 tasks about 5 MiB; one slot is large for the latter.
inline constexpr std::size_t fetch_slot_count = 8;
inline constexpr std::size_t fetch_body_bytes = std::size_t{4} << 20;
inline constexpr std::size_t fetch_large_body_bytes = std::size_t{16} << 20;

// Of an answer's status line and headers: servers limit requests to 8 KiB, and answers have less.
inline constexpr std::size_t fetch_header_bytes_max = 16 * 1024;

// What the HTTP library may hold of an answer until it can give it out: a chunk has to be there
// as a whole. Servers send chunks of 2 to 64 KiB.
inline constexpr std::size_t fetch_unread_bytes_max = std::size_t{1} << 20;

// Texts of a request, with the NUL: an address, a path with its query, a header, a small body.
inline constexpr std::size_t fetch_host_bytes = 64;
inline constexpr std::size_t fetch_path_bytes = 512;
inline constexpr std::size_t fetch_field_bytes = 256;

// How much of a body's memory stays touched when its slot is free again: most bodies are smaller.
inline constexpr std::size_t fetch_kept_bytes = 64 * 1024;

inline constexpr std::uint32_t fetch_timeout_ms_max = 60'000;

// One line of a Prometheus text: Prometheus' own figures have 200 bytes, with all labels of a
// Kubernetes object 5 KB.
inline constexpr std::size_t prometheus_line_bytes_max = 16 * 1024;
inline constexpr std::size_t prometheus_label_count_max = 64;  // Prometheus users set 30 and fewer

// Prometheus endpoints of all tasks, and a URL of one.
inline constexpr std::size_t scrape_target_count_max = 1024;
inline constexpr std::size_t scrape_url_bytes = fetch_host_bytes + fetch_path_bytes + 16;

// Those of them that the configuration names.
inline constexpr std::size_t configured_target_count_max = 64;

// Samples of one endpoint: applications have hundreds, proxies with many backends thousands.
inline constexpr std::uint32_t scrape_sample_count_default = 10'000;
inline constexpr std::uint32_t scrape_sample_count_max = 1'000'000;

// The old system's time for an answer. A scrape that hangs holds its slot for as long.
inline constexpr std::uint32_t scrape_timeout_ms_default = 3'000;

// Scrapes at the same time of endpoints whose last one failed or was slow: they leave the other
// slots to those that are well.
inline constexpr std::size_t scrape_suspect_count_max = 2;

// An answer that took longer is slow: eight that take 3 of 10 seconds each would hold all slots for
// a third of the time. Good endpoints take 1 to 100 ms, large ones some 100.
inline constexpr std::uint32_t scrape_slow_ms = 1'000;

// What is parsed of a text before the event loop looks at everything else again: about 0.3 ms.
inline constexpr std::size_t scrape_slice_bytes = 64 * 1024;

// The program
// --------------------------------------------------------------------------------------

// Groups and reasons that `doctor` tells apart: there are about 40 groups, and most have one
// reason. Each takes about 1 KiB of text, names of containers included.
inline constexpr std::size_t doctor_finding_count_max = 256;
inline constexpr std::size_t doctor_output_bytes = doctor_finding_count_max * 2048;

// Logged-in users whose controllers `doctor` looks at: one that lacks some is reason enough to
// speak.
inline constexpr std::size_t doctor_user_count_max = 64;

// Lines of the log, once the agent is up: as many at once, then one each second; errors and other
// lines apart. A client or a container that makes us complain must not fill the disk, nor hide what
// others did.
inline constexpr std::uint64_t log_burst_lines = 60;
inline constexpr std::uint64_t log_line_interval_ns = 1'000'000'000;

inline constexpr std::size_t collector_count_max = 64;  // node readers and container controllers
inline constexpr std::size_t files_per_collector_max = 8;
inline constexpr std::size_t listener_count_max = 8;

// What a request's header may have at most, out of the 32 KiB that each connection has for
// everything.
inline constexpr std::size_t header_bytes_max = 24 * 1024;

// Requests that wait for an external authorizer; one more is denied.
inline constexpr std::size_t suspended_count_max = 128;

// Stack of a thread of ours: the deepest reader needs about 8 KiB, the C library and the
// sanitizers more.
inline constexpr std::size_t thread_stack_bytes = 256 * 1024;

inline constexpr std::uint32_t interval_s_default = 10;
inline constexpr std::uint32_t interval_s_max = 3600;

}  // namespace nma::limits

namespace nma {

// What the configuration may choose; everything else follows from it.
struct Capacities {
    std::size_t containers = limits::container_count_default;
    std::size_t exited = limits::exited_count_default;
    bool has_node = true;  // false: a snapshot of containers alone
    // Of applications: containers that may send, and series of one of them. 0: there are none.
    std::size_t app_containers = 0;
    std::size_t app_series_per_container = 0;

    constexpr std::size_t entries() const { return containers + exited; }
    std::size_t subjects() const {
        return (has_node ? limits::node_subject_count_max : 1) +
               entries() * limits::subjects_per_container;
    }
    std::size_t samples() const {
        return (has_node ? limits::node_sample_count_max : 0) +
               entries() * limits::samples_per_container;
    }
    std::size_t missing() const {
        return limits::node_missing_count_max + entries() * limits::missing_per_container;
    }
    std::size_t text_bytes() const {
        return (has_node ? limits::node_text_bytes : 0) +
               entries() * limits::text_bytes_per_container;
    }
};

namespace limits {

// Answers on their way to clients: one full view of a node with everything at its limit, at the
// size of a usual datapoint, and as much again for all other answers.
inline constexpr std::size_t datapoint_bytes_usual = 192;

// And of an application: 80 bytes of JSON around a name and a value of 50, ten tags of the sender
// and five of the configuration of 32 each.
inline constexpr std::size_t app_datapoint_bytes_usual = 640;

// A timer has six and its percentiles, everything else one.
inline constexpr std::size_t app_datapoints_per_series_max = 6 + app_percentile_count_max;

// All series of one container at the usual size, were they timers. That is also enough for gauges
// and counters with all of static_tag_bytes on each.
constexpr std::size_t app_answer_bytes(const Capacities& capacities) {
    return capacities.app_series_per_container * app_datapoints_per_series_max *
           app_datapoint_bytes_usual;
}
static_assert(app_datapoints_per_series_max * app_datapoint_bytes_usual >=
              app_datapoint_bytes_usual + static_tag_bytes);

constexpr std::size_t body_pool_bytes(const Capacities& capacities) {
    const std::size_t node_bytes = node_sample_count_max * datapoint_bytes_usual;
    const std::size_t id_count = capacities.entries() + capacities.app_containers;
    return node_bytes + node_bytes / 2 + id_count * (name_bytes_max + 3) +
           app_answer_bytes(capacities);
}

}  // namespace limits

}  // namespace nma
