//! What is particular about some fields of Kubernetes' types: which come first, which are left out, which say something when empty.

/// How many ranks there are.
pub(super) const RANKS: usize = 4;

/// Structures by the fields that come first in them.
#[derive(Clone, Copy)]
pub(super) enum Leading {
    Meta,
    Container,
    Usual,
}

impl Leading {
    pub(super) fn of(structure: &str) -> Self {
        match structure {
            "ObjectMeta" => Self::Meta,
            "Container" => Self::Container,
            _ => Self::Usual,
        }
    }

    /// Where a field stands among those of its structure: lower ranks are written first, fields of one rank in the order of the type.
    pub(super) fn rank(self, field: &str) -> usize {
        const LAST: usize = RANKS - 1;
        match (self, field) {
            (Self::Meta | Self::Container, "name") => 0,
            (Self::Meta, "namespace") | (Self::Container, "image") => 1,
            (Self::Meta, "labels") | (Self::Container, "command") => 2,
            (Self::Usual, "apiVersion" | "kind" | "metadata" | "name") => 0,
            _ => LAST,
        }
    }
}

/// Fields that the cluster writes, wherever they stand in a typed value.
pub(super) fn is_dropped(structure: &str, field: &str) -> bool {
    match field {
        "status" => true,
        "creationTimestamp" => structure == "ObjectMeta",
        _ => false,
    }
}

/// Fields in which empty and absent differ: a selector that is empty selects everything, an absent one nothing; a volume's source is
/// chosen by being there; the rules of a policy are listed, and none of them allows nothing.
pub(super) fn keeps_empty(structure: &str, field: &str) -> bool {
    match field {
        "podSelector" | "namespaceSelector" | "labelSelector" => true,
        "selector" => structure != "ServiceSpec",
        "ingress" | "egress" => structure == "NetworkPolicySpec",
        _ => structure == "Volume",
    }
}
