//! `networks.*`: a network of the project.

use smol_str::SmolStr;
use windlass_source::{Code, Spanned};
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::external::{self, EXTERNAL};
use crate::model::label::{LABELS, Labels};
use crate::model::merge::plain;
use crate::model::record::record;
use crate::model::rule::{FLAG, Kinds, Merge, Names, OPTIONS, Rule, TEXT};

record! {
    /// A network of the project.
    pub struct Network as NETWORK_OBJECT {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The driver. Default: `bridge`.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// Its addresses.
        ipam: Option<Spanned<Ipam>> = Rule::object(&IPAM),
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL,
        /// Without a way out.
        internal: Option<Spanned<bool>> = FLAG,
        /// With IPv4. Default: true.
        enable_ipv4: Option<Spanned<bool>> = FLAG,
        /// With IPv6. Default: false.
        enable_ipv6: Option<Spanned<bool>> = FLAG,
        /// Containers beside the services may join (Swarm).
        attachable: Option<Spanned<bool>> = FLAG,
        /// Its labels.
        labels: Labels = LABELS,
    }
}

record! {
    /// The addresses of a network.
    pub struct Ipam as IPAM {
        /// The driver.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its pools.
        config: Vec<Spanned<IpamPool>> = POOLS,
        /// Options of the driver; docker compose drops them.
        options: Labels = TEXT_MAP,
    }
}

record! {
    /// A pool of addresses.
    pub struct IpamPool as IPAM_POOL {
        /// The pool, `172.20.0.0/16`.
        subnet: Option<Spanned<SmolStr>> = TEXT,
        /// The part of it for containers.
        ip_range: Option<Spanned<SmolStr>> = TEXT,
        /// The router.
        gateway: Option<Spanned<SmolStr>> = TEXT,
        /// Other addresses, by host name.
        aux_addresses: Labels = TEXT_MAP,
    }
}

/// Pools of two files are put together by subnet.
const POOLS: Rule = {
    const ITEM: Rule = Rule::object(&IPAM_POOL);
    Rule::list(&ITEM).merged(Merge::By(merge_pools))
};

const TOO_MANY_POOLS: Code = Code("compose::too-many-pools");

/// The most pools that are put together, which takes time by the cube of their number.
const MAX_POOLS: usize = 100;

/// As docker compose does it, which drops an earlier pool that the later file does not name, and mixes up several.
fn merge_pools(base: &mut Node, over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    let (Value::Sequence(earlier), Value::Sequence(later)) = (&mut base.value, &over.value) else {
        return plain(base, over, Some(rule), context);
    };
    if earlier.len().max(later.len()) > MAX_POOLS {
        return context.error(TOO_MANY_POOLS, &over.origin, &format!("has more than {MAX_POOLS} pools in two files"));
    }
    // The result holds places of this list, because one pool may be changed after it was taken in.
    let mut pools: Vec<Node> = std::mem::take(earlier);
    let originals = pools.len();
    pools.extend(later.iter().cloned());
    let mut result: Vec<usize> = Vec::new();
    for right in 0..originals {
        for left in originals..pools.len() {
            let place = |result: &[usize], pools: &[Node], of: usize| result.iter().position(|&at| same_subnet(&pools[at], &pools[of]));
            if !same_subnet(&pools[left], &pools[right]) && place(&result, &pools, left).is_none() {
                result.push(left);
                continue;
            }
            let over = pools[left].clone();
            plain(&mut pools[right], over, rule.items, context);
            match place(&result, &pools, right) {
                Some(at) => result[at] = right,
                None => result.push(right),
            }
        }
    }
    *earlier = result.into_iter().map(|at| pools[at].clone()).collect();
}

fn same_subnet(a: &Node, b: &Node) -> bool {
    match (a.get("subnet"), b.get("subnet")) {
        (Some(a), Some(b)) => a.same_value(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// A map of texts.
const TEXT_MAP: Rule = {
    static NAMES: Names = Names { allows: |name| !name.is_empty(), wanted: Some("a name that is not empty"), rule: TEXT };
    Rule::names(&NAMES)
};

/// A map, or nothing.
pub(crate) const NETWORK: Rule = Rule::object(&NETWORK_OBJECT).or(Kinds::NULL).long_form(external::new_form);
