//! What the API server of each Kubernetes version knows: kinds, their types and fields.
//!
//! The table is embedded and read piece by piece: a run pays for the types that its objects are made of. What values have to be
//! beyond their type is in [`validity`](crate::validity).

mod custom;
mod field;
mod removed;
mod table;

use std::fmt;
use std::str::FromStr;

pub use custom::{CustomKind, CustomKinds};
pub(crate) use custom::{Expressions, written};
pub use field::{FieldInfo, find_field};
pub use removed::{Removed, removed};
pub(crate) use table::{Base, Struct, Type, Wrap, structure, type_index};

/// A minor version of Kubernetes 1 that the table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

impl Version {
    /// The oldest one.
    pub const OLDEST: Self = Self(33);
    /// The newest one.
    pub const NEWEST: Self = Self(37);
    /// The one that is meant unless another is named.
    pub const DEFAULT: Self = Self(36);
    /// The one whose types typed objects have.
    pub const TYPES: Self = Self(36);

    /// The version of the table that is nearest to 1.`minor`.
    pub fn nearest(minor: u32) -> Self {
        let minor = u8::try_from(minor).unwrap_or(u8::MAX);
        Self(minor.clamp(Self::OLDEST.0, Self::NEWEST.0))
    }

    /// Its minor number: 36.
    pub const fn minor(self) -> u8 {
        self.0
    }

    /// Its bit in the masks of the table.
    pub(crate) const fn bit(self) -> u8 {
        1 << (self.0 - Self::OLDEST.0)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1.{}", self.0)
    }
}

/// A text that names no version of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the versions {oldest} to {newest}", oldest = Version::OLDEST, newest = Version::NEWEST)]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    /// Reads `1.36`, `v1.36` and `1.36.3`.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let minor = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse().ok());
        let known = minor.map(Self).filter(|version| (Self::OLDEST..=Self::NEWEST).contains(version));
        known.ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// A kind that an API server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// Group and version as `apiVersion:` has them.
    pub api_version: &'static str,
    /// The name as `kind:` has it.
    pub kind: &'static str,
    /// The name in paths: `deployments`.
    pub plural: &'static str,
    /// False for kinds of the whole cluster.
    pub is_namespaced: bool,
    /// The number of its type in the table.
    pub(crate) type_index: u16,
}

impl KindInfo {
    /// The group without its version; empty for the core.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// False for alpha and beta versions, which an API server serves only when it is told to.
    pub fn is_served_by_default(&self) -> bool {
        let version = self.api_version.rsplit('/').next().unwrap_or_default();
        !version.contains("alpha") && !version.contains("beta")
    }
}

/// What is known of an `apiVersion` and `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The version serves it.
    Known(KindInfo),
    /// A group of Kubernetes itself that has no such kind in this version.
    NotServed,
    /// A group that Kubernetes has not: some custom resource definition's.
    Foreign,
}

/// Reads the table of kinds and types, which is read at the first look-up otherwise.
pub fn prepare() {
    table::prepare();
}

/// Looks a kind up.
pub fn lookup(version: Version, api_version: &str, kind: &str) -> Lookup {
    match table::kind(version, api_version, kind) {
        Some(known) => Lookup::Known(known),
        None if table::is_own_group(api_version) || removed(api_version, kind).is_some() => Lookup::NotServed,
        None => Lookup::Foreign,
    }
}

/// The kinds that a version serves, by `apiVersion` and name.
pub fn kinds(version: Version) -> impl Iterator<Item = KindInfo> {
    table::kinds().filter(move |(_, mask)| mask & version.bit() != 0).map(|(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for (text, minor) in [("1.36", 36), ("v1.33", 33), ("1.37.2", 37)] {
            assert_eq!(text.parse::<Version>().map(Version::minor), Ok(minor), "{text}");
        }
        for text in ["1.32", "1.38", "36", "2.36", "", "1.", "1.x"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_are_known_removed_or_foreign() {
        let check = |version: u8, api: &str, kind: &str| lookup(Version(version), api, kind);
        assert!(matches!(check(36, "apps/v1", "Deployment"), Lookup::Known(KindInfo { plural: "deployments", is_namespaced: true, .. })));
        assert!(matches!(check(36, "v1", "Namespace"), Lookup::Known(KindInfo { is_namespaced: false, .. })));
        assert_eq!(check(36, "apps/v1beta1", "Deployment"), Lookup::NotServed);
        assert_eq!(check(36, "apps/v1", "Deploymnet"), Lookup::NotServed);
        assert_eq!(check(36, "example.com/v1", "Deployment"), Lookup::Foreign);
        assert_eq!(check(33, "resource.k8s.io/v1", "ResourceClaim"), Lookup::NotServed);
        assert!(matches!(check(34, "resource.k8s.io/v1", "ResourceClaim"), Lookup::Known(_)));
    }

    #[test]
    fn every_type_of_every_version_can_be_read() {
        for version in 33..=37 {
            let version = Version(version);
            assert!(kinds(version).count() > 70);
            for kind in kinds(version) {
                assert!(structure(kind.type_index).field("metadata", version).is_some() || kind.kind.ends_with("Review"), "{kind:?}");
            }
        }
        table::read_all();
    }

    #[test]
    fn fields_come_and_go_with_versions() {
        let Some(container) = table::type_index("core.v1.Container") else { panic!("containers are known") };
        let container = structure(container);
        assert!(container.field("restartPolicyRules", Version(33)).is_none());
        assert!(container.field("restartPolicyRules", Version(34)).is_some());
        assert_eq!(container.field("name", Version(36)).map(|field| field.is_required), Some(true));
    }
}
