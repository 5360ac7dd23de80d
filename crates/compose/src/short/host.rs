//! `extra_hosts`: `host=address[,address]` or `host:address`. Compose specification, "extra_hosts"; compose-go, `types/hostList.go`.

use super::{Placed, ShortError, split_placed};

/// A host's name and its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpec<'t> {
    /// The name.
    pub host: Placed<&'t str>,
    /// The addresses, without brackets. They are not checked: `host-gateway` is one.
    pub addresses: Vec<Placed<&'t str>>,
}

/// Reads an item of the list form. The first `=` separates, or the first `:` where there is no `=`.
///
/// # Errors
/// No separator, or a name that is empty or contains `:`.
pub fn parse(text: &str) -> Result<HostSpec<'_>, ShortError> {
    let Some(separator) = text.find('=').or_else(|| text.find(':')) else {
        return Err(ShortError::new("the address is missing: expected `host=address`", text.len()..text.len()));
    };
    let host = Placed::new(&text[..separator], 0..separator);
    if host.value.is_empty() || host.value.contains(':') {
        return Err(ShortError::new(format!("`{}` is not the name of a host", host.value), host.range));
    }
    let start = separator + 1;
    let addresses = split_placed(&text[start..], ',').map(|address| {
        let range = start + address.range.start..start + address.range.end;
        match without_brackets(address.value) {
            bare if bare.len() < address.value.len() => Placed::new(bare, range.start + 1..range.end - 1),
            whole => Placed::new(whole, range),
        }
    });
    Ok(HostSpec { host, addresses: addresses.collect() })
}

/// `::1` for `[::1]`; anything else, `[]` too, stays. The map form needs this as well.
pub fn without_brackets(address: &str) -> &str {
    address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|bare| !bare.is_empty()).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let show = |text: &str| match parse(text) {
            Ok(spec) => {
                let addresses: Vec<_> = spec.addresses.iter().map(|address| &text[address.range.clone()]).collect();
                assert_eq!(addresses, spec.addresses.iter().map(|address| address.value).collect::<Vec<_>>());
                format!("{} {addresses:?}", spec.host.value)
            }
            Err(error) => format!("! {:?}", error.range),
        };
        assert_eq!(show("a:1.2.3.4"), r#"a ["1.2.3.4"]"#);
        assert_eq!(show("a=1.1.1.1,2.2.2.2"), r#"a ["1.1.1.1", "2.2.2.2"]"#);
        assert_eq!(show("a:::1"), r#"a ["::1"]"#);
        assert_eq!(show("a=[::1]"), r#"a ["::1"]"#);
        assert_eq!(show("a=[]"), r#"a ["[]"]"#);
        assert_eq!(show("a="), r#"a [""]"#);
        assert_eq!(show(" a : 1 "), r#" a  [" 1 "]"#);
        assert_eq!(show("a"), "! 1..1");
        assert_eq!(show("=1"), "! 0..0");
        assert_eq!(show("a:b=c"), "! 0..3");
    }
}
