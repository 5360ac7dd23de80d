//! The attributes in docker compose's order (its Go structs, compose-go v2.9).

use super::shape::Shape::{self, *};
use super::shape::{Field, Fields};

macro_rules! fields {
    ($($key:literal: $shape:expr $(, $method:ident($($argument:expr)?))?;)*) => {
        &Fields::new(&[$(Field::new($key, $shape)$(.$method($($argument)?))?),*])
    };
}

pub(crate) const PROJECT: &Fields = fields! {
    "name": Text;
    "services": Named(&Object(SERVICE)), always();
    "networks": Named(&Object(NETWORK));
    "volumes": Named(&Object(VOLUME));
    "secrets": Named(&Object(FILE_OBJECT));
    "configs": Named(&Object(FILE_OBJECT));
    "models": Named(&Object(MODEL)), yaml_only();
};

pub(crate) const SERVICE: &Fields = fields! {
    "profiles": Texts;
    "annotations": TextMap;
    "attach": OptionalBool;
    "build": Object(BUILD);
    "develop": Object(fields! { "watch": List(&Object(WATCH)); });
    "blkio_config": Object(BLKIO);
    "cap_add": Texts;
    "cap_drop": Texts;
    "cgroup_parent": Text;
    "cgroup": Text;
    "cpu_count": Int;
    "cpu_percent": Float;
    "cpu_period": Int;
    "cpu_quota": Int;
    "cpu_rt_period": Int;
    "cpu_rt_runtime": Int;
    "cpus": Float;
    "cpuset": Text;
    "cpu_shares": Int;
    "command": Command;
    "configs": List(&Object(FILE_MOUNT));
    "container_name": Text;
    "credential_spec": Object(fields! { "config": Text; "file": Text; "registry": Text; });
    "depends_on": Named(&Object(fields! { "condition": Text; "restart": Bool; "required": OptionalBool, always(); }));
    "deploy": Object(DEPLOY);
    "device_cgroup_rules": Texts;
    "devices": List(&Object(fields! { "source": Text; "target": Text; "permissions": Text; }));
    "dns": Texts;
    "dns_opt": Texts;
    "dns_search": Texts;
    "dockerfile": Text;
    "domainname": Text;
    "entrypoint": Command;
    "provider": Object(fields! { "type": Text; "options": TextLists; });
    "environment": Variables;
    "env_file": List(&Object(fields! { "path": Text; "required": OptionalBool, always(); "format": Text; }));
    "expose": Texts;
    "extends": Object(fields! { "file": Text; "service": Text; });
    "external_links": Texts;
    "extra_hosts": Hosts;
    "group_add": Texts;
    "gpus": List(&Object(DEVICE_REQUEST));
    "hostname": Text;
    "healthcheck": Object(HEALTHCHECK);
    "image": Text;
    "init": OptionalBool;
    "ipc": Text;
    "isolation": Text;
    "labels": TextMap;
    "label_file": Texts;
    "links": Texts;
    "logging": Object(fields! { "driver": Text; "options": TextMap; });
    "log_driver": Text;
    "log_opt": TextMap;
    "mem_limit": Bytes;
    "mem_reservation": Bytes;
    "memswap_limit": Bytes;
    "mem_swappiness": Bytes;
    "mac_address": Text;
    "models": Named(&Object(fields! { "endpoint_var": Text; "model_var": Text; }));
    "net": Text;
    "network_mode": Text;
    "networks": Named(&Object(SERVICE_NETWORK));
    "oom_kill_disable": Bool;
    "oom_score_adj": Int;
    "pid": Text;
    "pids_limit": Int;
    "platform": Text;
    "ports": List(&Object(PORT));
    "privileged": Bool;
    "pull_policy": Text;
    "read_only": Bool;
    "restart": Text;
    "runtime": Text;
    "scale": OptionalInt;
    "secrets": List(&Object(FILE_MOUNT));
    "security_opt": Texts;
    "shm_size": Bytes;
    "stdin_open": Bool;
    "stop_grace_period": OptionalDuration;
    "stop_signal": Text;
    "storage_opt": TextMap;
    "sysctls": TextMap;
    "tmpfs": Texts;
    "tty": Bool;
    "ulimits": Ulimits;
    "use_api_socket": Bool;
    "user": Text;
    "userns_mode": Text;
    "uts": Text;
    "volume_driver": Text;
    "volumes": List(&Object(MOUNT));
    "volumes_from": Texts;
    "working_dir": Text;
    "post_start": List(&Object(HOOK));
    "pre_stop": List(&Object(HOOK));
};

const BUILD: &Fields = fields! {
    "context": Text;
    "dockerfile": Text;
    "dockerfile_inline": Text;
    "entitlements": Texts;
    "args": Variables;
    "provenance": Text;
    "sbom": Text;
    "ssh": Keys;
    "labels": TextMap;
    "cache_from": Texts;
    "cache_to": Texts;
    "no_cache": Bool;
    "no_cache_filter": Texts;
    "additional_contexts": TextMap;
    "pull": Bool;
    "extra_hosts": Hosts;
    "isolation": Text;
    "network": Text;
    "target": Text;
    "secrets": List(&Object(FILE_MOUNT));
    "shm_size": Bytes;
    "tags": Texts;
    "ulimits": Ulimits;
    "platforms": Texts;
    "privileged": Bool;
};

