//! Capabilities of Linux, as a container's `securityContext` names them.

/// Those that the Pod Security Standard "baseline" lets a container add: what Docker gives anyway. Source:
/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>.
pub const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
