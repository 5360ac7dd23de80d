//! What each rule means. The numbers up to 299 are those of the recorded defects; from 301 on, classes that have no defect of their own.

use std::fmt;

/// The number of a rule. Written as `KV050`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(pub u16);

/// What a rule means.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// `KV050`.
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
}

impl Rule {
    /// What it means.
    pub fn info(self) -> RuleInfo {
        let at = RULES.partition_point(|(number, ..)| *number < self.0);
        match RULES.get(at) {
            Some((number, id, title)) if *number == self.0 => RuleInfo { id, title },
            // The test below holds that no rule is without its line.
            _ => RuleInfo { id: "KV000", title: "the API server refuses it" },
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.info().id)
    }
}

/// Every rule in the order of numbers.
pub fn all() -> impl Iterator<Item = RuleInfo> {
    RULES.iter().map(|(_, id, title)| RuleInfo { id, title })
}

macro_rules! rules {
    ($($number:literal $title:literal),* $(,)?) => {
        static RULES: &[(u16, &str, &str)] = &[$((number(stringify!($number)), concat!("KV", stringify!($number)), $title)),*];
    };
}

/// `050` as 50: a literal with a leading zero that is no octal one.
const fn number(text: &str) -> u16 {
    let bytes = text.as_bytes();
    let (mut value, mut at) = (0, 0);
    while at < bytes.len() {
        value = value * 10 + (bytes[at] - b'0') as u16;
        at += 1;
    }
    value
}

rules! {
    003 "unknown field",
    004 "value of another type",
    005 "key that stands twice",
    006 "`apiVersion` or `kind` missing",
    007 "API that the version does not serve",
    009 "unknown kind",
    010 "workload without selector",
    011 "pod without containers",
    020 "`metadata.name` missing",
    023 "malformed name of an object",
    027 "malformed label value",
    029 "malformed key of a label or annotation",
    030 "selector that does not match the template's labels",
    031 "container name missing or malformed",
    032 "container name used twice",
    034 "mount of a volume that the pod has not",
    035 "volume name used twice",
    036 "mount path missing or used twice",
    037 "volume with several sources, or without one",
    040 "path that leaves its volume",
    041 "file mode out of range",
    042 "unknown type of a host path",
    043 "volume name missing or malformed",
    044 "claim without access mode",
    045 "claim or volume without size",
    046 "unknown access mode",
    047 "malformed quantity",
    049 "unknown pod management policy",
    050 "port missing or out of range",
    051 "malformed port name",
    052 "port name used twice in a container",
    053 "the same port twice in a container",
    054 "unknown protocol",
    055 "port name used twice in a Service",
    056 "port of several without a name",
    057 "the same port and protocol twice in a Service",
    058 "node port out of range, or of a Service without node ports",
    059 "external name missing or malformed",
    060 "cluster address that the Service's type does not allow",
    061 "malformed name of a target port",
    062 "Service without ports",
    063 "host port that differs from the container's on the host network",
    064 "request above its limit",
    066 "bytes with a fraction",
    067 "unknown resource name",
    068 "negative amount",
    070 "restart policy that the workload does not allow",
    071 "Job without restart policy",
    072 "malformed cron schedule",
    073 "unknown time zone",
    074 "unknown concurrency policy",
    075 "probe or hook without handler",
    076 "probe or hook with several handlers",
    077 "success threshold other than 1",
    079 "exec without command",
    080 "negative value of a probe",
    081 "unknown scheme of a probe",
    082 "probe or hook of an init container",
    083 "negative grace period",
    084 "rolling update of a Deployment that is recreated",
    085 "update that can replace nothing",
    086 "progress deadline within the time to become ready",
    087 "negative number of replicas, seconds or revisions",
    088 "Indexed Job without completions",
    089 "negative number of a Job",
    090 "variable with value and source",
    091 "malformed variable name",
    092 "variable set twice",
    093 "reference without name or key",
    094 "unknown field reference",
    095 "container without image",
    096 "image with spaces round it",
    098 "unknown pull policy",
    099 "privileged without privilege escalation",
    100 "CAP_SYS_ADMIN without privilege escalation",
    101 "user or group out of range",
    104 "unknown or incomplete security profile",
    105 "malformed sysctl",
    107 "topology key missing or malformed",
    108 "skew of zero or less",
    109 "toleration that contradicts itself",
    110 "DNS policy `None` without servers",
    111 "malformed IP address",
    112 "malformed host name of a pod",
    113 "minimum of replicas below 1 or above the maximum",
    114 "maximum of replicas missing",
    115 "metric target missing or incomplete",
    116 "budget with minimum and maximum",
    117 "percentage above 100",
    118 "malformed or foreign network address",
    119 "address block together with another peer",
    120 "end port that does not fit its port",
    121 "unknown policy type",
    122 "path without type",
    123 "malformed path of an Ingress",
    124 "malformed host of an Ingress",
    125 "malformed wildcard host",
    126 "incomplete or contradictory backend",
    127 "Ingress that leads nowhere",
    128 "malformed key of a ConfigMap or Secret",
    129 "content above the limit",
    130 "key in `data` and `binaryData`",
    131 "malformed base64",
    132 "Secret that lacks what its type demands",
    133 "malformed registry credentials",
    134 "incomplete rule of a role",
    135 "role reference missing or of another kind",
    136 "incomplete subject of a binding",
    138 "limits out of order",
    301 "required value missing",
    302 "value out of range",
    303 "value that is none of the known ones",
    304 "malformed name",
    305 "malformed value",
    306 "value that another field forbids",
    307 "value that has to be unique",
    311 "rule of the definition that does not hold",
    312 "rule that could not be evaluated",
    315 "object that the cluster refuses",
    316 "what the cluster warns of",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rules_stand_in_order_and_have_the_ids_of_their_numbers() {
        assert!(RULES.is_sorted_by(|(a, ..), (b, ..)| a < b));
        assert_eq!(Rule(50).to_string(), "KV050");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "reads the checks of this crate")]
    fn every_rule_that_a_check_names_is_listed_and_every_listed_one_is_named() {
        let mut named = BTreeSet::from([3]);
        let mut directories = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/validity")];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).expect("the checks").flatten() {
                if entry.path().is_dir() {
                    directories.push(entry.path());
                }
                let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
                for call in text.split("findings.").chain(text.split("[(\"")).skip(1) {
                    let digits = call.split_once(['(', ',']).map_or("", |(_, rest)| rest).trim_start();
                    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
                    named.extend(digits.parse::<u16>().ok());
                }
            }
        }
        let listed: BTreeSet<u16> = RULES.iter().map(|(number, ..)| *number).collect();
        let missing: Vec<_> = named.iter().filter(|number| **number > 2 && !listed.contains(number)).collect();
        assert_eq!(missing, Vec::<&u16>::new(), "named and not listed");
        // 104, 124 and 125 are chosen by what stands there; 315 and 316 are what a cluster says: `validation/server.rs`.
        let unused: Vec<_> = listed.difference(&named).filter(|number| !matches!(number, 104 | 124 | 125 | 315 | 316)).collect();
        assert_eq!(unused, Vec::<&u16>::new(), "listed and not named");
    }
}