const WATCH: &Fields = fields! {
    "path": Text, always();
    "action": Text, always();
    "target": Text;
    "exec": Embedded(HOOK);
    "include": Texts;
    "ignore": Texts;
    "initial_sync": Bool;
};

const HOOK: &Fields = fields! {
    "command": Command;
    "user": Text;
    "privileged": Bool;
    "working_dir": Text;
    "environment": Variables;
};

const BLKIO: &Fields = fields! {
    "weight": Int;
    "weight_device": List(&Object(&Fields::new(&[Field::new("path", Text).always().json("Path"), Field::new("weight", OptionalInt).always().json("Weight")])));
    "device_read_bps": THROTTLES;
    "device_read_iops": THROTTLES;
    "device_write_bps": THROTTLES;
    "device_write_iops": THROTTLES;
};

const THROTTLES: Shape =
    List(&Object(&Fields::new(&[Field::new("path", Text).always().json("Path"), Field::new("rate", AlwaysBytes).always().json("Rate")])));

const FILE_MOUNT: &Fields = fields! { "source": Text; "target": Text; "uid": Text; "gid": Text; "mode": Mode; };

const DEPLOY: &Fields = fields! {
    "mode": Text;
    "replicas": OptionalInt;
    "labels": TextMap;
    "update_config": Object(UPDATE);
    "rollback_config": Object(UPDATE);
    "resources": Embedded(fields! { "limits": Object(RESOURCE); "reservations": Object(RESOURCE); });
    "restart_policy": Object(fields! {
        "condition": Text; "delay": OptionalDuration; "max_attempts": OptionalInt; "window": OptionalDuration;
    });
    "placement": Embedded(fields! {
        "constraints": Texts; "preferences": List(&Object(fields! { "spread": Text; })); "max_replicas_per_node": Int;
    });
    "endpoint_mode": Text;
};

const UPDATE: &Fields = fields! {
    "parallelism": OptionalInt;
    "delay": Duration;
    "failure_action": Text;
    "monitor": Duration;
    "max_failure_ratio": Float;
    "order": Text;
};

const RESOURCE: &Fields = fields! {
    "cpus": Float;
    "memory": Bytes;
    "pids": Int;
    "devices": List(&Object(DEVICE_REQUEST));
    "generic_resources": List(&Object(fields! {
        "discrete_resource_spec": Object(&Fields::new(&[Field::new("kind", Text).always(), Field::new("value", OptionalInt).always()]));
    }));
};

const DEVICE_REQUEST: &Fields = fields! {
    "capabilities": Texts; "driver": Text; "count": Int; "device_ids": Texts; "options": TextMap;
};

const HEALTHCHECK: &Fields = fields! {
    "test": Test;
    "timeout": OptionalDuration;
    "interval": OptionalDuration;
    "retries": OptionalInt;
    "start_period": OptionalDuration;
    "start_interval": OptionalDuration;
    "disable": Bool;
};

const SERVICE_NETWORK: &Fields = fields! {
    "aliases": Texts;
    "driver_opts": TextMap;
    "gw_priority": Int;
    "interface_name": Text;
    "ipv4_address": Text;
    "ipv6_address": Text;
    "link_local_ips": Texts;
    "mac_address": Text;
    "priority": Int;
};

const PORT: &Fields = fields! {
    "name": Text; "mode": Text; "host_ip": Text; "target": Int; "published": Text; "protocol": Text; "app_protocol": Text;
};

const MOUNT: &Fields = fields! {
    "type": Text;
    "source": Text;
    "target": Text;
    "read_only": Bool;
    "consistency": Text;
    "bind": Object(fields! { "selinux": Text; "propagation": Text; "create_host_path": Bool; "recursive": Text; });
    "volume": Object(fields! { "labels": TextMap; "nocopy": Bool; "subpath": Text; });
    "tmpfs": Object(fields! { "size": Bytes; "mode": Int; });
    "image": Object(fields! { "subpath": Text; });
};

const NETWORK: &Fields = fields! {
    "name": Text;
    "driver": Text;
    "driver_opts": TextMap;
    "ipam": Embedded(fields! {
        "driver": Text;
        "config": List(&Object(fields! { "subnet": Text; "gateway": Text; "ip_range": Text; "aux_addresses": TextMap; }));
    });
    "external": Bool;
    "internal": Bool;
    "attachable": Bool;
    "labels": TextMap;
    "enable_ipv4": OptionalBool;
    "enable_ipv6": OptionalBool;
};

const VOLUME: &Fields = fields! { "name": Text; "driver": Text; "driver_opts": TextMap; "external": Bool; "labels": TextMap; };

const FILE_OBJECT: &Fields = fields! {
    "name": Text;
    "file": Text;
    "environment": Text;
    "content": Text;
    "external": Bool;
    "labels": TextMap;
    "driver": Text;
    "driver_opts": TextMap;
    "template_driver": Text;
};

const MODEL: &Fields = fields! { "name": Text; "model": Text; "context_size": Int; "runtime_flags": Texts; };
