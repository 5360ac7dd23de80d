//! `services.*.networks`: how a service takes part in networks.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::label::Labels;
use crate::model::names;
use crate::model::record::record;
use crate::model::rule::{Kinds, Merge, NAME, NUMBER, Names, OPTIONS, Rule, TEXT, is_name};
use crate::model::table::NAMED_TEXTS;

record! {
    /// How a service takes part in a network.
    pub struct ServiceNetwork as SERVICE_NETWORK {
        /// Other names under which it is found there.
        aliases: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// Its fixed IPv4 address.
        ipv4_address: Option<Spanned<SmolStr>> = TEXT,
        /// Its fixed IPv6 address.
        ipv6_address: Option<Spanned<SmolStr>> = TEXT,
        /// Its link-local addresses.
        link_local_ips: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// The address of its network card there.
        mac_address: Option<Spanned<SmolStr>> = TEXT,
        /// The name of the interface in the container.
        interface_name: Option<Spanned<SmolStr>> = TEXT,
        /// Options of the driver.
        driver_opts: Labels = OPTIONS,
        /// Order in which networks are joined, highest first.
        priority: Option<Spanned<i64>> = NUMBER,
        /// Which network is the default route, highest wins.
        gw_priority: Option<Spanned<i64>> = NUMBER,
    }
}

/// Names, or a map of names and settings.
pub(crate) const SERVICE_NETWORKS: Rule = {
    static NAMES: Names = Names { allows: is_name, wanted: Some(NAME), rule: Rule::object(&SERVICE_NETWORK).or(Kinds::NULL) };
    Rule::names(&NAMES).or_list(&TEXT).distinct().merged(Merge::By(names::merge)).long_form(names::long_form)
};

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn names_and_settings_merge() {
        let cases: &[(&[&str], &str)] = &[
            (&["networks: [a]", "networks: { b: { aliases: [x] } }"], r#"{networks: {a: null, b: {aliases: ["x"]}}}"#),
            (&["networks: { a: { aliases: [x] } }", "networks: { a: { aliases: [x, y] } }"], r#"{networks: {a: {aliases: ["x", "y"]}}}"#),
            (&["networks: { 'a b': }"], "`networks` of service `web` cannot have the name `a b` @ 'a b'"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
