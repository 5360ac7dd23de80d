//! Amounts of memory and CPU as people read them.

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;

/// `512 MiB`, `1.5 GiB`.
pub(crate) fn bytes_text(bytes: i64) -> String {
    if bytes >= GIB {
        let tenths = (bytes.saturating_mul(10) + GIB / 2) / GIB;
        if tenths % 10 == 0 { format!("{} GiB", tenths / 10) } else { format!("{}.{} GiB", tenths / 10, tenths % 10) }
    } else {
        format!("{} MiB", (bytes + MIB / 2) / MIB)
    }
}

/// CPUs from thousandths: `0.25`, `2`.
pub(crate) fn cpus_text(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!([512 * MIB, GIB * 3 / 2, 2 * GIB, 0].map(bytes_text), ["512 MiB", "1.5 GiB", "2 GiB", "0 MiB"]);
        assert_eq!([0, 50, 250, 2000, 11_500].map(cpus_text), ["0", "0.05", "0.25", "2", "11.5"]);
    }
}
